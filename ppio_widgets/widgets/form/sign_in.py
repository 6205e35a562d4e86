"""Signing in where no cell can ask (Voilà): one field, used once, that keeps nothing."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import ipywidgets as w
from traitlets import Unicode

from ppio_widgets.cards.html import html
from ppio_widgets.errors import CredentialsError
from ppio_widgets.secrets.credentials import ApiKey, remember_key
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.view import Part, guarded

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppio_widgets.secrets.hosts import Host
    from ppio_widgets.widgets.view import Guarded


class SecretField(w.Password):
    """A password field whose value is not sent back, and in no saved state."""

    value = Unicode("", help="What was typed; taken and emptied at once.").tag(sync=True, echo_update=False)

    def get_state(self, *args: Any, **options: Any) -> dict[str, Any]:
        """Return the widget's state without what was typed (ipywidgets' hook)."""
        state: dict[str, Any] = super().get_state(*args, **options)
        return {**state, "value": ""} if "value" in state else state


class SignIn(Part):
    """A button that opens the field; the key goes to this kernel's memory and nowhere else."""

    def __init__(self, owner: Guarded, host: Host, on_signed_in: Callable[[], None]) -> None:
        super().__init__(owner)
        self._host = host
        self._on_signed_in = on_signed_in
        self._open = self._button(self.say("sign_in.button"), self._on_open)
        self.box = theme.box([self._open], "ppw-notice")

    @cached_property
    def _field(self) -> SecretField:
        name = self.say("sign_in.field", host=self._host.name)
        field = theme.control(SecretField, "ppw-secret", description=name, continuous_update=False)
        field.observe(self._on_typed, "value")
        return field

    @cached_property
    def _problem(self) -> w.HTML:
        return theme.html(theme.stylesheet("form/sign_in.css"), "ppw-status")

    def _on_open(self) -> None:
        """Build the field: not before somebody wants it."""
        self.box.children = [self._field, self._problem]
        self._open.close()

    @guarded
    def _on_typed(self, change: Any) -> None:
        typed = change.new
        if not typed:
            return
        change.new = change.owner = None
        self._field.value = ""
        problem = ""
        try:
            remember_key(self._host, ApiKey(typed, self.say("sign_in.source")))
        except CredentialsError as error:
            problem = error.sentence(self.say)
        told = html("<p class=ppw-bad>{}</p>", problem) if problem else ""
        self._problem.value = theme.stylesheet("form/sign_in.css") + told
        if not problem:
            self._on_signed_in()
