"""Which field stands where, and which appear only when they mean something."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets as w

from ppio_widgets.cards.html import html
from ppio_widgets.errors import LaunchRefused, MomentUnreadable
from ppio_widgets.launches.launch import Timer
from ppio_widgets.launches.session import CEILING, STOP
from ppio_widgets.request.draft import JUPYTER_PORT, JUPYTER_PROTOCOL, value_at, with_value
from ppio_widgets.request.pricing import read_ceiling
from ppio_widgets.request.schema import Group, Rows, node_at
from ppio_widgets.request.validation import field_name
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.choosers import (
    ProductChooser,
    Proposal,
    TemplateChooser,
    address_without_slips,
    cuda_of_tag,
)
from ppio_widgets.widgets.form.fields import Field
from ppio_widgets.widgets.form.rows import RowList
from ppio_widgets.widgets.view import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ppio_widgets.request.schema import Path
    from ppio_widgets.widgets.view import Guarded

# Of an object, all its fields stand there, in the contract's order.
_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "basics": ("name", "product_id", "image", "type"),
    "billing": ("billing",),
    "machine": ("resource", "candidate_regions"),
    "container": ("registry_auth_id", "entrypoint", "command", "envs"),
    "network": ("ports", "network", "volumes"),
    "tools": ("tools", "auto_migrate"),
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
    section: tuple(one for name in names for one in _placed(name)) for section, names in _SECTIONS.items()
}
_NAMES = tuple(name for names in PLACES.values() for name in names)


class Spot(NamedTuple):
    """Where a sentence about a path goes: selectors of the field and of the sentence."""

    field: str
    after: str
    may_show: bool


class Sections(Part):
    """All controls of a form, and the one way from them to the draft.

    `fields` are found by their pattern; conditional ones are made when they first appear. `attempted`
    says that a launch was tried: from then on the error of every field may show.
    """

    def __init__(self, owner: Guarded, stop: str) -> None:
        super().__init__(owner)
        self.attempted = False
        self.fields: dict[str, Field] = {}
        self.lists: dict[str, RowList] = {}
        self._heads = {
            name: theme.html(html("<h3>{}</h3>", self.say(f"section.{name}")), "ppw-head") for name in PLACES
        }
        ceiling = self.session.ceiling
        typed = "" if ceiling is None else f"{ceiling:f}"
        self._ceiling = self._text(CEILING, typed, self._take_ceiling)
        self._stop = self._text(STOP, stop, self._take_stop)
        self._take_stop()
        self._chooser = ProductChooser(self, self._on_product)
        self._templates = TemplateChooser(self)
        self._address = Proposal(self, address_without_slips, partial(self._take, "image"))
        self._cuda = Proposal(self, cuda_of_tag, partial(self._take, "resource.min_cuda_version"))
        # What stands below a field and is no field itself.
        self._below: dict[str, tuple[w.Widget, ...]] = {
            "product_id": (self._chooser.box,),
            "image": (self._address.box, self._templates.box),
            "billing.mode": (self._ceiling, self._stop),
            "resource.min_cuda_version": (self._cuda.box,),
        }
        for name in _NAMES:
            if isinstance(node_at(_path(name)), Rows):
                self.lists[name] = RowList(name, self)
        self._make_fields()
        self.box = theme.box(self._widgets(self.session.draft), "ppw-form")
        self._hear(self.session, self._show, "filled")
        self._hear(self.session, self._suggest, "snapshot")

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
        field = self.fields.get(_name(path))
        if field is None and path not in CLASSES:
            return None
        selector = f".{scope} .{field.css if field else CLASSES[path]}"
        may_show = self.attempted or field is None or field.touched
        return Spot(selector, f"{selector}>.widget-label::after", may_show)

    def _make_fields(self) -> None:
        """Show the whole draft in the controls; nothing of what they said before stays."""
        draft = self.session.draft
        self.attempted = False
        for name in _NAMES:
            given = value_at(draft, _path(name))
            field = self.fields.get(name)
            if name in self.lists:
                self.lists[name].show(given)
            elif field is not None and field.takes(given):
                field.show(given)
            else:
                if field is not None:
                    self.fields.pop(name).close()
                if given is not None or name not in SHOWN_WHEN:
                    self._field(name, given)

    def _show(self) -> None:
        """Show a draft that came from elsewhere: a text, a template, a value that was set."""
        self._make_fields()
        theme.fill(self.box, self._widgets(self.session.draft))

    def _field(self, name: str, given: Any = None) -> Field:
        if name not in self.fields:
            self.fields[name] = Field(_path(name), self, self._on_field, given=given)
        return self.fields[name]

    def _is_shown(self, name: str, draft: Mapping[str, Any]) -> bool:
        if name not in SHOWN_WHEN or value_at(draft, _path(name)) is not None:
            return True
        master, value = SHOWN_WHEN[name]
        found = value_at(draft, _path(master))
        return found is not None and value in (found, ANY)

    def _widgets(self, draft: Mapping[str, Any]) -> list[w.Widget]:
        """Return the right controls under each heading."""
        children: list[w.Widget] = []
        for section, names in PLACES.items():
            children.append(self._heads[section])
            for name in names:
                if name in self.lists:
                    children.append(self.lists[name].box)
                elif self._is_shown(name, draft):
                    children.append(self._field(name, value_at(draft, _path(name))).widget)
                children.extend(self._below.get(name, ()))
        return children

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
            theme.fill(self.box, self._widgets(draft))
        self.session.replace(draft)

    def _on_product(self, product_id: str) -> None:
        """Take the product that was chosen from the list; nothing else that was typed is changed."""
        self._take("product_id", product_id)
        self.lists["candidate_regions"].suggest()  # those of this product

    def _suggest(self) -> None:
        """Offer what the catalogue told meanwhile."""
        for field in self.fields.values():
            field.suggest()
        for rows in self.lists.values():
            rows.suggest()

    def _text(self, path: Path, value: str, take: Callable[[], None]) -> w.Text:
        name, hint = field_name(path, self.say), self.say(f"hint.{path[0]}")
        classes = ("ppw-field", "ppw-short", CLASSES[path])
        text = theme.control(w.Text, *classes, description=name, placeholder=hint, value=value)
        self._hear(text, take, "value")
        return text

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
