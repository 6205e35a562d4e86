"""``%ppio preset save``, ``list``, ``show``, ``delete``: bodies to begin with, kept without secrets."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ppio_widgets.errors import PresetRefused
from ppio_widgets.locale.text import visible
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# The words of a line before the options of ``save``, as `tokens` splits them.
_WORD = r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+"""
_HEAD = re.compile(rf"\s*{_WORD}\s+{_WORD}\s+{_WORD}", re.DOTALL)


def save(line: str, lookup: Callable[[str], Any]) -> str:
    """Save the body of a variable, or that of options, as ``preset save NAME …`` names it."""
    from ppio_widgets.formats.json_body import body_of  # noqa: PLC0415 - on first use
    from ppio_widgets.formats.line.tokens import split_line  # noqa: PLC0415
    from ppio_widgets.launches.presets import save_preset  # noqa: PLC0415

    name, *more = [word.text for word in split_line(line)[2:]]
    if len(more) == 1 and more[0].startswith("@"):
        body = body_of(_looked_up(more[0].removeprefix("@"), lookup))
    else:
        head = _HEAD.match(line)
        body = _of_options(line[head.end() :] if head else "", lookup)
    saved, say = save_preset(name, body), words()
    done = say("preset.replaced" if saved.replaced else "preset.saved", name=name, file=str(saved.path))
    made = say("preset.made_refs", names=", ".join(saved.made_refs)) if saved.made_refs else ""
    return f"{done} {made}".rstrip()


def listed() -> str:
    """Return a line for each preset."""
    from ppio_widgets.launches.presets import load_presets, presets_folder  # noqa: PLC0415
    from ppio_widgets.secrets.redaction import Redactor  # noqa: PLC0415

    is_secret = Redactor.in_use().finds
    lines = [_line(name, body, is_secret) for name, body in load_presets()]
    return "\n".join(lines) or words()("preset.empty", folder=str(presets_folder()))


def _line(name: str, body: Mapping[str, Any] | PresetRefused, is_secret: Callable[[str], str]) -> str:
    """Return a preset in one line; one that cannot be read says so in its place."""
    from ppio_widgets.request.draft import value_at  # noqa: PLC0415

    say = words()
    if isinstance(body, PresetRefused):
        return say("problem.named", name=name, text=body.sentence(say))
    paths = (("product_id",), ("image",), ("resource", "gpu_num"), ("billing", "mode"))
    found = [value_at(body, path) for path in paths]
    product, image, gpus, mode = (_told(value, is_secret) for value in found)
    mode = say(f"mode.{mode}") if f"mode.{mode}" in say else mode
    return say("preset.line", name=name, product=product, image=image, gpus=gpus, mode=mode)


def _told(value: Any, is_secret: Callable[[str], str]) -> str:
    """Return a value for a list; a secret that somebody typed into the file stays in the file."""
    if value is None:
        return "-"
    return "…" if not isinstance(value, str | int) or is_secret(str(value)) else visible(str(value))


def show(name: str) -> str:
    """Return its JSON; a secret that somebody typed into the file stays in the file."""
    from ppio_widgets.launches.presets import load_preset  # noqa: PLC0415
    from ppio_widgets.request.draft import to_json  # noqa: PLC0415
    from ppio_widgets.secrets.redaction import without_secrets  # noqa: PLC0415

    body, hidden = without_secrets(load_preset(name))
    text = "\n".join(visible(line) for line in to_json(body).split("\n"))
    return f"{text}\n{words()('preset.hidden', names=', '.join(hidden))}" if hidden else text


def delete(name: str) -> str:
    """Delete it."""
    from ppio_widgets.launches.presets import delete_preset, preset_names  # noqa: PLC0415

    if not delete_preset(name):
        # It is not said which one was likely meant: that one would be gone.
        found = preset_names()
        raise PresetRefused("preset_missing" if found else "preset_none", name=name, names=", ".join(found))
    return words()("preset.deleted", name=name)


def _looked_up(name: str, lookup: Callable[[str], Any]) -> Any:
    from ppio_widgets.secrets.redaction import input_error  # noqa: PLC0415

    with suppress(NameError):
        if name.isidentifier():
            return lookup(name)
    raise input_error("no_variable", name=name)


def _of_options(text: str, lookup: Callable[[str], Any]) -> Mapping[str, Any]:
    """Return the body that a line's options say; what is no part of a body is refused, not dropped."""
    from ppio_widgets.formats.line.parser import read_line  # noqa: PLC0415
    from ppio_widgets.request.validation import named  # noqa: PLC0415
    from ppio_widgets.secrets.redaction import input_error  # noqa: PLC0415

    line = read_line(text, lookup, is_variable=kernel.is_variable)
    for one in line.advice:
        print(named(one, words()))  # noqa: T201 - before anything is saved
    if line.switches:
        raise input_error("preset_no_body", options=", ".join(sorted(line.switches)))
    return line.draft
