"""The help of ``%ppio_launch``, every option in its group, and how a verb of ``%ppio`` is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ppio_widgets.formats.line.options import GROUPS
from ppio_widgets.locale.columns import padded, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppio_widgets.formats.line.options import Option
    from ppio_widgets.locale import Words

COLUMNS = 96
_HEAD = 30


def usage(say: Words) -> str:
    """Return the help as text of at most `COLUMNS` columns."""
    lines = [say("line.about")]
    for name, options in GROUPS.items():
        lines += ["", say(f"usage.{name}")]
        for option in options:
            lines += _entry(option, say)
    return "\n".join([*lines, "", say("line.examples")])


def use_of(say: Words, verb: str, second: str = "") -> str:
    """Return how a verb of ``%ppio`` is written, in one line.

    Parameters
    ----------
    say : Words
    verb : str
    second : str
        Its second word as typed: where the verb has one such, only that is told.
    """
    written = [re.split(r" {2,}", line)[0] for line in say("ppio.usage").split("\n")]
    of_verb = [text for text in written if text.split()[1] == verb]
    exact = [text for text in of_verb if text.split()[2:3] == [second]]
    return say("ppio.use", uses=", ".join(exact or of_verb))


def _entry(option: Option, say: Words) -> Iterator[str]:
    head = f"  {option.flag} {option.metavar}".rstrip() + (" …" if option.repeated else "")
    about = wrapped(say(f"option.{option.flag[2:]}"), COLUMNS - _HEAD)
    if width(head) >= _HEAD:
        yield head
        head = ""
    for line in about:
        yield padded(head, _HEAD) + line
        head = ""
