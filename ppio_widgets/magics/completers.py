"""What may come next in a line of ``%ppio_launch``: options, and what each of them takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ppio_widgets import environment
from ppio_widgets.formats.json_body import BODY_FILE
from ppio_widgets.formats.line.options import BY_FLAG, OPTIONS, PROTOCOLS
from ppio_widgets.locale import Span
from ppio_widgets.magics.clouds import base_urls
from ppio_widgets.magics.completion_context import Proposal, beginning
from ppio_widgets.magics.instance_names import instances
from ppio_widgets.magics.paths import paths
from ppio_widgets.magics.preset_names import presets
from ppio_widgets.request.envref import is_name
from ppio_widgets.secrets.credentials import KEY_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ppio_widgets.formats.line.options import Option
    from ppio_widgets.formats.line.tokens import Typed
    from ppio_widgets.magics.completion_context import LineContext
    from ppio_widgets.request.offers import Offer

# A catalogue is loaded anew after so long; what is older says how old it is.
_FRESH_SECONDS = 300.0


def launch_proposals(line: Typed, scene: LineContext) -> tuple[str, list[Proposal]]:
    """Return the part of the typed word that is completed, and the ways to go on."""
    flag, equals, text = line.text.partition("=")
    if equals and line.raw.startswith("--"):
        return line.raw.partition("=")[2], _values(BY_FLAG.get(flag), text, scene)
    last = line.before[-1] if line.before else None
    option = BY_FLAG.get(last.text) if last is not None and last.is_flag else None
    takes = option is not None and option.metavar and (option.value_needed or line.raw)
    if takes and not line.raw.startswith("--"):
        return line.raw, _values(option, line.text, scene)
    return line.raw, _flags(line.text, scene) if line.raw == line.text else []


def _flags(text: str, scene: LineContext) -> list[Proposal]:
    """Return the options that begin so and can still be given; one dash or none is as good as two."""
    begun = f"--{text.lstrip('-')}"
    return [
        Proposal(option.flag, scene.say(f"option.{option.flag[2:]}"), plain=True)
        for option in OPTIONS
        if option.flag.startswith(begun) and (option.repeated or option.flag not in scene.flags)
    ]


def _values(option: Option | None, text: str, scene: LineContext) -> list[Proposal]:
    if option is None or text.startswith(("$", "{")):  # the notebook's own names are Python's business
        return []
    if option.choices:
        return [Proposal(choice, option.metavar) for choice in option.choices if choice.startswith(text)]
    source = _SOURCES.get(option.source)
    return source(text, scene) if source is not None else []


def _products(text: str, scene: LineContext) -> list[Proposal]:
    mode, kind = scene.value("--billing", "postpaid"), scene.value("--type")
    offers = _offers(scene)
    if not offers:
        return []
    from ppio_widgets.request.choices import Wanted, offer_row  # noqa: PLC0415 - heavy, and loaded by now

    wanted = Wanted(mode=mode, type=kind)
    begun = [offer for offer in offers if offer.id.startswith(text)]
    found = wanted.found_in(begun) or replace(wanted, text=text).found_in(offers)
    return [Proposal(offer.id, _aged(offer_row(offer, mode, scene.say), scene)) for offer in found]


def _offers(scene: LineContext) -> tuple[Offer, ...]:
    return (*scene.known.all("offers"), *scene.known.all("cpu_offers"))


def _aged(row: str, scene: LineContext) -> str:
    """Say of an old price how old it is: it would look like today's."""
    age = scene.known.age("offers")
    return (
        row if age < _FRESH_SECONDS else scene.say("complete.ago", row=row, age=Span(age).sentence(scene.say))
    )


def _images(text: str, scene: LineContext) -> list[Proposal]:
    told = [(template.image, template.name) for template in scene.known.all("templates")]
    told += [(one.image, "") for one in scene.known.all("images")]
    told += [(one.image, one.name) for one in scene.known.instances]
    images: dict[str, str] = {}
    for image, name in told:
        if image:
            images[image] = images.get(image) or name
    return beginning(text, (Proposal(image, name) for image, name in images.items()))


def _regions(text: str, scene: LineContext) -> list[Proposal]:
    """Return regions; where the product is known only those that have it."""
    labels = {region.id: region.label for region in scene.known.all("regions")}
    product = scene.value("--product")
    offer = next((one for one in _offers(scene) if one.id == product), None)
    ids = offer.regions if offer is not None and offer.regions else tuple(labels)
    taken = scene.values("--region")
    return beginning(text, (Proposal(one, labels.get(one, "")) for one in ids if one not in taken))


def _labelled(kind: str) -> Callable[[str, LineContext], list[Proposal]]:
    def found(text: str, scene: LineContext) -> list[Proposal]:
        return beginning(text, (Proposal(one.id, one.label) for one in scene.known.all(kind)))

    return found


def _volumes(text: str, scene: LineContext) -> list[Proposal]:
    kind, colon, typed = text.partition(":")
    if not colon:
        about = scene.say("option.volume")
        return [Proposal(one, about, closed=False) for one in ("local:", "network:") if one.startswith(text)]
    if kind != "network" or ":" in typed:
        return []
    storages = (Proposal(one.id, one.label) for one in scene.known.all("storages"))
    return [Proposal(f"network:{one.text}:", one.about, closed=False) for one in beginning(typed, storages)]


def _ports(text: str, _scene: LineContext) -> list[Proposal]:
    port, _, protocol = text.partition("/")
    if not port.isdecimal():
        return []
    return [Proposal(f"{port}/{one}", one) for one in PROTOCOLS if one.startswith(protocol)]


def _envs(text: str, scene: LineContext) -> list[Proposal]:
    """Return names of the kernel's environment, never a value; an API key is no business of a machine."""
    taken = {*scene.values("--env"), *KEY_VARIABLES.values()}
    about = scene.say("complete.kernel_env")
    return [
        Proposal(name, about)
        for name in sorted(environment.variables())
        if name.startswith(text) and is_name(name) and name not in taken
    ]


def _bodies(text: str, scene: LineContext) -> list[Proposal]:
    names = [
        Proposal(f"@{name}", kind, plain=True) for name, kind in scene.bodies if f"@{name}".startswith(text)
    ]
    return names + list(_files(paths(text, lambda name: name.endswith(BODY_FILE))))


def _env_files(text: str, _scene: LineContext) -> list[Proposal]:
    """Return files that are called like one, or any that begin as it is typed."""
    found = paths(text, lambda name: "env" in name.lower())
    return list(_files(found or (paths(text, lambda _name: True) if text else [])))


def _files(found: list[str]) -> Iterator[Proposal]:
    for path in found:
        yield Proposal(path, "path", closed=not path.endswith("/"))


_SOURCES: Mapping[str, Callable[[str, LineContext], list[Proposal]]] = {
    "products": _products,
    "images": _images,
    "regions": _regions,
    "auths": _labelled("auths"),
    "networks": _labelled("networks"),
    "volumes": _volumes,
    "ports": _ports,
    "envs": _envs,
    "env_files": _env_files,
    "bodies": _bodies,
    "instances": instances,
    "presets": presets,
    "base_urls": base_urls,
}
