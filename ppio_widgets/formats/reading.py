"""Whatever was pasted, as a draft: a JSON body, a curl line, a ``%ppio_launch`` line, a docker run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import InputError
from ppio_widgets.formats import curl, docker
from ppio_widgets.formats.imported import Imported, LeftOut
from ppio_widgets.formats.json_body import read_json
from ppio_widgets.formats.line.options import OPTIONS
from ppio_widgets.formats.line.parser import read_line
from ppio_widgets.formats.shell import PROMPT, program, read_shell
from ppio_widgets.request.draft import merged
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from ppio_widgets.formats.json_body import Outside

_PROMPT = re.compile(PROMPT)

_BLOCK = re.compile(
    r"^[ \t]*(?P<mark>`{3,}|~{3,})[^\n`]*\n(?P<text>.*?)(?:^[ \t]*(?P=mark)[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)

# `x = %ppio_launch …`; a line may be continued, what follows is other code, or the cell of `%%`.
_LINE = re.compile(
    r"(?:[^\W\d]\w*\s*=\s*)?%(?P<cell>%?)ppio_launch(?![\w-])(?P<line>(?:\\\n|[^\n])*)(?P<rest>.*)", re.DOTALL
)
# Comments before it, which JSON has none of, are said with their place.
_JSON = re.compile(
    r"\{|\[\s*(?:[]\[{\"0-9-]|true\b|false\b|null\b)"
    r"|(?:(?://|#)[^\n]*\n\s*|/\*.*?\*/\s*)+\{\s*(?:[\"'“}#]|//|/\*)",
    re.DOTALL,
)
_PROGRAMS = {"docker": docker.PROGRAMS, "curl": curl.PROGRAMS}


def read_any(text: str, *, outside: Outside | None = None) -> Imported:
    """Read a text into a draft, whichever of the four kinds it is, a prompt or Markdown around it or not.

    `outside` has the files that a docker line names by ``--env-file``; without it they are left out.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    block = _BLOCK.search(text)
    try:
        # With a code block in it, a text is read as a whole only if it begins as one of the four.
        is_block = block is not None and not text[: block.start()].strip()
        found = None if is_block else _read("", text, outside, anywhere=block is None)
        if found is None and block is not None:
            found = _read(text[: block.start("text")], block["text"], outside, anywhere=True)
            if found is not None and (text[: block.start()] + text[block.end() :]).strip():
                found = replace(found, left_out=(*found.left_out, LeftOut("around")))
    except RecursionError:
        problem = input_error("import_deep")
    else:
        if found is not None:
            return found
        problem = input_error("import_unknown")
    raise problem


def _read(above: str, text: str, outside: Outside | None, *, anywhere: bool) -> Imported | None:
    """Read a text that stands below another; None when it is of no kind that is known.

    A docker run may be the first command, or with `anywhere` any of them.
    """
    typed = text.rstrip()
    part = typed.lstrip()
    prompt = _PROMPT.match(part)
    part = part[prompt.end() :] if prompt else part
    above += typed.removesuffix(part)
    if _JSON.match(part):
        return Imported("json", *_json(part, above))
    if line := _LINE.fullmatch(part):
        said, left_out = _said(line["line"].replace("\\\n", " "))
        rest = line["rest"]
        if line["cell"] and rest.strip():
            body, twice = _json(rest, above + part[: line.start("rest")])
            return Imported("line", merged(body, said), (*left_out, *twice))
        around = (LeftOut("around"),) if rest.strip() else ()
        return Imported("line", said, (*left_out, *around))
    # With its prompt, as that says something of the lines behind it.
    first, *others = _called(typed)
    # Our own curl line begins with a check of the key, and others with the body.
    if first == "curl" or (first != "docker" and curl.CREATE_PATH in part and "curl" in others):
        return curl.read_curl(typed)
    if first == "docker" or (anywhere and "docker" in others):
        return docker.read_docker(typed, outside)
    return None


def _called(text: str) -> list[str]:
    """Return the program that each command of a text calls, the one at its end too; empty for another one."""
    script = read_shell(text)
    commands = [*(command.words for command in script.commands), script.begun]
    return [
        next((kind for kind, names in _PROGRAMS.items() if program(words, names) is not None), "")
        for words in commands
    ]


def _said(line: str) -> tuple[dict[str, Any], tuple[LeftOut, ...]]:
    """Return what a line says of the body, and which of its options are about something else."""
    try:
        read = read_line(line, _no_notebook)
    except InputError as error:
        if error.code != "line_expression":
            raise
        option = error.params["option"]
    else:
        cloud = (LeftOut("line_cloud", {"url": read.base_url}),) if read.base_url else ()
        told = {"--base-url"} if cloud else set()
        flags = [option.flag for option in OPTIONS if option.flag in read.switches - told]
        switches = (LeftOut("switches", {"names": ", ".join(flags)}),) if flags else ()
        return read.said, (*cloud, *switches)
    raise input_error("import_lookup", option=option)


def _no_notebook(expression: str) -> Any:
    """Refuse an expression: evaluating it would run what the text says."""
    raise LookupError(expression)


def _json(text: str, above: str) -> tuple[dict[str, Any], tuple[LeftOut, ...]]:
    """Read a JSON object; `above` is what stands before it, so that a line's number is the text's."""
    value, twice = read_json(text, "import_json", before=above, finite=True)
    if not isinstance(value, Mapping):
        raise input_error("import_json_object")
    return dict(value), (LeftOut("json_twice", {"names": ", ".join(twice)}),) if twice else ()
