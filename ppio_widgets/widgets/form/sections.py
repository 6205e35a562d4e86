"""Which field stands where, and which appear only when they mean something."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets as w
from markupsafe import Markup

from ppio_widgets.cards.html import html
from ppio_widgets.errors import LaunchRefused, MomentUnreadable
from ppio_widgets.launches.launch import Timer
from ppio_widgets.launches.session import CEILING, STOP
from ppio_widgets.request.choices import SEGMENTS
from ppio_widgets.request.draft import JUPYTER_PORT, JUPYTER_PROTOCOL, value_at, with_value
from ppio_widgets.request.pricing import read_ceiling
from ppio_widgets.request.schema import Group, Rows, node_at
from ppio_widgets.request.validation import field_name
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.choosers import (
    Proposal,
    TemplateChips,
    address_without_slips,
    cuda_of_tag,
)
from ppio_widgets.widgets.form.fields import Field, SegmentField
from ppio_widgets.widgets.form.products import ProductTable
from ppio_widgets.widgets.form.rows import RowList
from ppio_widgets.widgets.form.segments import Segments
from ppio_widgets.widgets.view import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ppio_widgets.locale.words import Words
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


def _path(name: str) -> Path:
    return tuple(name.split("."))


def _name(path: Path) -> str:
    return ".".join(map(str, path))


def _placed(name: str) -> Iterator[str]:
    """Yield the fields and lists that a name of the table stands for."""
    node = node_at(_path(name))
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
# Times after which people have their instance stopped.
_SPANS = ("1h", "3h", "8h")


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
        self.fields: dict[str, Field] = {}
        self.lists: dict[str, RowList] = {}
        self._heads = {name: self._head(name) for name in _STEPS if name not in ("product", "name")}
        self._heads["more"] = self._head("more")
        self._toggles = {name: self._toggle(name) for name in _MORE}
        self._adds = {
            name: self._button(
                "+",
                partial(self._open_with_row, section, name),
                "ppw-plus",
                tooltip=self.say(f"row.add.{name}"),
            )
            for section in _MORE
            for name in PLACES[section]
            if isinstance(node_at(_path(name)), Rows)
        }
        self._insides: dict[str, w.Box] = {}
        typed = "" if self.session.ceiling is None else f"{self.session.ceiling:f}"
        self._typed_ceiling = typed
        self._stop = self._stop_choice(stop)
        self._take_stop()
        self._products = ProductTable(self, self._on_product)
        self._templates = TemplateChips(self)
        self._address = Proposal(self, address_without_slips, partial(self._take, "image"))
        self._cuda = Proposal(self, cuda_of_tag, partial(self._take, "resource.min_cuda_version"))
        # What stands above and below the fields of a step and is no field itself.
        self._above: dict[str, tuple[w.Widget, ...]] = {
            "product": (self._products.box,),
            "software": (self._templates.box,),
            "stop": (self._stop.box,),
        }
        self._below: dict[str, tuple[w.Widget, ...]] = {"software": (self._address.box, self._cuda.box)}
        self._make_fields()
        self.box = theme.box(self._widgets(self.session.draft), "ppw-form")
        self._hear(self.session, self._show, "filled")
        self._hear(self.session, self._suggest, "snapshot", "report")
        self._proposed: Mapping[Path, Any] = self.session.proposed
        self._hear(self.session, self._follow, "proposed")

    @property
    def closed(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The sections that are closed, and the names of what stands in each."""
        yield from ((name, PLACES[name]) for name, toggle in self._toggles.items() if not toggle.value)

    def open_for(self, paths: Iterable[Path]) -> None:
        """Open the sections in which something is wrong."""
        for path in paths:
            for section in _MORE:
                if any(name == _name(path) or _name(path).startswith(f"{name}.") for name in PLACES[section]):
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
            return Spot(f".{scope} .f-product_id", f".{scope} .f-product_id::after", self.attempted)
        field = self.fields.get(_name(path))
        if field is None and path not in CLASSES:
            return None
        selector = f".{scope} .{field.css if field else CLASSES[path]}"
        may_show = self.attempted or field is None or field.touched
        after = field.after if field else "::after" if path == STOP else ">.widget-label::after"
        return Spot(selector, f"{selector}{after}", may_show)

    def _make_fields(self) -> None:
        """Show the whole draft in the controls; nothing of what they said before stays."""
        draft = self.session.draft
        self.attempted = False
        for section, names in PLACES.items():
            for name in names:
                given = value_at(draft, _path(name))
                field = self.fields.get(name)
                if name in self.lists:
                    self.lists[name].show(given)
                elif field is not None and field.takes(given):
                    field.show(given)
                elif field is not None:
                    self.fields.pop(name).close()
                if self._is_open(section) and self._is_shown(name, draft):
                    self._control(name)

    def _control(self, name: str) -> w.Widget:
        """Return the control of a field or list, made when it is first needed."""
        given = value_at(self.session.draft, _path(name))
        if not isinstance(node_at(_path(name)), Rows):
            return self._field(name, given).widget
        if name not in self.lists:
            self.lists[name] = RowList(name, self)
            self.lists[name].show(given)
        return self.lists[name].box

    def _is_open(self, section: str) -> bool:
        return section not in self._toggles or bool(self._toggles[section].value)

    def _show(self) -> None:
        """Show a draft that came from elsewhere: a text, a template, a value that was set."""
        self._make_fields()
        self._arrange(self.session.draft)

    def _follow(self) -> None:
        """Show what the session proposes now instead of what it proposed before; what was typed stays."""
        before, now = self._proposed, self.session.proposed
        self._proposed = now
        for path in (*before, *(path for path in now if path not in before)):
            field, rows = self.fields.get(_name(path)), self.lists.get(_name(path))
            given = value_at(self.session.draft, path)
            if path in self.session.typed or before.get(path) == now.get(path):
                continue
            if rows is not None:
                rows.show(given)
            elif field is not None and field.takes(given):
                field.show(given)
            elif field is not None:
                self.fields.pop(_name(path)).close()
        self._arrange(self.session.draft)

    def _arrange(self, draft: Mapping[str, Any]) -> None:
        theme.fill(self.box, self._widgets(draft))

    def _head(self, name: str) -> w.HTML:
        say = self.say
        key = f"help.{name}"
        return theme.html(html("<h3>{}{}</h3>", say(f"section.{name}"), _help(say, key)), "ppw-head")

    def _toggle(self, section: str) -> w.ToggleButton:
        made = theme.control(
            w.ToggleButton, "ppw-section", f"s-{section}", description=self.say(f"section.{section}")
        )
        self._hear(made, lambda: self._arrange(self.session.draft), "value")
        return made

    def _open_with_row(self, section: str, name: str) -> None:
        self._toggles[section].value = True
        self.lists[name].add()

    def _widgets(self, draft: Mapping[str, Any]) -> list[w.Widget]:
        """Return the right controls under each heading."""
        children: list[w.Widget] = []
        for step in _STEPS:
            if step in self._heads:
                children.append(self._heads[step])
            children += self._above.get(step, ())
            children += self._controls(step, draft)
            children += self._below.get(step, ())
        children.append(self._heads["more"])
        for section in _MORE:
            children.append(self._toggles[section])
            children += [self._adds[name] for name in PLACES[section] if name in self._adds]
            if self._is_open(section):
                inside = self._controls(section, draft)
                if section == "limits":
                    inside.append(self._ceiling)
                if section not in self._insides:
                    self._insides[section] = theme.box([], "ppw-inside")
                theme.fill(self._insides[section], inside)
                children.append(self._insides[section])
        return children

    def _controls(self, section: str, draft: Mapping[str, Any]) -> list[w.Widget]:
        return [self._control(name) for name in PLACES[section] if self._is_shown(name, draft)]

    def _field(self, name: str, given: Any = None) -> Field:
        if name not in self.fields:
            make = SegmentField if name in SEGMENTS else Field
            self.fields[name] = make(_path(name), self, self._on_field, given=given)
        return self.fields[name]

    def _is_shown(self, name: str, draft: Mapping[str, Any]) -> bool:
        if name not in SHOWN_WHEN or value_at(draft, _path(name)) is not None:
            return True
        master, value = SHOWN_WHEN[name]
        found = value_at(draft, _path(master))
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
        field = self.fields[name]
        field.show(value)
        field.touched = True
        self._on_field(field)

    def _on_field(self, field: Field) -> None:
        draft = with_value(self.session.draft, field.path, field.value)
        dependents = [_path(name) for name in self._dependents(_name(field.path))]
        for path in dependents:
            draft = with_value(draft, path, None)
        for path in dependents:
            if self._is_shown(_name(path), draft):
                draft = with_value(draft, path, self._uncovered(_name(path)))
        if dependents:
            self._arrange(draft)
        self.session.replace(draft)

    def _on_product(self, product_id: str) -> None:
        """Take the product that was chosen from the list; nothing else that was typed is changed."""
        self.session.set(("product_id",), product_id)
        if "candidate_regions" in self.lists:
            self.lists["candidate_regions"].suggest()  # those of this product

    def _suggest(self) -> None:
        """Offer what the catalogue told meanwhile."""
        for field in self.fields.values():
            field.suggest()
        for rows in self.lists.values():
            rows.suggest()

    @cached_property
    def _ceiling(self) -> w.Text:
        name, hint = field_name(CEILING, self.say), self.say("hint.max_hourly_price")
        classes = ("ppw-field", "ppw-short", CLASSES[CEILING])
        text = theme.control(w.Text, *classes, description=name, placeholder=hint, value=self._typed_ceiling)
        self._hear(text, self._take_ceiling, "value")
        return text

    def _stop_choice(self, stop: str) -> Segments:
        never = [
            (self.say("stop.never"), ""),
            *((self.say("stop.after", span=span), span) for span in _SPANS),
        ]
        name, hint = field_name(STOP, self.say), self.say("hint.stop")
        return Segments(
            self,
            name,
            self._take_stop,
            options=never,
            value=stop,
            other=self.say("stop.at"),
            hint=hint,
            classes=("ppw-field", CLASSES[STOP]),
        )

    def _take_stop(self) -> None:
        """Take the timer as typed; one that cannot be read keeps a launch from being made."""
        try:
            self.session.stop_by(Timer.read(self._stop.value))
        except MomentUnreadable as error:
            self.session.stop_by(Timer(), error.with_traceback(None))

    def _take_ceiling(self) -> None:
        """Take the ceiling as typed; one that cannot be read keeps a launch from being made."""
        try:
            self.session.limit(read_ceiling(self._ceiling.value.strip() or None, "ceiling_field"))
        except LaunchRefused as error:
            self.session.limit(None, error)


def _help(say: Words, key: str) -> Markup:
    """Return a question mark that opens a sentence, where a newcomer asks."""
    if key not in say:
        return Markup()
    return html(
        "<details class=ppw-help><summary aria-label='{}'>?</summary><p>{}</p></details>",
        say("help.label"),
        say(key),
    )
