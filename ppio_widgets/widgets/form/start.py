"""Start from…: a preset, an earlier launch or a text fills the form, once it was shown what changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from ppio_widgets.cards.html import each, html
from ppio_widgets.errors import PpioError, PresetRefused, log_fault
from ppio_widgets.formats.diff import changes
from ppio_widgets.launches.history import last_launches, used_names
from ppio_widgets.launches.importing import import_launch, import_preset, import_text, over, told_cloud
from ppio_widgets.launches.presets import preset_names
from ppio_widgets.locale.words import Span
from ppio_widgets.request.envref import reference_names, taken
from ppio_widgets.runtime import threads
from ppio_widgets.secrets.redaction import Redactor, gives_secret_away
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.view import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from markupsafe import Markup

    from ppio_widgets.cloud.client import Target
    from ppio_widgets.formats.imported import Imported
    from ppio_widgets.launches.ledger import Record
    from ppio_widgets.widgets.view import Guarded

MOST_SHOWN = 40
MOST_LAUNCHES = 10


@dataclass(frozen=True)
class _Reading:
    """What was asked to be read: a text that was pasted, or a preset's name."""

    read: Callable[[], Imported]
    text: str = ""
    preset: str = ""


class StartBox(Part):
    """A button that opens presets, the last launches and a field to paste into.

    What is read is shown as a change of the draft, and applied with a click. Files are read on threads: what
    was asked for last counts.
    """

    def __init__(self, owner: Guarded) -> None:
        super().__init__(owner)
        self._parts: list[w.Widget] = []
        self._above: tuple[w.Widget, ...] = ()
        self.is_open = False
        self._found: Imported | None = None
        self._preset = ""
        self._reading: _Reading | None = None
        self._launches: dict[str, Record] = {}
        self._open = self._button(self.say("import.open"), self._on_open, "ppw-find")
        self.box = theme.box([self._open], "ppw-chooser", "ppw-start")
        self._hear(self.session, self._tell, "draft")

    def put_above(self, widgets: Sequence[w.Widget]) -> w.Box:
        """Show what stands above the button in the same box, which is returned."""
        self._above = tuple(widgets)
        self._fill([one for one in self.box.children if one is self._open or one in self._parts])
        return self.box

    def fold(self) -> None:
        """Close it; what was pasted is not kept."""
        self._found, self._preset, self._reading = None, "", None
        with self._filling():
            for control in (self._text, self._presets, self._earlier, self._told):
                control.value = ""
        self._open.description = self.say("import.open")
        self.is_open = False
        self._fill([self._open])

    def _fill(self, children: Sequence[w.Widget]) -> None:
        theme.fill(self.box, [*self._above, *children])

    def _on_open(self) -> None:
        if self.is_open:
            self.fold()
            return
        self._parts = self._parts or self._build()
        self._open.description = self.say("import.close")
        self.is_open = True
        self._arrange()
        threads.try_run(partial(self._list, self.session.target), name="ppio-import")

    def _build(self) -> list[w.Widget]:
        say = self.say
        self._presets = theme.control(
            w.Dropdown, "ppw-field", description=say("import.preset"), options=[(say("import.no_preset"), "")]
        )
        self._earlier = theme.control(
            w.Dropdown, "ppw-field", description=say("import.launch"), options=[(say("import.no_preset"), "")]
        )
        self._text = theme.control(
            w.Textarea, "ppw-field", description=say("import.text"), placeholder=say("import.hint"), rows=3
        )
        self._told = theme.html("", "ppw-notice")
        self._apply = self._button(say("import.apply"), self._on_apply, button_style="primary")
        self._hear(self._presets, self._on_preset, "value")
        self._hear(self._earlier, self._on_earlier, "value")
        self._hear(self._text, self._on_text, "value")
        return [self._presets, self._earlier, self._text, self._told, self._apply]

    def _arrange(self) -> None:
        """Show what there is to start from, and the button once there is something to apply."""
        hidden = [
            None if len(self._presets.options) > 1 else self._presets,
            None if len(self._earlier.options) > 1 else self._earlier,
            None if self._found is not None else self._apply,
        ]
        self._fill([self._open, *(part for part in self._parts if part not in hidden)])

    def _list(self, target: Target) -> None:
        """Read which presets and launches there are; called on a thread of its own."""
        try:
            presets = preset_names()
        except PresetRefused:  # %ppio preset list says why
            presets = []
        records = last_launches(target, MOST_LAUNCHES)
        self._on_news(partial(self._offer, presets, records), None)

    def _offer(self, presets: Sequence[str], records: Sequence[Record]) -> None:
        if not self.is_open:
            return
        say, now = self.say, threads.now()
        self._launches = {one.launch_id: one for one in records}
        launched = [
            (
                say("import.launched", name=one.name, age=Span(max(0.0, now - one.sent_at)).sentence(say)),
                one.launch_id,
            )
            for one in records
        ]
        nothing = (say("import.no_preset"), "")
        with self._filling():
            theme.offer(self._presets, [nothing, *((name, name) for name in presets)])
            theme.offer(self._earlier, [nothing, *launched])
        self._arrange()

    def _on_text(self) -> None:
        text = self._text.value
        if text.strip():
            self._read(_Reading(partial(import_text, text), text=text))
        elif not (self._presets.value or self._earlier.value):
            self._reading = None
            self._show(None, "")

    def _on_preset(self) -> None:
        name = self._presets.value
        if name:
            self._read(_Reading(partial(import_preset, name), preset=name))

    def _on_earlier(self) -> None:
        record = self._launches.get(self._earlier.value)
        if record is not None:
            session = self.session
            names = partial(used_names, session.target)
            self._read(_Reading(lambda: import_launch(record, session.is_taken(names()))))

    def _read(self, reading: _Reading) -> None:
        """Have it read on a thread: a text may name a file, and a preset is one."""
        self._reading = reading
        # What was read before is not what would be applied now.
        self._show(None, html("<p class=ppw-quiet>{}</p>", self.say("import.reading")))
        if not threads.try_run(partial(self._run, reading), name="ppio-import"):
            self._failed(reading, self.say("form.fault", kind="RuntimeError"))

    def _run(self, reading: _Reading) -> None:
        found: Imported | None = None
        try:
            found = reading.read()
        except PpioError as error:
            failed = error.sentence(self.say)
        except Exception as error:  # noqa: BLE001 - it is said, and what gives a secret away is emptied
            log_fault("form", error)
            failed = self.say("form.fault", kind=type(error).__name__)
        if found is not None:
            self._on_news(partial(self._take, reading, found), None)
        else:
            self._on_news(partial(self._failed, reading, failed), None)

    def _take(self, reading: _Reading, found: Imported) -> None:
        """Show what it would change, when nothing else was asked for meanwhile."""
        if reading is self._reading:
            self._empty()
            self._found, self._preset = told_cloud(found, self.session.target), reading.preset
            self._tell()

    def _failed(self, reading: _Reading, told: str) -> None:
        """Say why it cannot be read; a secret in what was pasted does not stay."""
        if reading is not self._reading:
            return
        if gives_secret_away(reading.text):
            self._empty()
            told = f"{told} {self.say('import.emptied')}"
        self._show(None, html("<p class=ppw-bad>{}</p>", told))

    def _tell(self) -> None:
        """Show what was read as a change of the draft as it is."""
        if self._found is not None:
            self._show(self._found, self._changes(self._found, self.session.draft))

    def _changes(self, found: Imported, before: Mapping[str, Any]) -> Markup:
        """Return what would change, before anything does, and what it takes from the kernel."""
        say = self.say
        after = over(found, self.session.below(found.draft))
        found_changes = changes(before, after, redactor=Redactor.in_use())
        differences = [one.sentence(say) for one in found_changes]
        lines = [_list(say("import.changes" if differences else "import.nothing"), differences)]
        told = taken(reference_names(found.draft), say, practice=self.session.target.practice)
        lines += [html("<p>{}</p>", told)] if told else []
        return each("{}", [*lines, told_lists(found.told(say))])

    def _show(self, found: Imported | None, told: str) -> None:
        self._found = found
        if self._parts:
            self._told.value = told
        if self.is_open:
            self._arrange()

    def _empty(self) -> None:
        """Empty the field: a widget's value is saved with the notebook, and it may hold a secret."""
        with self._filling():
            self._text.value = ""

    def _on_apply(self) -> None:
        found, preset = self._found, self._preset
        if found is not None:
            self.fold()
            self.session.fill(over(found, self.session.below(found.draft)), preset=preset)


def told_lists(told: Mapping[str, list[str]]) -> Markup:
    """Return what is told under each heading."""
    return each("{}", (_list(title, lines) for title, lines in told.items()))


def _list(title: str, lines: list[str]) -> Markup:
    shown = [*lines[:MOST_SHOWN], *(["…"] if len(lines) > MOST_SHOWN else [])]
    return theme.told(title, shown)
