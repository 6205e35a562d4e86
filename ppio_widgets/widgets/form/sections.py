"""Which field stands where, and which appear only when they mean something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.cards.html import esc
from ppio_widgets.request.draft import JUPYTER_PORT, JUPYTER_PROTOCOL, value_at, with_value
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.form.choosers import ProductChooser
from ppio_widgets.widgets.form.fields import Field
from ppio_widgets.widgets.form.proposal import Proposal, address_without_slips, cuda_of_tag
from ppio_widgets.widgets.form.rows import RowList, is_list
from ppio_widgets.widgets.form.suggestions import choices
from ppio_widgets.widgets.form.templates import TemplateChooser
from ppio_widgets.widgets.form.unknown_fields import UnknownFields
from ppio_widgets.widgets.view import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ipywidgets as w

    from ppio_widgets.launches.session import LaunchSession
    from ppio_widgets.locale import Words
    from ppio_widgets.request.schema import Path

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "basics": ("name", "product_id", "image", "type"),
    "billing": (
        "billing.mode",
        "billing.prepaid.months",
        "billing.prepaid.auto_renew.enabled",
        "billing.prepaid.auto_renew.months",
    ),
    "machine": (
        "resource.gpu_num",
        "resource.rootfs_size_gb",
        "resource.min_cuda_version",
        "candidate_regions",
    ),
    "container": ("registry_auth_id", "entrypoint", "command", "envs"),
    "network": ("ports", "network.id", "network.ip", "volumes"),
    "tools": (
        "tools.jupyter.enabled",
        "tools.jupyter.port",
        "tools.jupyter.protocol",
        "auto_migrate.enabled",
        "auto_migrate.include_system_disk",
    ),
}

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


class Sections:
    """All controls of a form, and the one way from them to the draft.

    Attributes
    ----------
    box : ipywidgets.Box
    fields : dict of str to Field
        By pattern; conditional ones are made when they first appear.
    lists : dict of str to RowList
    unknown : UnknownFields
        What the draft holds and no control shows.
    """

    def __init__(
        self,
        session: LaunchSession,
        say: Words,
        show_fault: Callable[[str], None],
        *,
        by_hand: tuple[w.Widget, ...],
        on_filled: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self.session = session
        self.show_fault = show_fault
        self._say = say
        self.fields: dict[str, Field] = {}
        self.lists: dict[str, RowList] = {}
        self._heads = {
            name: theme.html(f"<h3>{esc(say(f'section.{name}'))}</h3>", "ppw-head") for name in SECTIONS
        }
        self._forced: set[str] = set()
        self._chooser = ProductChooser(session, say, show_fault, self._on_product)
        self._templates = TemplateChooser(session, say, show_fault, on_filled)
        self._address = Proposal(session, say, show_fault, address_without_slips, self._on_address)
        self._cuda = Proposal(session, say, show_fault, cuda_of_tag, self._on_cuda)
        self.unknown = UnknownFields(session, say, show_fault, on_filled)
        # What stands below a field and is no field itself.
        self._below: dict[str, tuple[w.Widget, ...]] = {
            "product_id": (self._chooser.box,),
            "image": (self._address.box, self._templates.box),
            "billing.mode": by_hand,
            "resource.min_cuda_version": (self._cuda.box,),
        }
        for names in SECTIONS.values():
            for name in names:
                if is_list(_path(name)):
                    self.lists[name] = RowList(name, session, say, show_fault)
        self.box: w.Box | None = None
        self.show(session.draft)
        session.observe(self._on_shelf, "shelf")

    def show(self, draft: Mapping[str, Any]) -> None:
        """Show a whole draft in the controls; nothing of what they said before stays."""
        self._forced = {name for name in SHOWN_WHEN if value_at(draft, _path(name)) is not None}
        for name in (name for names in SECTIONS.values() for name in names):
            given = value_at(draft, _path(name))
            if name in self.lists:
                self.lists[name].show(given)
            elif name in self.fields and self.fields[name].takes(given):
                self.fields[name].show(given)
                self.fields[name].touched = False
            elif name in self.fields:
                self.fields.pop(name).widget.close()
                self._field(name, given)
            elif given is not None or name not in SHOWN_WHEN:
                self._field(name, given)
        self._arrange(draft)

    def close(self) -> None:
        """Close the controls that are out of sight as well."""
        for part in (self._chooser, self._templates, self._address, self._cuda, self.unknown):
            part.close()
        for field in self.fields.values():
            field.widget.close()
        for rows in self.lists.values():
            rows.close()

    def _field(self, name: str, default: Any = None) -> Field:
        if name not in self.fields:
            self.fields[name] = Field(_path(name), self._say, self._on_field, default=default)
            self.fields[name].suggest(choices(name, self.session))
        return self.fields[name]

    def _is_shown(self, name: str, draft: Mapping[str, Any]) -> bool:
        if name not in SHOWN_WHEN or name in self._forced:
            return True
        master, value = SHOWN_WHEN[name]
        found = value_at(draft, _path(master))
        return self._is_shown(master, draft) and (found == value or (value is ANY and found is not None))

    def _arrange(self, draft: Mapping[str, Any]) -> None:
        """Put the right controls under each heading; nothing is sent when nothing changes."""
        children: list[w.Widget] = []
        for section, names in SECTIONS.items():
            children.append(self._heads[section])
            for name in names:
                if name in self.lists:
                    children.append(self.lists[name].box)
                elif self._is_shown(name, draft):
                    children.append(self._field(name, value_at(draft, _path(name))).widget)
                children.extend(self._below.get(name, ()))
        if self.box is None:
            self.box = theme.box(children, "ppw-form")
        elif tuple(children) != tuple(self.box.children):
            self.box.children = children

    def _uncovered(self, name: str, draft: Mapping[str, Any]) -> Any:
        """Return what a field says that a person has just made appear; None while it is hidden."""
        if not self._is_shown(name, draft):
            return None
        field = self.fields[name]
        if field.value is None and name in _FIRST:
            field.show(_FIRST[name])
        return field.value

    def _dependents(self, name: str) -> list[str]:
        found = [slave for slave, (master, _) in SHOWN_WHEN.items() if master == name]
        return [*found, *(further for slave in found for further in self._dependents(slave))]

    def _on_product(self, product_id: str) -> None:
        """Take the product that was chosen from the list; nothing else that was typed is changed."""
        self._take("product_id", product_id)
        self.lists["candidate_regions"].suggest()  # those of this product

    def _on_address(self, address: str) -> None:
        self._take("image", address)

    def _on_cuda(self, version: str) -> None:
        self._take("resource.min_cuda_version", version)

    def _take(self, name: str, value: str) -> None:
        """Show a value in a field as if it had been typed there."""
        field = self.fields[name]
        field.show(value)
        field.touched = True
        self._on_field(field)

    @guarded
    def _on_shelf(self, _change: Any) -> None:
        """Offer what the catalogue told meanwhile."""
        for name, field in self.fields.items():
            field.suggest(choices(name, self.session))
        for rows in self.lists.values():
            rows.suggest()

    @guarded
    def _on_field(self, field: Field) -> None:
        name = ".".join(str(part) for part in field.path)
        draft = with_value(self.session.draft, field.path, field.value)
        dependents = self._dependents(name)
        self._forced.difference_update(dependents)
        if dependents:
            self._arrange(draft)
        for slave in dependents:
            draft = with_value(draft, _path(slave), self._uncovered(slave, draft))
        self.session.replace(draft)


def _path(name: str) -> Path:
    return tuple(name.split("."))
