"""What may come next in a line of ``%ppio_launch``: options, and what each of them takes."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ppio_widgets import environment
from ppio_widgets.errors import HostRefused
from ppio_widgets.formats.line.options import BODY_FILE, BY_FLAG, OPTIONS, PROTOCOLS
from ppio_widgets.locale import Span
from ppio_widgets.magics.completion_context import Proposal, beginning
from ppio_widgets.magics.paths import paths
from ppio_widgets.magics.ppio_magic import VERBS
from ppio_widgets.request.envref import is_name
from ppio_widgets.secrets.credentials import KEY_VARIABLES
from ppio_widgets.secrets.hosts import KNOWN, read_host

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from ppio_widgets.cloud.instances import InstanceDetail
    from ppio_widgets.formats.line.options import Option
    from ppio_widgets.formats.line.typed import Typed
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
    source = _SOURCES.get(option.flag)
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
    "--product": _products,
    "--image": _images,
    "--region": _regions,
    "--registry-auth": _labelled("auths"),
    "--network": _labelled("networks"),
    "--volume": _volumes,
    "--port": _ports,
    "--jupyter": _ports,
    "--env": _envs,
    "--env-file": _env_files,
    "--body": _bodies,
    "--like": instances,
    "--preset": presets,
    "--base-url": base_urls,
}


def presets(text: str, _scene: LineContext) -> list[Proposal]:
    """Return the presets whose names begin so; none where their folder cannot be read."""
    from ppio_widgets.errors import PresetRefused  # noqa: PLC0415 - on first use
    from ppio_widgets.launches.presets import preset_names  # noqa: PLC0415

    try:
        names = preset_names()
    except PresetRefused:
        return []
    return beginning(text, (Proposal(name) for name in names))


def instances(
    text: str,
    scene: LineContext,
    *,
    without: Collection[str] = (),
    first: Callable[[InstanceDetail], bool] | None = None,
) -> list[Proposal]:
    """Return instances whose id or name begins with what is typed.

    Where an id is typed, or nothing, the id is proposed; where a name is typed the name is,
    if only one has it.

    Parameters
    ----------
    text : str
    scene : LineContext
    without : collection of str
        Ids and names that are on the line already.
    first : callable, optional
        Which come first; otherwise it is the newest.
    """
    seen = [one for one in scene.known.instances if one.id not in without and one.name not in without]
    if first is not None:
        seen.sort(key=lambda one: not first(one))
    count = Counter(one.name for one in scene.known.instances)
    by_id = [_proposal(one.id, one.name, one, scene) for one in seen if one.id.startswith(text)]
    if not text:
        return by_id
    begun = [one for one in seen if one.name.casefold().startswith(text.casefold())]
    by_name = [
        _proposal(one.name, one.id, one, scene)
        if count[one.name] == 1 and _can_be_typed(one.name)
        else _proposal(one.id, one.name, one, scene)
        for one in begun
    ]
    return [*by_id, *(one for one in by_name if one not in by_id)]


def _proposal(text: str, other: str, one: InstanceDetail, scene: LineContext) -> Proposal:
    from ppio_widgets.launches.sentences import status_words  # noqa: PLC0415 - loaded already

    status = status_words(one.status, scene.say)
    return Proposal(text, " · ".join(part for part in (other, status) if part))


def _can_be_typed(name: str) -> bool:
    # A word that begins with a dash is taken for an option, quoted as well.
    return name.isprintable() and not name.startswith("-")


def base_urls(text: str, _scene: LineContext) -> list[Proposal]:
    """Return the base URLs that begin so."""
    urls = list(KNOWN)
    with suppress(HostRefused):  # what the environment names cannot be used
        urls.append(read_host().base_url)
    return beginning(text, (Proposal(url) for url in dict.fromkeys(urls)))


# Verbs that take instances; those in this state come first, the newest before the others.
_OF_MACHINES: Mapping[str, bool | None] = {
    "show": None,
    "stop": True,
    "start": False,
    "delete": None,
    "auto-renew": None,
}
_SECOND: Mapping[str, tuple[str, ...]] = {
    "practice": ("on", "off"),
    "launches": ("look", "absent", "forget"),
    "preset": ("save", "list", "show", "delete"),
}
_CLOUD = ("--practice", "--base-url", "--allow-host")
_FLAGS: Mapping[str, tuple[str, ...]] = {
    "ls": ("--name", "--status", *_CLOUD),
    "delete": ("--yes", *_CLOUD),
    "login": _CLOUD[1:],
    **dict.fromkeys(("products", "show", "stop", "start", "auto-renew"), _CLOUD),
}


def ppio_proposals(line: Typed, scene: LineContext) -> tuple[str, list[Proposal]]:
    """Return the part of the typed word that is completed, and the ways to go on."""
    given = [word.text for word in line.before]
    return line.raw, _proposals(given, line.text, scene)


def _proposals(given: list[str], text: str, scene: LineContext) -> list[Proposal]:
    if not given:
        return _plain(VERBS, text, "%ppio")
    verb = given[0]
    source = _OF_FLAGS.get(given[-1])
    if source is not None and given[-1] in _FLAGS.get(verb, ()):
        return source(text, scene)
    if text.startswith("-") or verb in ("ls", "login"):
        return _plain([flag for flag in _FLAGS.get(verb, ()) if flag not in given], text, verb)
    if verb == "products":
        return _gpus(text, scene)
    return _machines(given, text, scene) if verb in _OF_MACHINES else _seconds(given, text, scene)


def _machines(given: list[str], text: str, scene: LineContext) -> list[Proposal]:
    """Return instances that are not on the line already, in the order that the verb is likely to want."""
    verb = given[0]
    on = _OF_MACHINES[verb]
    first = None if on is None else lambda one: one.is_on is on
    clouds = {*scene.flags, *scene.values("--base-url"), *scene.values("--allow-host")}
    named = [word for word in given[1:] if word not in clouds]
    switch = _plain(("off",), text, verb) if verb == "auto-renew" and named else []
    found = [] if verb == "show" and named else instances(text, scene, without=named, first=first)
    return [*switch, *found]


def _gpus(text: str, scene: LineContext) -> list[Proposal]:
    names = {one.gpu_name: one.id for one in scene.known.all("offers") if one.gpu_name}
    return beginning(text, (Proposal(name, about) for name, about in names.items()))


def _seconds(given: list[str], text: str, scene: LineContext) -> list[Proposal]:
    """Return what goes on behind a verb of several words."""
    if not given[1:]:
        return _plain(_SECOND.get(given[0], ()), text, given[0])
    of_preset = given[0] == "preset" and len(given) == 2 and given[1] != "list"
    return presets(text, scene) if of_preset else []


def _plain(choices: tuple[str, ...] | list[str], text: str, about: str) -> list[Proposal]:
    return [Proposal(one, about, plain=True) for one in choices if one.startswith(text)]


def _statuses(text: str, scene: LineContext) -> list[Proposal]:
    from ppio_widgets.launches.sentences import status_words  # noqa: PLC0415 - heavy, on first use

    known = dict.fromkeys(("running", "exited", *(one.status for one in scene.known.instances)))
    return beginning(text, (Proposal(one, status_words(one, scene.say)) for one in known if one))


def _names(text: str, scene: LineContext) -> list[Proposal]:
    return beginning(text, (Proposal(one.name, one.id) for one in scene.known.instances if one.name))


# What the options take.
_OF_FLAGS: Mapping[str, Callable[[str, LineContext], list[Proposal]]] = {
    "--status": _statuses,
    "--name": _names,
    "--base-url": base_urls,
    "--allow-host": lambda _text, _scene: [],
}
