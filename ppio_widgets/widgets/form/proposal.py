"""A value that is proposed for a field, applied by one click: nothing is changed before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppio_widgets.cards.html import esc
from ppio_widgets.request.choices import cuda_proposal
from ppio_widgets.request.draft import value_at
from ppio_widgets.request.validation import corrected_address
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.guard import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ipywidgets as w

    from ppio_widgets.launches.session import LaunchSession
    from ppio_widgets.locale import Words


@dataclass(frozen=True)
class Proposed:
    """What is proposed, and the words for it; no reason where the field's error says it."""

    value: str
    label: str
    reason: str = ""


def cuda_of_tag(draft: Mapping[str, Any], say: Words) -> Proposed | None:
    """Return the CUDA version that the image's tag speaks of, when it is not set already."""
    image = draft.get("image")
    found = cuda_proposal(image) if isinstance(image, str) else None
    if found is None or value_at(draft, ("resource", "min_cuda_version")) == found[0]:
        return None
    version, part = found
    reason = say("advice.cuda", version=version, part=part)
    return Proposed(version, say("advice.cuda.fix", version=version), reason)


def address_without_slips(draft: Mapping[str, Any], say: Words) -> Proposed | None:
    """Return the address that one with blanks or full-width marks was to be."""
    image = draft.get("image")
    address = corrected_address(image) if isinstance(image, str) else None
    return Proposed(address, say("image.correct", address=address)) if address else None


class Proposal:
    """Says why a value is proposed, with a button; nothing while there is none.

    Parameters
    ----------
    session : LaunchSession
    say : Words
    show_fault : callable
        See `guard.View`.
    propose : callable
        Returns what a draft gives reason to propose, or None.
    on_applied : callable
        Called with the value.

    Attributes
    ----------
    box : ipywidgets.Box
    """

    def __init__(
        self,
        session: LaunchSession,
        say: Words,
        show_fault: Callable[[str], None],
        propose: Callable[[Mapping[str, Any], Words], Proposed | None],
        on_applied: Callable[[str], None],
    ) -> None:
        self.session = session
        self.show_fault = show_fault
        self._say = say
        self._propose = propose
        self._on_applied = on_applied
        self._reason: w.HTML | None = None
        self._apply: w.Button | None = None
        self.box = theme.box([], "ppw-chooser")
        self._show()
        session.observe(self._on_draft, "draft")

    def close(self) -> None:
        """Close what is out of sight as well."""
        for widget in (self._reason, self._apply):
            if widget is not None:
                widget.close()

    def _show(self) -> None:
        found = self._propose(self.session.draft, self._say)
        if found is None:
            if self.box.children:
                self.box.children = []
            return
        if self._reason is None or self._apply is None:
            self._reason = theme.html("", "ppw-quiet")
            self._apply = theme.button("", "ppw-apply")
            self._apply.on_click(self._on_apply)
        self._reason.value = esc(found.reason)
        self._apply.description = found.label
        if not self.box.children:
            self.box.children = [self._reason, self._apply] if found.reason else [self._apply]

    @guarded
    def _on_draft(self, _change: Any) -> None:
        self._show()

    @guarded
    def _on_apply(self, _button: Any) -> None:
        found = self._propose(self.session.draft, self._say)
        if found is not None:
            self._on_applied(found.value)
