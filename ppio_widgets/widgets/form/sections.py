"""Which field stands where, and which appear only when they mean something."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets as w

from ppio_widgets.errors import LaunchRefused, MomentUnreadable
from ppio_widgets.launches.launch import Timer
from ppio_widgets.launches.plan import CEILING
from ppio_widgets.launches.session import STOP
from ppio_widgets.request.choices import SEGMENTS, stops
from ppio_widgets.request.draft import JUPYTER_PORT, JUPYTER_PROTOCOL, value_at, with_value
from ppio_widgets.request.pricing import read_ceiling
from ppio_widgets.request.schema import Group, Rows, node_at, path_of, pattern
from ppio_widgets.request.validation import field_name
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.choosers import (
    Proposal,
    TemplateChips,
    address_without_slips,
    cuda_of_tag,
)
from ppio_widgets.widgets.form.fields import ANCHORS, Field, SegmentField, question
from ppio_widgets.widgets.form.products import ProductTable
from ppio_widgets.widgets.form.rows import RowList
from ppio_widgets.widgets.form.segments import Segments
from ppio_widgets.widgets.view import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ppio_widgets.request.schema import Path
    from ppio_widgets.widgets.view import Guarded

# The steps, always open, in the order of the decision. Of an object, all its fields stand there, in the
# contract's order.
_STEPS: Mapping[str, tuple[str, ...]] = {
    "product": (),
    "software": ("image",),
    "size": ("resource.gpu_num", "resource.rootfs_size_gb"),
    "payment": ("billing",),
    "stop": (),
    "name": ("name",),
}
# What stands under More, closed until it is opened.
_MORE: Mapping[str, tuple[str, ...]] = {
    "access": ("ports", "tools"),
    "environment": ("envs",),
    "storage": ("volumes",),
    "start": ("entrypoint", "command", "registry_auth_id"),
    "region": ("candidate_regions", "network"),
    "limits": ("resource.min_cuda_version", "auto_migrate"),
}

# The classes by which the stylesheet finds what is no field of the body.
CLASSES: Mapping[Path, str] = {CEILING: "f-ceiling", STOP: "f-stop"}

ANY = object()

# A field is shown while its master has this value, or when a value came from outside.
SHOWN_WHEN: Mapping[str, tuple[str, Any]] = {
    "billing.prepaid.months": ("billing.mode", "prepaid"),
    "billing.prepaid.auto_renew.enabled": ("billing.mode", "prepaid"),
    "billing.prepaid.auto_renew.months": ("billing.prepaid.auto_renew.enabled", True),
    "network.ip": ("network.id", ANY),
    "tools.jupyter.port": ("tools.jupyter.enabled", True),
    "tools.jupyter.protocol": ("tools.jupyter.enabled", True),
    "auto_migrate.include_system_disk": ("auto_migrate.enabled", True),
}

# What a field shows when a person first makes it appear.
_FIRST: Mapping[str, Any] = {
    "billing.prepaid.months": 1,
    "tools.jupyter.port": JUPYTER_PORT,
    "tools.jupyter.protocol": JUPYTER_PROTOCOL,
}


def _placed(name: str) -> Iterator[str]:
    """Yield the fields and lists that a name of the table stands for."""
    node = node_at(path_of(name))
    if isinstance(node, Group):
        for child in node.fields:
            yield from _placed(f"{name}.{child}")
    else:
        yield name


# The names of fields and lists under each heading.
PLACES: Mapping[str, tuple[str, ...]] = {
    section: tuple(one for name in names for one in _placed(name))
    for section, names in {**_STEPS, **_MORE}.items()
}
_NAMES = tuple(name for names in PLACES.values() for name in names)


class Spot(NamedTuple):
    """Where a sentence about a path goes: selectors of the field and of the sentence."""

    field: str
    after: str
    may_show: bool


class Sections(Part):
    """All controls of a form, and the one way from them to the draft.

    `fields` are found by their pattern; those of a closed section, and conditional ones, are made when they
    first appear. `attempted` says that a launch was tried: from then on the error of every field may show.
    """

    def __init__(self, owner: Guarded, stop: str) -> None:
        super().__init__(owner)
        self.attempted = False
        self._parts: list[w.Box] = []
        self.fields: dict[str, Field] = {}
        self.lists: dict[str, RowList] = {}
        self._toggles = {name: self._toggle(name) for name in _MORE}
        self._adds = {
            name: self._button(self.say(f"row.add.{name}"), partial(self._add_row, section, name), "ppw-add")
            for section in _MORE
            for name in PLACES[section]
            if isinstance(node_at(path_of(name)), Rows)
        }
        self._helps: dict[str, w.HTML] = {}
        self._insides: dict[str, w.Box] = {}
        typed = "" if self.session.ceiling is None else f"{self.session.ceiling:f}"
        self._typed_ceiling = typed
        self._begun_with = stop, typed
        self._stop = self._stop_choice(stop)
        self._take_stop()
        self._products = ProductTable(self, self._on_product)
        self._templates = TemplateChips(self, self._rearrange)
        propose = partial(Proposal, self, on_arrange=self._rearrange)
        self._address = propose(address_without_slips, partial(self._take, "image"))
        self._cuda = propose(cuda_of_tag, partial(self._take_cuda))
        self._make_fields()
        self._parts = [theme.box(one, "ppw-part") for one in self._together(self.session.draft)]
        self.box = theme.box([self._products.box, *self._parts], "ppw-form")
        self._hear(self.session, self._show, "filled")
        self._suggested: tuple[object, ...] = ()
        self._hear(self.session, self._suggest, "snapshot", "report")
        self._proposed: Mapping[Path, Any] = self.session.proposed
        self._hear(self.session, self._follow, "proposed")

    @property
    def toggles(self) -> Iterator[w.ToggleButton]:
        """The heads of the sections, in their order: pressed while open."""
        yield from self._toggles.values()

    @property
    def closed(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The sections that are closed, and the names of what stands in each."""
        yield from ((name, PLACES[name]) for name, toggle in self._toggles.items() if not toggle.value)

    @property
    def _limits(self) -> tuple[str, str]:
        """What stands there of the timer and of the ceiling."""
        is_made = "_ceiling" in vars(self)
        return self._stop.value, self._ceiling.value if is_made else self._typed_ceiling

    def restore(self, other: Sections) -> None:
        """Take what a person typed of the timer and of the ceiling in another form."""
        (stop, ceiling), (begun_stop, begun_ceiling) = other._limits, other._begun_with
        if stop != begun_stop:
            self._stop.show(stop)
            self._take_stop()
        if ceiling != begun_ceiling:
            self._ceiling.value = ceiling

    def open_for(self, paths: Iterable[Path]) -> None:
        """Open the sections in which something is wrong."""
        for path in paths:
            for section in _MORE:
                if any(f"{pattern(path)}.".startswith(f"{name}.") for name in PLACES[section]):
                    self._toggles[section].value = True
            if path == CEILING:
                self._toggles["limits"].value = True

    def spot(self, path: Path, scope: str) -> Spot | None:
        """Return where in the form of that class a sentence about a path goes; None where nothing stands."""
        rows = self.lists.get(str(path[0]))
        if rows is not None:
            at = rows.field_at(path)
            if at is None:
                return None
            row, cell = at
            selector = f".{scope} .{row.key}"
            marked = f"{selector} .{cell.css}" if cell else selector
            return Spot(marked, f"{selector}::after", self.attempted or (cell or row).touched)
        if path in (("product_id",), ("type",)):
            table = f".{scope} .f-product_id"
            return Spot(f"{table} :is(.ppw-search,.ppw-offers)", f"{table}::after", self.attempted)
        field = self.fields.get(pattern(path))
        if field is None and path not in CLASSES:
            return None
        selector = f".{scope} .{field.css if field else CLASSES[path]}"
        may_show = self.attempted or field is None or field.touched
        after = field.after if field else "::after" if path == STOP else ">.widget-label::after"
        # What is no choice is typed beside the choices.
        marked = f":is({selector},{selector}+.ppw-other)" if after == "::after" else selector
        return Spot(marked, f"{selector}{after}", may_show)

    def _make_fields(self) -> None:
        """Show the whole draft in the controls; nothing of what they said before stays."""
        draft = self.session.draft
        self.attempted = False
        for section, names in PLACES.items():
            for name in names:
                self._refill(name, value_at(draft, path_of(name)))
                if self._is_open(section) and self._is_shown(name, draft):
                    self._control(name)

    def _refill(self, name: str, given: Any) -> None:
        """Show a value in what was made of a field or list; a control that would lose some of it goes."""
        field = self.fields.get(name)
        if name in self.lists:
            self.lists[name].show(given)
        elif field is not None and field.takes(given):
            field.show(given)
        elif field is not None:
            self.fields.pop(name).close()

    def _control(self, name: str) -> list[w.Widget]:
        """Return what is to be shown of a field or list, made when it is first needed."""
        given = value_at(self.session.draft, path_of(name))
        if not isinstance(node_at(path_of(name)), Rows):
            return self._field(name, given).widgets
        if name not in self.lists:
            self.lists[name] = RowList(name, self, self._adds[name])
            self.lists[name].show(given)
        return [self.lists[name].box]

    def _is_open(self, section: str) -> bool:
        return section not in self._toggles or bool(self._toggles[section].value)

    def _show(self) -> None:
        """Show a draft that came from elsewhere: a text, a template, a value that was set."""
        self._make_fields()
        self._arrange(self.session.draft)

    def _rearrange(self) -> None:
        self._arrange(self.session.draft)

    def _follow(self) -> None:
        """Show what the session proposes now instead of what it proposed before; what was typed stays."""
        before, now = self._proposed, self.session.proposed
        self._proposed = now
        for path in (*before, *(path for path in now if path not in before)):
            if path not in self.session.typed and before.get(path) != now.get(path):
                self._refill(pattern(path), value_at(self.session.draft, path))
        self._arrange(self.session.draft)

    def _arrange(self, draft: Mapping[str, Any]) -> None:
        # There are no parts yet while their fields are made.
        for part, widgets in zip(self._parts, self._together(draft), strict=False):
            theme.fill(part, widgets)

    def _toggle(self, section: str) -> w.ToggleButton:
        made = theme.control(
            w.ToggleButton, "ppw-section", f"s-{section}", description=self.say(f"section.{section}")
        )
        self._hear(made, self._rearrange, "value")
        return made

    def _add_row(self, section: str, name: str) -> None:
        """Add a row, and open the section around it: the button stands in its head while it is closed."""
        self._control(name)
        self.lists[name].add()
        self._toggles[section].value = True

    def _together(self, draft: Mapping[str, Any]) -> Iterator[list[w.Widget]]:
        """Yield what stands in each part: what is new in one, a page draws with all that follows there."""
        yield self._templates.parts
        yield [*self._controls("software", draft), *self._address.parts, *self._cuda.parts]
        yield self._controls("size", draft)
        yield [*self._controls("payment", draft), *self._stop.parts]
        yield [*self._controls("name", draft), *self._under_more(draft)]

    def _under_more(self, draft: Mapping[str, Any]) -> Iterator[w.Widget]:
        """Yield the head of each section, what stands in it once it was opened, and what adds to it.

        The stylesheet hides what a section does not show: closed or opened anew, nothing has to be drawn.
        """
        for section in _MORE:
            yield self._toggles[section]
            if self._is_open(section):
                inside = self._controls(section, draft)
                if section == "limits":
                    inside.append(self._ceiling)
                if section not in self._insides:
                    self._insides[section] = theme.box([], "ppw-inside")
                theme.fill(self._insides[section], inside)
            if section in self._insides:
                yield self._insides[section]
            yield from (self._adds[name] for name in PLACES[section] if name in self._adds)

    def _controls(self, section: str, draft: Mapping[str, Any]) -> list[w.Widget]:
        """Return the controls of a section, each before the help that there is for it."""
        found: list[w.Widget] = []
        for name in PLACES[section]:
            if self._is_shown(name, draft):
                found += self._control(name)
                if name in ANCHORS and name not in self._adds:  # a list has its own beside its heading
                    found.append(self._help(name))
        return found

    def _help(self, name: str) -> w.HTML:
        if name not in self._helps:
            self._helps[name] = theme.html(question(self.say, name), "ppw-beside")
        return self._helps[name]

    def _field(self, name: str, given: Any = None) -> Field:
        if name not in self.fields:
            make = SegmentField if name in SEGMENTS else Field
            self.fields[name] = make(
                path_of(name), self, self._on_field, given=given, on_arrange=self._rearrange
            )
        return self.fields[name]

    def _is_shown(self, name: str, draft: Mapping[str, Any]) -> bool:
        if name not in SHOWN_WHEN or value_at(draft, path_of(name)) is not None:
            return True
        master, value = SHOWN_WHEN[name]
        found = value_at(draft, path_of(master))
        return found is not None and value in (found, ANY)

    def _uncovered(self, name: str) -> Any:
        """Return what a field says that a person has just made appear."""
        field = self._field(name)
        if field.value is None and name in _FIRST:
            field.show(_FIRST[name])
        return field.value

    def _dependents(self, name: str) -> list[str]:
        found = [dependent for dependent, (master, _) in SHOWN_WHEN.items() if master == name]
        return [*found, *(further for dependent in found for further in self._dependents(dependent))]

    def _take(self, name: str, value: str) -> None:
        """Show a value in a field as if it had been typed there."""
        field = self._field(name)
        field.show(value)
        field.touched = True
        self._on_field(field)

    def _take_cuda(self, version: str) -> None:
        """Take the version that the tag speaks of, and open the section in which it is to be seen."""
        self._take("resource.min_cuda_version", version)
        self._toggles["limits"].value = True

    def _on_field(self, field: Field) -> None:
        draft = with_value(self.session.draft, field.path, field.value)
        dependents = [path_of(name) for name in self._dependents(pattern(field.path))]
        for path in dependents:
            draft = with_value(draft, path, None)
        for path in dependents:
            if self._is_shown(pattern(path), draft):
                draft = with_value(draft, path, self._uncovered(pattern(path)))
        if dependents:
            self._arrange(draft)
        self.session.replace(draft)

    def _on_product(self, product_id: str) -> None:
        """Take the product that was chosen; what was proposed follows it."""
        self.session.set(("product_id",), product_id)
        if "candidate_regions" in self.lists:
            self.lists["candidate_regions"].suggest()  # those of this product

    def _suggest(self) -> None:
        """Offer what the catalogue told meanwhile, at what it costs by now."""
        known = (self.session.snapshot, self.session.money)
        if known == self._suggested:
            return
        self._suggested = known
        for field in self.fields.values():
            field.suggest()
        for rows in self.lists.values():
            rows.suggest()
        self._stop.offer(self._stops())

    @cached_property
    def _ceiling(self) -> w.Text:
        name, hint = field_name(CEILING, self.say), self.say("hint.max_hourly_price")
        classes = ("ppw-field", "ppw-short", CLASSES[CEILING])
        text = theme.control(w.Text, *classes, description=name, placeholder=hint, value=self._typed_ceiling)
        self._hear(text, self._take_ceiling, "value")
        return text

    def _stop_choice(self, stop: str) -> Segments:
        return Segments(
            self,
            field_name(STOP, self.say),
            self._take_stop,
            self._rearrange,
            options=self._stops(),
            value=stop,
            other=self.say("stop.at"),
            hint=self.say("hint.stop"),
            classes=("ppw-step", CLASSES[STOP]),
        )

    def _stops(self) -> list[tuple[str, str]]:
        return stops(self.session.offer, self.session.report.body, self.say)

    def _take_stop(self) -> None:
        """Take the timer as typed; one that cannot be read keeps a launch from being made.

        So does a time that was asked for and is not typed: nobody means "never" by it.
        """
        try:
            self.session.stop_by(Timer.read(self._stop.value or ("…" if self._stop.is_typed else "")))
        except MomentUnreadable as error:
            self.session.stop_by(Timer(), error.with_traceback(None))

    def _take_ceiling(self) -> None:
        """Take the ceiling as typed; one that cannot be read keeps a launch from being made."""
        try:
            self.session.limit(read_ceiling(self._ceiling.value.strip() or None, "ceiling_field"))
        except LaunchRefused as error:
            self.session.limit(None, error)
