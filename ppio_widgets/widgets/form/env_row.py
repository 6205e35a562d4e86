"""The row of a variable, whose value may come from the kernel's environment instead.

A text stays a text: only the switch makes a reference of a row, whatever is typed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ppio_widgets import environment
from ppio_widgets.formats.dotenv import variables_in
from ppio_widgets.request.envref import EnvRef, is_name, reference
from ppio_widgets.secrets.patterns import looks_like_key, looks_secret
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.fields import Field, RefField
from ppio_widgets.widgets.form.row import Row

if TYPE_CHECKING:
    import ipywidgets as w

# How a shell refers to a variable; nobody replaces it here or at the other end.
_DOLLAR = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})", re.ASCII)


class EnvRow(Row):
    """A variable, with a switch between a value and the name of a variable of the kernel.

    The switch is made, one model, where it can be meant: when the name looks secret, the
    kernel has a variable of that name, or the value is typed as ``$NAME`` or looks like a key.
    Where the text of an env file was pasted, a button offers to make rows of it instead.
    """

    _switch: w.Checkbox | None = None
    _make_rows: w.Button | None = None
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
        return "secret" if self._is_secret(value) else None

    @property
    def pasted(self) -> str:
        """The text of variables, as in an env file, that a person put into one of the fields."""
        name = self._pasted_into()
        return self.fields[name].value if name else ""

    def take_pasted(self) -> bool:
        """Empty the field with the text of variables; returns whether anything else is left in the row."""
        name = self._pasted_into()
        if name:
            self.fields[name].show(None)
        return any(field.value not in (None, EnvRef("")) for field in self.fields.values())

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
        for widget in (self._switch, self._make_rows):
            if widget is not None:
                widget.close()
        super().close()

    def _kind(self, name: str, value: Any) -> type[Field]:
        return RefField if name == "value" and reference(value) is not None else Field

    def _widgets(self) -> list[Any]:
        if pasted := self.pasted:
            return [*super()._widgets(), self._offer_of(variables_in(pasted))]
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

    def _offer_of(self, count: int) -> w.Button:
        """Return the button that makes rows of the text, saying how many."""
        say = self._owner.say
        label = say("row.make_one") if count == 1 else say("row.make", n=count)
        if self._make_rows is None:
            self._make_rows = theme.button(label, "ppw-make")
            self._make_rows.on_click(self._on_make)
        self._make_rows.description = label
        return self._make_rows

    def _pasted_into(self) -> str:
        """Return the field with a text of variables: several in a value, and in a name one is enough."""
        for name, mark, least in (("key", "=", 1), ("value", "\n", 2)):
            field = self.fields[name]
            text = field.value if field.touched else None
            if isinstance(text, str) and mark in text and variables_in(text) >= least:
                return name
        return ""

    def _is_offered(self) -> bool:
        value = self.fields["value"].value
        if self._was_switched or isinstance(value, EnvRef):
            return True
        key = self._key_text()
        dollar = isinstance(value, str) and _DOLLAR.fullmatch(value) is not None
        return dollar or self._is_secret(value) or (is_name(key) and environment.variable(key) is not None)

    def _is_secret(self, value: Any) -> bool:
        return looks_secret(self._key_text()) or (isinstance(value, str) and looks_like_key(value))

    def _ref_for(self, typed: Any) -> EnvRef:
        """Return the reference to begin with: the ``$NAME`` that was typed, else the variable's own name."""
        match = _DOLLAR.fullmatch(typed) if isinstance(typed, str) else None
        name = (match[1] or match[2]) if match else self._key_text()
        return EnvRef(name if is_name(name) else "")

    def _key_text(self) -> str:
        return str(self.fields["key"].value or "").strip()

    def _switch_name(self) -> str:
        return self._owner.say("row.switch.envs", n=self._number)

    def _on_make(self, _button: Any) -> None:
        self._owner.on_make(self)

    def _on_switch(self, _change: Any) -> None:
        self._owner.on_switch(self)
