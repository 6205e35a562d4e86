"""Advice: warnings that explain, say how to mend it, and let pass.

The contract's own limits are errors and live in `validation`; what we know from
elsewhere is here. Each rule names its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppio_widgets.request import pricing
from ppio_widgets.request.choices import closest_offer, repository_and_tag
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

# v1, create instance (PPIO and Novita): not allowed, for ports and tools.
_RESERVED = range(2222, 2225)

# So many rows a list may have: v1, create instance (Novita) and upgrade (PPIO) of the variables; v1, create
# instance (PPIO and Novita) of the ports, tools counted, though the console and the vendor's MCP server say
# other numbers; v1, create instance (Novita) of the mounts.
_MOST_ROWS = (("envs", "many_envs", 100), ("ports", "many_ports", 15), ("volumes", "many_mounts", 30))
_LONGEST_COMMAND = 2047

_JUPYTER: Path = ("tools", "jupyter", "port")

# A shell on the instance fills in what stands in these.
SHELL_FIELDS: frozenset[Path] = frozenset({("command",), ("entrypoint",)})

# These take several lines; of the others, those in which a line break is an error or advice of its own.
_OF_LINES = ("entrypoint", "command", "envs.*.value")
_JUDGED_ELSEWHERE = ("image", "envs.*.key", "volumes.*.mount_point")

# Advice that something else may be sent, or seen, than was meant: a confirmation repeats it.
_DOUBTS = frozenset(
    {
        *("line_break", "name_used", "product_unknown", "product_unknown_meant"),
        *("variable", "variable_in_shell", "written_out"),
    }
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
        """Whether something else may be sent, or seen, than was meant."""
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
    offer = pricing.offer_for(offer, body)
    found += [] if offer is not None else _product(body, offers)
    return (*found, *named_variables(body, is_variable), *_elsewhere(body, offer, storages, networks))


def named_variables(body: Mapping[str, Any], is_variable: IsVariable) -> Iterator[Advice]:
    """Yield where a body names variables of the notebook, which nothing fills in."""
    if is_variable is no_variable:
        return
    for path, text in _texts(body):
        named = variables_in(text, is_variable) if path not in SHELL_FIELDS else ()
        if named:
            yield Advice(path, "variable", {"named": ", ".join(named)})


def _texts(value: Mapping[str, Any] | list[Any], path: Path = ()) -> Iterator[tuple[Path, str]]:
    for key, item in enumerate(value) if isinstance(value, list) else value.items():
        if isinstance(item, str):
            yield (*path, key), item
        elif isinstance(item, dict | list):  # as JSON and `compact` have them
            yield from _texts(item, (*path, key))


def _product(body: Mapping[str, Any], offers: Sequence[Offer]) -> Iterator[Advice]:
    # A catalogue may lack a product that can be launched, so this is no error. A listing of GPU products
    # says nothing about a CPU product.
    product, is_cpu = value_at(body, ("product_id",)), pricing.is_cpu(body)
    alike = [offer for offer in offers if (offer.type == "cpu") == is_cpu]
    if alike and isinstance(product, str) and product and all(offer.id != product for offer in alike):
        meant = closest_offer(product, alike)
        code = "product_unknown_meant" if meant else "product_unknown"
        yield Advice(("product_id",), code, {"product": product, "meant": meant.id if meant else ""})


def _image(body: Mapping[str, Any]) -> Iterator[Advice]:
    # What runs behind such an address can change between two launches (how registries work); a digest
    # (@sha256:…) names an image by its content.
    image = value_at(body, ("image",))
    if not isinstance(image, str) or not image or not can_be_address(image) or "@" in image:
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


def _line_breaks(body: Mapping[str, Any]) -> Iterator[Advice]:
    for path, text in _texts(body):
        if "\n" not in text and "\r" not in text:
            continue
        place = pattern(path)
        leaf = leaves().get(place)
        if place in _OF_LINES:
            # Enter breaks the line in a field that takes several; a text of one line rarely means that.
            if text.find("\n") == len(text) - 1:
                yield Advice(path, "line_end")
        # What is pasted may have several lines; a name, an id or a path is one value.
        elif leaf is not None and leaf.kind == "text" and place not in _JUDGED_ELSEWHERE:
            yield Advice(path, "line_break")


def _many_rows(body: Mapping[str, Any]) -> Iterator[Advice]:
    for name, code, most in _MOST_ROWS:
        count = len(_rows(body, name)) + (name == "ports" and _jupyter_port(body) is not None)
        if count > most:
            yield Advice((name,), code, {"count": count, "most": most})


def _envs(body: Mapping[str, Any]) -> Iterator[Advice]:
    # Which of two wins is not documented.
    rows = _rows(body, "envs")
    for number, first in _repeated([(row.get("key"),) for row in rows]):
        yield Advice(("envs", number, "key"), "env_twice", {"key": rows[number]["key"], "first": first + 1})


def _ports(body: Mapping[str, Any]) -> Iterator[Advice]:
    rows, jupyter = _rows(body, "ports"), _jupyter_port(body)
    used: list[tuple[Path, Any]] = [(("ports", n, "port"), row.get("port")) for n, row in enumerate(rows)]
    for path, port in [*used, (_JUPYTER, jupyter)]:
        if type(port) is int and port in _RESERVED:
            yield Advice(path, "port_reserved", {"port": port})
    # The console refuses a port twice in one protocol's list; once in each passes there.
    for number, first in _repeated([(row.get("port"), row.get("protocol")) for row in rows]):
        path, port = used[number]
        yield Advice(path, "port_twice", {"port": port, "first": first + 1})
    # A public client gave v2 up with 8888 both in ports and in tools.jupyter.
    for path, port in used:
        if jupyter is not None and port == jupyter:
            yield Advice(path, "jupyter_port", {"port": jupyter})


def _mounts(body: Mapping[str, Any]) -> Iterator[Advice]:
    points = [row.get("mount_point") for row in _rows(body, "volumes")]
    for number, point in enumerate(points):
        if isinstance(point, str) and point and (code := _bad_mount(point)):
            yield Advice(("volumes", number, "mount_point"), code)
    # The console: local and network paths must differ.
    same = [point.rstrip("/") if isinstance(point, str) else None for point in points]
    for number, first in _repeated([(point,) for point in same]):
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
    _line_breaks,
    _many_rows,
    _envs,
    _ports,
    _mounts,
    _losses,
)


def _elsewhere(
    body: Mapping[str, Any], offer: Offer | None, storages: Sequence[Storage], networks: Sequence[Network]
) -> Iterator[Advice]:
    # Storage cannot be mounted from another region (v1 storage guide); a network is made in one (v2, create
    # VPC: region_id is required). The instance comes to be in the regions chosen, else in the product's.
    chosen = value_at(body, ("candidate_regions",))
    named = [one for one in chosen if isinstance(one, str)] if isinstance(chosen, list | tuple) else []
    regions = named or (offer.regions if offer is not None else ())
    places: list[tuple[Path, str, Sequence[Storage | Network]]] = [
        (("volumes", number, "id"), "storage_elsewhere", storages)
        for number, row in enumerate(_rows(body, "volumes"))
        if row.get("type") == "network"
    ]
    for path, code, known in [*places, (("network", "id"), "network_elsewhere", networks)]:
        home = next((one.region for one in known if one.id == value_at(body, path)), "")
        if home and regions and home not in regions:
            yield Advice(path, code, {"region": home, "regions": some(regions)})


def some(names: Sequence[str]) -> str:
    """Return the first of many names, as a sentence lists them."""
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")


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


def _repeated(values: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, int]]:
    """Yield the number of each value that stood before, and where it first did. Blank ones never repeat."""
    seen: dict[str, int] = {}
    for number, parts in enumerate(values):
        first = seen.setdefault(repr(parts), number)
        if first != number and not any(part in (None, "") for part in parts):
            yield number, first
