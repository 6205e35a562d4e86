"""Import: a text or a preset fills the form, after it has shown what it would change."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ppio_widgets.cards.html import each, html
from ppio_widgets.errors import PpioError
from ppio_widgets.formats.diff import changes
from ppio_widgets.launches.importing import import_preset, import_text, over, told_cloud
from ppio_widgets.launches.presets import preset_names
from ppio_widgets.request.envref import reference_names, taken
from ppio_widgets.secrets.redaction import Redactor, gives_secret_away
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.choosers import Opener

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from markupsafe import Markup

    from ppio_widgets.formats.imported import Imported
    from ppio_widgets.widgets.view import Guarded

MOST_SHOWN = 40


class ImportBox(Opener):
    """Opens a list of presets and a field to paste into; what is read is shown as a change of the draft."""

    def __init__(self, owner: Guarded) -> None:
        super().__init__(owner, "import")
        self._found: Imported | None = None
        self._preset = ""
        self._hear(self.session, self._tell, "draft")

    def build(self) -> list[w.Widget]:
        """Return the list of presets, the field, what it would change, and the button that does it."""
        say = self.say
        self._presets = theme.control(
            w.Dropdown, "ppw-field", description=say("import.preset"), options=self._offered(())
        )
        self._text = theme.control(
            w.Textarea, "ppw-field", description=say("import.text"), placeholder=say("import.hint"), rows=3
        )
        self._told = theme.html("", "ppw-notice")
        self._apply = self._button(say("import.apply"), self._on_apply, button_style="primary")
        self._hear(self._presets, self._on_preset, "value")
        self._hear(self._text, self._on_text, "value")
        return [self._presets, self._text, self._told, self._apply]

    def fill(self) -> None:
        """List the presets."""
        with suppress(PpioError), self._filling():
            theme.offer(self._presets, self._offered(preset_names()))

    def shown(self) -> list[w.Widget]:
        """Return all of it once there is something to apply, till then all but the button."""
        return self._parts if self._found is not None else self._parts[:-1]

    def fold(self) -> None:
        """Put the field away; what was pasted is not kept."""
        self._found, self._preset = None, ""
        with self._filling():
            self._text.value, self._presets.value, self._told.value = "", "", ""
        super().fold()

    def _on_text(self) -> None:
        text = self._text.value
        if text.strip():
            self._read(import_text, text)
        elif not self._presets.value:
            self._show(None, "")

    def _on_preset(self) -> None:
        name = self._presets.value
        if name:
            self._read(import_preset, name, preset=name)

    def _read(self, read: Callable[[str], Imported], given: str, *, preset: str = "") -> None:
        """Show what it would change, or why it cannot be read."""
        try:
            found = told_cloud(read(given), self.session.target)
        except PpioError as error:
            failed = error.sentence(self.say)
        except Exception as error:  # noqa: BLE001 - it is said here, and what gives a secret away is emptied
            failed = self.say("form.fault", kind=type(error).__name__)
        else:
            self._empty()
            self._found, self._preset = found, preset
            self._tell()
            return
        if gives_secret_away(self._text.value):
            self._empty()
            failed = f"{failed} {self.say('import.emptied')}"
        self._show(None, html("<p class=ppw-bad>{}</p>", failed))

    def _tell(self) -> None:
        """Show what was read as a change of the draft as it is."""
        if self._found is not None:
            self._show(self._found, self._changes(self._found, self.session.draft))

    def _offered(self, names: Sequence[str]) -> list[tuple[str, str]]:
        return [(self.say("import.no_preset"), ""), *((name, name) for name in names)]

    def _changes(self, found: Imported, before: Mapping[str, Any]) -> Markup:
        """Return what would change, before anything does, and what it takes from the kernel."""
        say = self.say
        found_changes = changes(before, over(found, before), redactor=Redactor.in_use())
        differences = [one.sentence(say) for one in found_changes]
        lines = [_list(say("import.changes" if differences else "import.nothing"), differences)]
        told = taken(reference_names(found.draft), say, practice=self.session.target.practice)
        lines += [html("<p>{}</p>", told)] if told else []
        return each("{}", [*lines, told_lists(found.told(say))])

    def _show(self, found: Imported | None, told: str) -> None:
        self._found = found
        self._told.value = told
        if self.is_open:
            theme.fill(self.box, [self._open, *self.shown()])

    def _empty(self) -> None:
        """Empty the field: a widget's value is saved with the notebook, and it may hold a secret."""
        with self._filling():
            self._text.value = ""

    def _on_apply(self) -> None:
        found, preset = self._found, self._preset
        if found is not None:
            self.fold()
            self.session.fill(over(found, self.session.draft))
            self.session.preset = preset


def told_lists(told: Mapping[str, list[str]]) -> Markup:
    """Return what is told under each heading."""
    return each("{}", (_list(title, lines) for title, lines in told.items()))


def _list(title: str, lines: list[str]) -> Markup:
    shown = [*lines[:MOST_SHOWN], *(["…"] if len(lines) > MOST_SHOWN else [])]
    return theme.told(title, shown)
