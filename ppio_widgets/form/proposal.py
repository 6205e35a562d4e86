"""The CUDA version that the image's tag speaks of, applied by one click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.form import theme
from ppio_widgets.form.guard import guarded
from ppio_widgets.form.html import esc
from ppio_widgets.request.draft import value_at
from ppio_widgets.request.images import cuda_proposal

if TYPE_CHECKING:
    from collections.abc import Callable

    import ipywidgets as w

    from ppio_widgets.launcher.session import LaunchSession
    from ppio_widgets.locale import Words

_PATH = ("resource", "min_cuda_version")


class CudaProposal:
    """Says why a version is proposed, with a button; nothing while there is none.

    Attributes
    ----------
    box : ipywidgets.Box
    """

    def __init__(
        self,
        session: LaunchSession,
        say: Words,
        show_fault: Callable[[str], None],
        on_applied: Callable[[str], None],
    ) -> None:
        self.session = session
        self.show_fault = show_fault
        self._say = say
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

    def _proposed(self) -> tuple[str, str] | None:
        """Return the version and the part of the tag that says so, when it is not set already."""
        image = self.session.draft.get("image")
        found = cuda_proposal(image) if isinstance(image, str) else None
        return None if found is None or value_at(self.session.draft, _PATH) == found[0] else found

    def _show(self) -> None:
        found = self._proposed()
        if found is None:
            if self.box.children:
                self.box.children = []
            return
        if self._reason is None or self._apply is None:
            self._reason = theme.html("", "ppw-quiet")
            self._apply = theme.button("", "ppw-apply")
            self._apply.on_click(self._on_apply)
        version, part = found
        self._reason.value = esc(self._say("advice.cuda", version=version, part=part))
        self._apply.description = self._say("advice.cuda.fix", version=version)
        if not self.box.children:
            self.box.children = [self._reason, self._apply]

    @guarded
    def _on_draft(self, _change: Any) -> None:
        self._show()

    @guarded
    def _on_apply(self, _button: Any) -> None:
        found = self._proposed()
        if found is not None:
            self._on_applied(found[0])
