"""Import: a text or a preset fills the form, after it has shown what it would change."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ppio_widgets.cards.html import each, html
from ppio_widgets.errors import PpioError
from ppio_widgets.formats.diff import changes
from ppio_widgets.launches.importing import import_preset, import_text, over, told_cloud
from ppio_widgets.launches.presets import preset_names
from ppio_widgets.request.envref import reference_names, taken
from ppio_widgets.runtime import threads
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
    """A button that opens a list of presets and a field to paste into; built when first opened.

    What is read is shown as a change of the draft; applied, the session has the changed draft.
    """

    def __init__(self, owner: Guarded) -> None:
        super().__init__(owner, "import")
        self._found: Imported | None = None
        # The draft that what is shown would change: a click applies just that.
        self._shown_for: Mapping[str, Any] | None = None
        self._preset = ""
        # What is read last counts: reading is done on threads.
        self._asked = 0
        self._hear(self.session, self._on_draft, "draft")

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
        self._in_background(self._list_presets)

    def shown(self) -> list[w.Widget]:
        """Return all of it once there is something to apply, till then all but the button."""
        return self._parts if self._found is not None else self._parts[:-1]

    def fold(self) -> None:
        """Put the field away; what was pasted is not kept."""
        self._asked += 1
        self._found, self._shown_for, self._preset = None, None, ""
        self._text.value, self._presets.value, self._told.value = "", "", ""
        super().fold()

    def _in_background(self, task: Callable[[], None]) -> None:
        if not threads.try_run(task, name="ppio-import"):
            task()  # a small file, at most

    def _on_text(self) -> None:
        text = self._text.value
        if text.strip():
            self._ask(partial(import_text, text), "")
        elif not self._presets.value:
            self._show(None, "")

    def _on_preset(self) -> None:
        name = self._presets.value
        if name:
            self._ask(partial(import_preset, name), name)

    def _ask(self, read: Callable[[], Imported], preset: str) -> None:
        """Read on a thread of its own: it may be a file."""
        self._asked += 1
        self._in_background(partial(self._read, read, preset, self._asked))

    def _read(self, read: Callable[[], Imported], preset: str, asked: int) -> None:
        failed = ""
        try:
            found = told_cloud(read(), self.session.target)
        except PpioError as error:
            failed = error.sentence(self.say)
        except Exception as error:  # noqa: BLE001 - nobody else would say it
            failed = self.say("form.fault", kind=type(error).__name__)
        else:
            self._tell(found, preset, asked)
            return
        gives_away = gives_secret_away(self._text.value)
        failed = f"{failed} {self.say('import.emptied')}" if gives_away else failed
        with self.session.lock:
            if not self.session.closed and asked == self._asked:
                if gives_away:
                    self._empty()
                self._show(None, html("<p class=ppw-bad>{}</p>", failed))

    def _tell(self, found: Imported, preset: str, asked: int) -> None:
        """Show what a text would change in the draft, even where that changes meanwhile."""
        while True:
            draft = self.session.draft
            told = self._changes(found, draft)
            with self.session.lock:
                if self.session.closed or asked != self._asked:
                    return
                if draft is self.session.draft:
                    self._preset, self._shown_for = preset, draft
                    self._empty()
                    self._show(found, told)
                    return

    def _on_draft(self) -> None:
        if self._found is not None:
            self._in_background(partial(self._tell, self._found, self._preset, self._asked))

    def _list_presets(self) -> None:
        try:
            names = preset_names()
        except PpioError:
            return
        with self.session.lock:
            if not self.session.closed:
                with self._filling():
                    theme.offer(self._presets, self._offered(names))

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
            self.box.children = [self._open, *self.shown()]

    def _empty(self) -> None:
        """Empty the field: a widget's value is saved with the notebook, and it may hold a secret."""
        with self._filling():
            self._text.value = ""

    def _on_apply(self) -> None:
        found, draft, preset = self._found, self._shown_for, self._preset
        # What changed since is shown in a moment: no click applies what was not seen.
        if found is not None and draft is not None and draft is self.session.draft:
            self.fold()
            self.session.fill(over(found, draft))
            self.session.preset = preset


def told_lists(told: Mapping[str, list[str]]) -> Markup:
    """Return what is told under each heading."""
    return each("{}", (_list(title, lines) for title, lines in told.items()))


def _list(title: str, lines: list[str]) -> Markup:
    shown = [*lines[:MOST_SHOWN], *(["…"] if len(lines) > MOST_SHOWN else [])]
    return theme.told(title, shown)
