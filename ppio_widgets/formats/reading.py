"""Whatever was pasted, as a draft: a JSON body, a curl line, a ``%ppio_launch`` line, a docker run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import InputError
from ppio_widgets.formats.curl import CREATE_PATH, read_curl
from ppio_widgets.formats.docker import read_docker
from ppio_widgets.formats.imported import Imported, LeftOut
from ppio_widgets.formats.json_body import read_json
from ppio_widgets.formats.line.options import OPTIONS
from ppio_widgets.formats.line.parser import Lookup, read_line
from ppio_widgets.formats.shell import BLANK, PROMPT
from ppio_widgets.request.draft import merged
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from ppio_widgets.formats.docker import ReadFile

_PROMPT = re.compile(PROMPT)

_BLOCK = re.compile(
    r"^[ \t]*(?P<mark>`{3,}|~{3,})[^\n`]*\n(?P<text>.*?)(?:^[ \t]*(?P=mark)[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)

# `x = %ppio_launch …`; a line may be continued, what follows is other code, or the cell of `%%`.
_LINE = re.compile(
    r"(?:[^\W\d]\w*\s*=\s*)?%ppio_launch(?![\w-])(?P<line>(?:\\\n|[^\n])*)(?P<rest>.*)", re.DOTALL
)
_CELL = re.compile(r"%%ppio_launch(?![\w-])(?P<line>[^\n]*)(?P<rest>.*)", re.DOTALL)
# Comments before it, which JSON has none of, are said with their place.
_JSON = re.compile(
    r"\{|\[\s*(?:[]\[{\"0-9-]|true\b|false\b|null\b)"
    r"|(?:(?://|#)[^\n]*\n\s*|/\*.*?\*/\s*)+\{\s*(?:[\"'“}#]|//|/\*)",
    re.DOTALL,
)
# Where a command of a text begins.
_BEGINS = rf"(?:^|[;&|(]){BLANK}*(?:{PROMPT})?"
_CURL = re.compile(rf"{_BEGINS}curl(?:\.exe)?(?=\s|$)", re.MULTILINE)
# What stands before it is read, and said, by `read_docker`.
_DOCKER = re.compile(
    rf"{_BEGINS}(?:[A-Za-z_]\w*=[^\s;&|(]*{BLANK}+)*"
    rf"(?:(?:sudo|doas|env|exec|command|nohup|time){BLANK}+(?:[^\s;&|(]+{BLANK}+)*?)?"
    r"(?:[^\s;&|(]*[/\\])?(?:docker|podman|nerdctl|nvidia-docker)(?:\.exe)?(?=[\s\\^`]|$)",
    re.MULTILINE,
)


def read_any(text: str, *, read_file: ReadFile | None = None, lookup: Lookup | None = None) -> Imported:
    """Read a text into a draft, whichever of the four kinds it is, a prompt or Markdown around it or not.

    `read_file` returns the text of a file that a docker line names by ``--env-file``. `lookup` evaluates an
    expression of a ``%ppio_launch`` line in the notebook: it runs what the text says, so it is to be given
    only for a text that the person wrote.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    reader = _Reader(text, read_file, lookup)
    block = _BLOCK.search(text)
    try:
        # With a code block in it, a text is read as a whole only if it begins as one of the four.
        found = reader.read(0, len(text), anywhere=block is None)
        if found is None and block is not None:
            found = reader.read(*block.span("text"), anywhere=True)
            around = text[: block.start()] + text[block.end() :]
            if found is not None and around.strip():
                found = replace(found, left_out=(*found.left_out, LeftOut("around")))
    except RecursionError:
        problem = input_error("import_deep")
    else:
        if found is not None:
            return found
        problem = input_error("import_unknown")
    raise problem


@dataclass(frozen=True)
class _Reader:
    """Reads a part of a text."""

    text: str = field(repr=False)
    read_file: ReadFile | None
    lookup: Lookup | None

    def read(self, start: int, end: int, *, anywhere: bool) -> Imported | None:
        """Read from `start` to `end`; None when it is of no kind that is known.

        A docker run may be the first command, or with `anywhere` any of them.
        """
        typed = self.text[start:end].rstrip()
        start += len(typed) - len(typed.lstrip())
        prompt = _PROMPT.match(self.text, start, end)
        start = prompt.end() if prompt else start
        part = self.text[start:end].rstrip()
        if _JSON.match(part):
            return Imported("json", *_json(part, self.text[:start]))
        if line := _CELL.fullmatch(part):
            return self._cell(line["line"], line["rest"], start + line.start("rest"))
        if line := _LINE.fullmatch(part):
            said, left_out = self._said(line["line"].replace("\\\n", " "))
            around = (LeftOut("around"),) if line["rest"].strip() else ()
            return Imported("line", said, (*left_out, *around))
        # With its prompt, as that says something of the lines behind it. Our own curl line begins with
        # comments, and others with the body.
        is_docker = _DOCKER.match(part)
        if not is_docker and (_CURL.match(part) or (CREATE_PATH in part and _CURL.search(part))):
            return read_curl(typed)
        if is_docker or (anywhere and _DOCKER.search(part)):
            return read_docker(typed, self.read_file)
        return None

    def _cell(self, line: str, cell: str, start: int) -> Imported:
        """Read the line of a cell magic over the body that the cell is."""
        said, left_out = self._said(line)
        body, twice = _json(cell, self.text[:start]) if cell.strip() else ({}, ())
        return Imported("line", merged(body, said), (*left_out, *twice))

    def _said(self, line: str) -> tuple[dict[str, Any], tuple[LeftOut, ...]]:
        """Return what a line says of the body, and which of its options are about something else."""
        try:
            read = read_line(line, self.lookup or _no_notebook)
        except InputError as error:
            if self.lookup is not None or error.code != "line_expression":
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
    raise LookupError(expression)


def _json(text: str, before: str) -> tuple[dict[str, Any], tuple[LeftOut, ...]]:
    """Read a JSON object; `before` is what stands before it, so that a line's number is the text's."""
    value, twice = read_json(text, "import_json", before=before, finite=True)
    if not isinstance(value, Mapping):
        raise input_error("import_json_object")
    return dict(value), (LeftOut("json_twice", {"names": ", ".join(twice)}),) if twice else ()
