"""Instances by what was last seen of them: the id, or the name where somebody types a name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ppio_widgets.magics.completion_context import Proposal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ppio_widgets.cloud.instances import InstanceDetail
    from ppio_widgets.magics.completion_context import LineContext


def instances(
    text: str,
    scene: LineContext,
    *,
    without: Collection[str] = (),
    first: Callable[[InstanceDetail], bool] | None = None,
) -> list[Proposal]:
    """Return instances whose id or name begins with what is typed.

    Where an id is typed, or nothing, the id is proposed; where a name is typed the name is,
    if only one has it.

    Parameters
    ----------
    text : str
    scene : LineContext
    without : collection of str
        Ids and names that are on the line already.
    first : callable, optional
        Which come first; otherwise it is the newest.
    """
    seen = [one for one in scene.known.instances if one.id not in without and one.name not in without]
    if first is not None:
        seen.sort(key=lambda one: not first(one))
    count = Counter(one.name for one in scene.known.instances)
    by_id = [_proposal(one.id, one.name, one, scene) for one in seen if one.id.startswith(text)]
    if not text:
        return by_id
    begun = [one for one in seen if one.name.casefold().startswith(text.casefold())]
    by_name = [
        _proposal(one.name, one.id, one, scene)
        if count[one.name] == 1 and _can_be_typed(one.name)
        else _proposal(one.id, one.name, one, scene)
        for one in begun
    ]
    return [*by_id, *(one for one in by_name if one not in by_id)]


def _proposal(text: str, other: str, one: InstanceDetail, scene: LineContext) -> Proposal:
    from ppio_widgets.cloud.answers import status_words  # noqa: PLC0415 - loaded already

    status = status_words(one.status, scene.say)
    return Proposal(text, " · ".join(part for part in (other, status) if part))


def _can_be_typed(name: str) -> bool:
    # A word that begins with a dash is taken for an option, quoted as well.
    return name.isprintable() and not name.startswith("-")
