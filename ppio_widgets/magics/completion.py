"""Tab completion of ``%ppio_launch`` and ``%ppio`` lines: a matcher for IPython's completer.

It only reads what this kernel knows already: no request is made and nothing is loaded while
somebody types. In a line of ours the other matchers, of files and of Python, are kept out;
everywhere else it answers with nothing and disturbs nobody.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from ppio_widgets.formats.line.tokens import LineError, split_line
from ppio_widgets.locale.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

    from ppio_widgets.formats.line.tokens import Word
    from ppio_widgets.formats.line.typed import Typed
    from ppio_widgets.magics.completion_context import LineContext, Proposal

log = logging.getLogger("ppio_widgets")

MATCHER = "ppio_widgets"
LONGEST_ABOUT = 100

# `%ppio …`, `x = %ppio_launch …`, and `%%ppio_launch …` where a cell begins.
_LINE = re.compile(r"(?:[^=#]*=)?[ \t]*%(ppio_launch|ppio)[ \t]+")
_CELL = re.compile(r"[ \t]*%%(ppio_launch)[ \t]+")
_HEAD = re.compile(r"[ \t]*%%ppio_launch(?!\w)")

# What `--body @name` takes beside a dict, known by name: nothing of a stranger's object is called.
_BODIES = frozenset({"CreateInstanceRequest", "LaunchForm", "LaunchPlan"})


def install(shell: InteractiveShell) -> None:
    """Add the matcher to a shell's completer."""
    remove(shell)

    @context_matcher(identifier=MATCHER, priority=100)
    def match(context: CompletionContext) -> dict[str, Any]:
        try:
            return _matches(context, shell.user_ns, shell.user_ns_hidden)
        except Exception as error:  # noqa: BLE001 - nobody asked for more than a hint
            log.info("completion: %s", type(error).__name__)
            return _nothing()

    shell.Completer.custom_matchers.append(match)


def remove(shell: InteractiveShell) -> None:
    """Take the matcher away again."""
    matchers = shell.Completer.custom_matchers
    for matcher in list(matchers):
        if getattr(matcher, "matcher_identifier", "") == MATCHER:
            matchers.remove(matcher)


def _nothing() -> dict[str, Any]:
    return {"completions": []}  # a new one each time: IPython writes into it


def _matches(
    context: CompletionContext, names: Mapping[str, Any], hidden: Mapping[str, Any]
) -> dict[str, Any]:
    before, behind = _logical_line(context)
    found = _magic(context, before)
    if found is None:
        return _nothing()
    # Only here: loading the extension costs none of it.
    from ppio_widgets.formats.line.typed import typed  # noqa: PLC0415
    from ppio_widgets.magics.completion_context import LineContext  # noqa: PLC0415

    line = typed(before[found.end() :])
    if line is None:
        return _nothing()
    scene = LineContext((*line.before, *_words(behind)), _bodies(names, hidden))
    fragment, proposals = _proposals_of(found[1])(line, scene)
    completions = [
        SimpleCompletion(_written(one, line), type=visible(one.about)[:LONGEST_ABOUT])
        for one in proposals
        if one.text and one.text.isprintable()  # a line break would end the line
    ]
    if not completions and not line.raw.startswith(("$", "{")):
        # What was typed, once more: it keeps out others, who would make `import` of a name.
        completions = [SimpleCompletion(fragment)]
    return {
        "completions": completions[: context.limit],
        "matched_fragment": fragment,
        "suppress": True,
        "ordered": True,
    }


def _magic(context: CompletionContext, before: str) -> re.Match[str] | None:
    """Return the magic that a line begins with, if it is ours and the cursor is behind its name."""
    lines = context.full_text.split("\n")
    head = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if _HEAD.match(lines[head]) is None:
        return _LINE.match(before)
    # Below the first line stands JSON.
    return _CELL.match(before) if context.cursor_line == head else None


def _proposals_of(magic: str) -> Callable[[Typed, LineContext], tuple[str, list[Proposal]]]:
    if magic == "ppio":
        from ppio_widgets.magics.completers import ppio_proposals  # noqa: PLC0415

        return ppio_proposals
    from ppio_widgets.magics.completers import launch_proposals  # noqa: PLC0415

    return launch_proposals


def _written(one: Proposal, line: Typed) -> str:
    from ppio_widgets.formats.line.typed import as_word  # noqa: PLC0415

    return one.text if one.plain else as_word(one.text, line.mark, closed=one.closed)


def _logical_line(context: CompletionContext) -> tuple[str, str]:
    """Return the line up to the cursor and behind it; a backslash at its end goes on below."""
    lines = context.full_text.split("\n")
    first = last = context.cursor_line
    while first > 0 and lines[first - 1].endswith("\\"):
        first -= 1
    while last + 1 < len(lines) and lines[last].endswith("\\"):
        last += 1
    above = [line[:-1] for line in lines[first : context.cursor_line]]
    cursor = lines[context.cursor_line]
    below = [cursor[context.cursor_position :], *lines[context.cursor_line + 1 : last + 1]]
    return (
        " ".join([*above, cursor[: context.cursor_position]]),
        " ".join(line.removesuffix("\\") for line in below),
    )


def _words(behind: str) -> list[Word]:
    try:
        return split_line(behind)
    except LineError:  # a quotation is open: what stands in it is no option
        return []


def _bodies(names: Mapping[str, Any], hidden: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the names of the notebook that can be a body, without asking any object anything."""
    for name, value in sorted(names.items()):
        kind = type(value)
        ours = kind.__name__ in _BODIES and kind.__module__.startswith("ppio_widgets.")
        if (ours or issubclass(kind, dict)) and not name.startswith("_") and name not in hidden:
            yield name, kind.__name__
