"""Advice: warnings that explain, say how to mend it, and let pass.

The contract's own limits are errors and live in `validation`; what we know from
elsewhere is here. Each rule names its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppio_widgets.request import pricing
from ppio_widgets.request.choices import closest_offer, has_digest, repository_and_tag
from ppio_widgets.request.draft import JUPYTER_PORT, value_at
from ppio_widgets.request.envref import IsVariable, no_variable, variables_in
from ppio_widgets.request.models import can_be_address
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.schema import leaves, pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Network, Offer, Storage
    from ppio_widgets.request.schema import Path

# v1, create instance (PPIO and Novita).
_RESERVED = range(2222, 2225)
_MOST_PORTS = 15  # ports and tools together
_MOST_ENVS = 100  # Novita create, PPIO upgrade
_MOST_MOUNTS = 30
_LONGEST_COMMAND = 2047

_JUPYTER: Path = ("tools", "jupyter", "port")

# A shell on the instance fills in what stands in these.
SHELL_FIELDS: frozenset[Path] = frozenset({("command",), ("entrypoint",)})

# Several lines are what these are made of, or an error or advice of its own.
_OF_LINES = ("entrypoint", "command", "image", "envs.*.key", "envs.*.value", "volumes.*.mount_point")

# Advice that something else may be sent than was meant: a confirmation repeats it.
_DOUBTS = frozenset(
    {"line_break", "product_unknown", "product_unknown_meant", "variable", "variable_in_shell"}
)


@dataclass(frozen=True)
class Advice:
    """One warning: where, what, and how to mend it; put into words late.

    ``advice.<code>`` in the words explains, ``advice.<code>.fix`` mends.
    """

    path: Path
    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_doubt(self) -> bool:
        """Whether something else may be sent than was meant."""
        return self.code in _DOUBTS

    def reason(self, say: Words) -> str:
        """Return what may go wrong."""
        return say(f"advice.{self.code}", **self.params)

    def fix(self, say: Words) -> str:
        """Return how to mend it."""
        return say(f"advice.{self.code}.fix", **self.params)

    def sentence(self, say: Words) -> str:
        """Return both, as one text."""
        return say("advice.both", reason=self.reason(say), fix=self.fix(say))


def advise(  # noqa: PLR0913 - each is one thing that is known beside the body
    body: Mapping[str, Any],
    offer: Offer | None = None,
    *,
    storages: Sequence[Storage] = (),
    networks: Sequence[Network] = (),
    offers: Sequence[Offer] = (),
    is_variable: IsVariable = no_variable,
) -> tuple[Advice, ...]:
    """Return every warning about a body, or about a draft without its blanks; rows are numbered as in it.

    `offer` is the body's product: its regions count where none is chosen. `storages` and `networks` are those
    of the account, to know their regions; `offers` are all products, where the catalogue told them;
    `is_variable` tells whether a name is a variable of the notebook.
    """
    found = [advice for rule in _RULES for advice in rule(body)]
    found += [*_product(body, offers), *named_variables(body, is_variable)]
    regions = _regions(body, pricing.offer_for(offer, body))
    found += _storage_regions(body, regions, {storage.id: storage.region for storage in storages})
    found += _network_region(body, regions, {network.id: network.region for network in networks})
    return tuple(found)


def named_variables(body: Mapping[str, Any], is_variable: IsVariable) -> Iterator[Advice]:
    """Yield where a body names variables of the notebook, which nothing fills in."""
    if is_variable is no_variable:
        return
    for path, text in _texts(body, ()):
        named = variables_in(text, is_variable) if path not in SHELL_FIELDS else ()
        if named:
            yield Advice(path, "variable", {"named": ", ".join(named)})


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _texts(item, (*path, number))


def _product(body: Mapping[str, Any], offers: Sequence[Offer]) -> Iterator[Advice]:
    # A catalogue may lack a product that can be launched, so this is no error.
    product = value_at(body, ("product_id",))
    if not offers or not isinstance(product, str) or not product:
        return
    if all(offer.id != product for offer in offers):
        meant = closest_offer(product, offers)
        code = "product_unknown_meant" if meant else "product_unknown"
        yield Advice(("product_id",), code, {"product": product, "meant": meant.id if meant else ""})


def _image(body: Mapping[str, Any]) -> Iterator[Advice]:
    # What runs behind such an address can change between two launches (how registries work).
    image = value_at(body, ("image",))
    if not isinstance(image, str) or not image or not can_be_address(image) or has_digest(image):
        return
    _, tag = repository_and_tag(image)
    if tag in ("", "latest"):
        yield Advice(("image",), "tag_latest" if tag else "tag_missing")


def _auto_renew(body: Mapping[str, Any]) -> Iterator[Advice]:
    # Renewing spends money without asking again.
    path = ("billing", "prepaid", "auto_renew", "enabled")
    if pricing.is_prepaid(body) and value_at(body, path) is True:
        yield Advice(path, "auto_renew")


def _cpu_count(body: Mapping[str, Any]) -> Iterator[Advice]:
    # gpu_num is required and at least 1 whatever the type (v2, create instance).
    count = pricing.gpus_of(body)
    if pricing.is_cpu(body) and count is not None and count > 1:
        yield Advice(("resource", "gpu_num"), "cpu_count")


def _commands(body: Mapping[str, Any]) -> Iterator[Advice]:
    # v1, create instance: command and entrypoint take 0-2047 characters.
    for name in ("entrypoint", "command"):
        text = value_at(body, (name,))
        if isinstance(text, str) and len(text) > _LONGEST_COMMAND:
            yield Advice((name,), "too_long", {"length": len(text), "most": _LONGEST_COMMAND})


def _line_ends(body: Mapping[str, Any]) -> Iterator[Advice]:
    # Enter breaks the line in a field that takes several; a text of one line rarely means that.
    texts: list[tuple[Path, Any]] = [((name,), value_at(body, (name,))) for name in ("entrypoint", "command")]
    texts += [(("envs", number, "value"), row.get("value")) for number, row in enumerate(_rows(body, "envs"))]
    for path, text in texts:
        if isinstance(text, str) and text.find("\n") == len(text) - 1 >= 0:
            yield Advice(path, "line_end")


def _line_breaks(body: Mapping[str, Any]) -> Iterator[Advice]:
    # What is pasted may have several lines; a name, an id or a path is one value.
    for path, text in _texts(body, ()):
        leaf = leaves().get(pattern(path)) if "\n" in text or "\r" in text else None
        if leaf is not None and leaf.kind == "text" and pattern(path) not in _OF_LINES:
            yield Advice(path, "line_break")


def _envs(body: Mapping[str, Any]) -> Iterator[Advice]:
    rows = _rows(body, "envs")
    # v1, create instance (Novita) and upgrade (PPIO).
    if len(rows) > _MOST_ENVS:
        yield Advice(("envs",), "many_envs", {"count": len(rows), "most": _MOST_ENVS})
    # Which of two wins is not documented.
    for number, first in _repeated([row.get("key") for row in rows]):
        yield Advice(("envs", number, "key"), "env_twice", {"key": rows[number]["key"], "first": first + 1})


def _reserved_ports(body: Mapping[str, Any]) -> Iterator[Advice]:
    # v1, create instance (PPIO and Novita): 2222-2224 are not allowed, for ports and tools.
    used: list[tuple[Path, Any]] = [
        (("ports", number, "port"), row.get("port")) for number, row in enumerate(_rows(body, "ports"))
    ]
    for path, port in [*used, (_JUPYTER, _jupyter_port(body))]:
        if type(port) is int and port in _RESERVED:
            yield Advice(path, "port_reserved", {"port": port})


def _many_ports(body: Mapping[str, Any]) -> Iterator[Advice]:
    # v1, create instance (PPIO and Novita): at most 15 ports, tools counted. The console and the
    # vendor's MCP server say other numbers.
    count = len(_rows(body, "ports")) + (_jupyter_port(body) is not None)
    if count > _MOST_PORTS:
        yield Advice(("ports",), "many_ports", {"count": count, "most": _MOST_PORTS})


def _ports_twice(body: Mapping[str, Any]) -> Iterator[Advice]:
    rows = _rows(body, "ports")
    # The console refuses a port twice in one protocol's list; once in each passes there.
    for number, first in _repeated([(row.get("port"), row.get("protocol")) for row in rows]):
        params = {"port": rows[number].get("port"), "first": first + 1}
        yield Advice(("ports", number, "port"), "port_twice", params)
    # A public client gave v2 up with 8888 both in ports and in tools.jupyter.
    jupyter = _jupyter_port(body)
    for number, row in enumerate(rows):
        if jupyter is not None and row.get("port") == jupyter:
            yield Advice(("ports", number, "port"), "jupyter_port", {"port": jupyter})


def _mounts(body: Mapping[str, Any]) -> Iterator[Advice]:
    rows = _rows(body, "volumes")
    # v1, create instance (Novita): at most 30 mounts.
    if len(rows) > _MOST_MOUNTS:
        yield Advice(("volumes",), "many_mounts", {"count": len(rows), "most": _MOST_MOUNTS})
    points = [row.get("mount_point") for row in rows]
    for number, point in enumerate(points):
        if isinstance(point, str) and point and (code := _bad_mount(point)):
            yield Advice(("volumes", number, "mount_point"), code)
    # The console: local and network paths must differ.
    same = [point.rstrip("/") or None if isinstance(point, str) else None for point in points]
    for number, first in _repeated(same):
        params = {"mount": same[number], "first": first + 1}
        yield Advice(("volumes", number, "mount_point"), "mount_twice", params)


def _bad_mount(point: str) -> str:
    """Name what the console refuses of a mount path: it is absolute, not ``/`` and without blanks there."""
    if any(letter.isspace() for letter in point):
        return "mount_blank"
    if not point.startswith("/"):
        return "mount_relative"
    return "" if point.strip("/") else "mount_root"


def _losses(body: Mapping[str, Any]) -> Iterator[Advice]:
    # Container disk and local volumes are lost with the instance, network storage survives (v1 guide);
    # spot is reclaimed by force after its notice (ppio.com/docs/gpu/spot-instance).
    if any(row.get("type") == "network" for row in _rows(body, "volumes")):
        return
    if pricing.mode_of(body) == BillingMode.SPOT:
        yield Advice(("volumes",), "spot_loses")
    disk: Path = ("auto_migrate", "include_system_disk")
    if value_at(body, ("auto_migrate", "enabled")) is True and value_at(body, disk) is not True:
        yield Advice(disk, "migrate_loses")


_RULES: tuple[Callable[[Mapping[str, Any]], Iterator[Advice]], ...] = (
    _image,
    _auto_renew,
    _cpu_count,
    _commands,
    _line_ends,
    _line_breaks,
    _envs,
    _reserved_ports,
    _many_ports,
    _ports_twice,
    _mounts,
    _losses,
)


def _storage_regions(
    body: Mapping[str, Any], regions: tuple[str, ...], homes: Mapping[str, str]
) -> Iterator[Advice]:
    # Storage is tied to its region; it cannot be mounted from another (v1 storage guide).
    for number, row in enumerate(_rows(body, "volumes")):
        if row.get("type") == "network" and (home := _elsewhere(row.get("id"), regions, homes)):
            yield Advice(("volumes", number, "id"), "storage_elsewhere", {"region": home, **_some(regions)})


def _network_region(
    body: Mapping[str, Any], regions: tuple[str, ...], homes: Mapping[str, str]
) -> Iterator[Advice]:
    # A network is made in one region (v2, create VPC: region_id is required).
    if home := _elsewhere(value_at(body, ("network", "id")), regions, homes):
        yield Advice(("network", "id"), "network_elsewhere", {"region": home, **_some(regions)})


def _elsewhere(place: Any, regions: tuple[str, ...], homes: Mapping[str, str]) -> str:
    home = homes.get(place, "") if isinstance(place, str) else ""
    return home if home and regions and home not in regions else ""


def _regions(body: Mapping[str, Any], offer: Offer | None) -> tuple[str, ...]:
    """Where the instance may come to be: the regions chosen, else the product's."""
    chosen = value_at(body, ("candidate_regions",))
    named = [one for one in chosen if isinstance(one, str)] if isinstance(chosen, list | tuple) else []
    return tuple(named) or (offer.regions if offer is not None else ())


def _some(regions: tuple[str, ...]) -> dict[str, str]:
    return {"regions": ", ".join(regions[:8]) + (" …" if len(regions) > 8 else "")}


def _rows(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the rows of a list; one that is no object counts as an empty one, so that numbers hold."""
    rows = value_at(body, (name,))
    return [row if isinstance(row, Mapping) else {} for row in rows] if isinstance(rows, list | tuple) else []


def _jupyter_port(body: Mapping[str, Any]) -> int | None:
    """Return the port of Jupyter, when it runs on the instance."""
    if value_at(body, ("tools", "jupyter", "enabled")) is not True:
        return None
    port = value_at(body, _JUPYTER, JUPYTER_PORT)
    return port if type(port) is int else None


def _repeated(values: Sequence[Any]) -> Iterator[tuple[int, int]]:
    """Yield the number of each value that stood before, and where it first did. Blank ones never repeat."""
    seen: dict[str, int] = {}
    for number, value in enumerate(values):
        parts = value if isinstance(value, tuple) else (value,)
        if any(part in (None, "") for part in parts):
            continue
        first = seen.setdefault(repr(value), number)
        if first != number:
            yield number, first
