"""Signing in where no cell can ask (Voilà): one field, used once, that keeps nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w
from traitlets import Unicode

from ppio_widgets.cards.html import esc
from ppio_widgets.errors import CredentialsError
from ppio_widgets.secrets.credentials import ApiKey, remember_key
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.view import guarded

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppio_widgets.launches.session import LaunchSession
    from ppio_widgets.locale import Words
    from ppio_widgets.secrets.hosts import Host


class SecretField(w.Password):
    """A password field whose value is not sent back, and in no saved state."""

    value = Unicode("", help="What was typed; taken and emptied at once.").tag(sync=True, echo_update=False)

    def get_state(self, *args: Any, **options: Any) -> dict[str, Any]:
        """Return the widget's state without what was typed (ipywidgets' hook)."""
        state: dict[str, Any] = super().get_state(*args, **options)
        return {**state, "value": ""} if "value" in state else state


class SignIn:
    """A button that opens the field; the key goes to this kernel's memory and nowhere else.

    Parameters
    ----------
    session : LaunchSession
    host : Host
        That the key is for.
    say : Words
    show_fault : callable
        See `view.Guarded`.
    on_signed_in : callable
        Called without arguments once there is a key.
    """

    def __init__(
        self,
        session: LaunchSession,
        host: Host,
        say: Words,
        show_fault: Callable[[str], None],
        on_signed_in: Callable[[], None],
    ) -> None:
        self.session = session
        self.show_fault = show_fault
        self._host = host
        self._say = say
        self._on_signed_in = on_signed_in
        self._field: SecretField | None = None
        self._problem: w.HTML | None = None
        self._open = theme.button(say("sign_in.button"), "ppw-sign-in")
        self._open.on_click(self._on_open)
        self.box = theme.box([self._open], "ppw-notice")

    @guarded
    def _on_open(self, _button: Any) -> None:
        """Build the field: not before somebody wants it."""
        if self._field is None:
            looks = theme.looks()
            self._field = SecretField(
                description=self._say("sign_in.field", host=self._host.name),
                continuous_update=False,
                layout=looks.layout,
                style=looks.text,
                _dom_classes=["ppw-secret"],
            )
            self._field.observe(self._on_typed, "value")
            self._problem = theme.html(theme.stylesheet("sign_in.css"), "ppw-status")
            self.box.children = [self._field, self._problem]
            self._open.close()

    @guarded
    def _on_typed(self, change: Any) -> None:
        typed = change.new
        if not typed or self._field is None or self._problem is None:
            return
        change.new = change.owner = None
        self._field.value = ""
        problem = ""
        try:
            remember_key(self._host, ApiKey(typed, self._say("sign_in.source")))
        except CredentialsError as error:
            problem = error.sentence(self._say)
        told = f"<p class=ppw-bad role=status>{esc(problem)}</p>" if problem else ""
        self._problem.value = theme.stylesheet("sign_in.css") + told
        if not problem:
            self._on_signed_in()
