"""The row of a variable, whose value may come from the kernel's environment instead.

A text stays a text: only the switch makes a reference of a row, whatever is typed.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from ppio_widgets.form import theme
from ppio_widgets.form.fields import Field, RefField
from ppio_widgets.form.row import Row
from ppio_widgets.request.envref import EnvRef, is_name, looks_secret, reference

if TYPE_CHECKING:
    import ipywidgets as w

# How a shell refers to a variable; nobody replaces it here or at the other end.
_DOLLAR = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})", re.ASCII)


class EnvRow(Row):
    """A variable, with a switch between a value and the name of a variable of the kernel.

    The switch is made, one model, where it can be meant: when the name looks secret, the
    kernel has a variable of that name, or the value is typed as ``$NAME``.
    """

    _switch: w.Checkbox | None = None
    _was_switched = False

    @property
    def advice(self) -> str | None:
        """Say of a value that a person typed that it is seen, or that its ``$`` means nothing."""
        if not any(field.touched for field in self.fields.values()):
            return None
        value = self.fields["value"].value
        if not isinstance(value, str):
            return None
        if _DOLLAR.fullmatch(value):
            return "dollar"
        return "secret" if looks_secret(self._key_text()) else None

    def switch(self) -> None:
        """Change over to the other kind of value; the one before is gone from every widget.

        The control is made anew, so that a key press still on its way cannot end up in it.
        """
        old = self.fields.pop("value")
        value = self._ref_for(old.value) if self._switch is not None and self._switch.value else ""
        self._was_switched = True
        if self._given is not None:
            self._given = {**self._extra(), "value": value}
        self._show("value", value)
        self.fields["value"].touched = True
        self.arrange()
        old.widget.close()

    def renumber(self, number: int) -> None:
        """Say in the switch's name as well which row this is now."""
        super().renumber(number)
        if self._switch is not None:
            self._switch.description = self._switch_name()

    def close(self) -> None:
        """Close every model of the row, the switch out of sight too."""
        if self._switch is not None:
            self._switch.close()
        super().close()

    def _kind(self, name: str, value: Any) -> type[Field]:
        return RefField if name == "value" and reference(value) is not None else Field

    def _widgets(self) -> list[Any]:
        if not self._is_offered():
            return super()._widgets()
        if self._switch is None:
            self._switch = theme.check(
                value=isinstance(self.fields["value"], RefField),
                description=self._switch_name(),
                indent=False,
                _dom_classes=["ppw-switch"],
            )
            self._switch.observe(self._on_switch, "value")
        return [*super()._widgets(), self._switch]

    def _is_offered(self) -> bool:
        value = self.fields["value"].value
        if self._was_switched or isinstance(value, EnvRef):
            return True
        key = self._key_text()
        dollar = isinstance(value, str) and _DOLLAR.fullmatch(value) is not None
        return dollar or looks_secret(key) or (is_name(key) and key in os.environ)

    def _ref_for(self, typed: Any) -> EnvRef:
        """Return the reference to begin with: the ``$NAME`` that was typed, else the variable's own name."""
        match = _DOLLAR.fullmatch(typed) if isinstance(typed, str) else None
        name = (match[1] or match[2]) if match else self._key_text()
        return EnvRef(name if is_name(name) else "")

    def _key_text(self) -> str:
        return str(self.fields["key"].value or "").strip()

    def _switch_name(self) -> str:
        return self._owner.say("row.switch.envs", n=self._number)

    def _on_switch(self, _change: Any) -> None:
        self._owner.on_switch(self)
