"""What Tab proposes: options of ``%ppio_launch``, and what they and the verbs of ``%ppio`` take."""

from __future__ import annotations

import glob
import os
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ppio_widgets.formats.line.options import BY_FLAG, OPTIONS, PROTOCOLS
from ppio_widgets.locale.words import Span
from ppio_widgets.magics.completion import Proposal, beginning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.cloud.instances import InstanceDetail
    from ppio_widgets.formats.line.options import Option
    from ppio_widgets.formats.line.tokens import Typed
    from ppio_widgets.magics.completion import LineContext, Source
    from ppio_widgets.request.offers import Offer

# A catalogue is loaded anew after so long; what is older says how old it is.
_FRESH_SECONDS = 300.0


def launch_completer(line: Typed, context: LineContext) -> tuple[str, list[Proposal]]:
    """Return the part of the typed word of ``%ppio_launch`` that is completed, and the ways to go on."""
    flag, equals, text = line.text.partition("=")
    if equals and line.raw.startswith("--"):
        return line.raw.partition("=")[2], _values(BY_FLAG.get(flag), text, context)
    last = line.before[-1] if line.before else None
    option = BY_FLAG.get(last.text) if last is not None and last.is_flag else None
    takes = option is not None and option.metavar and (option.value_needed or line.raw)
    if takes and not line.raw.startswith("--"):
        return line.raw, _values(option, line.text, context)
    return line.raw, _flags(line.text, context) if line.raw == line.text else []


def _flags(text: str, context: LineContext) -> list[Proposal]:
    """Return the options that begin so and can still be given; one dash or none is as good as two."""
    begun = f"--{text.lstrip('-')}"
    return [
        Proposal(option.flag, context.say(f"option.{option.flag[2:]}"), plain=True)
        for option in OPTIONS
        if option.flag.startswith(begun) and (option.repeated or option.flag not in context.flags)
    ]


def _values(option: Option | None, text: str, context: LineContext) -> list[Proposal]:
    if option is None or text.startswith(("$", "{")):  # the notebook's own names are Python's business
        return []
    if option.choices:
        return [Proposal(choice, option.metavar) for choice in option.choices if choice.startswith(text)]
    source = _SOURCES.get(option.source)
    return source(text, context) if source is not None else []


# The catalogue


def _products(text: str, context: LineContext) -> list[Proposal]:
    mode, kind = context.value("--billing", "postpaid"), context.value("--type")
    offers = _offers(context)
    if not offers:
        return []
    from ppio_widgets.request.choices import Wanted, offer_row  # noqa: PLC0415 - heavy, and loaded by now

    wanted = Wanted(mode=mode, type=kind)
    begun = [offer for offer in offers if offer.id.startswith(text)]
    found = wanted.found_in(begun) or replace(wanted, text=text).found_in(offers)
    return [Proposal(offer.id, _aged(offer_row(offer, mode, context.say), context)) for offer in found]


def _offers(context: LineContext) -> tuple[Offer, ...]:
    return (*context.told("offers"), *context.told("cpu_offers"))


def _aged(row: str, context: LineContext) -> str:
    """Say of an old price how old it is: it would look like today's."""
    age, say = context.age("offers"), context.say
    return row if age < _FRESH_SECONDS else say("complete.ago", row=row, age=Span(age).sentence(say))


def gpus(text: str, context: LineContext) -> list[Proposal]:
    """Return the names of GPUs that can be rented."""
    names = {one.gpu_name: one.id for one in context.told("offers") if one.gpu_name}
    return beginning(text, (Proposal(name, about) for name, about in names.items()))


def _images(text: str, context: LineContext) -> list[Proposal]:
    told = [(template.image, template.name) for template in context.told("templates")]
    told += [(one.image, "") for one in context.told("images")]
    told += [(one.image, one.name) for one in context.instances]
    images: dict[str, str] = {}
    for image, name in told:
        if image:
            images[image] = images.get(image) or name
    return beginning(text, (Proposal(image, name) for image, name in images.items()))


def _regions(text: str, context: LineContext) -> list[Proposal]:
    """Return regions; where the product is known only those that have it."""
    labels = {region.id: region.label for region in context.told("regions")}
    product = context.value("--product")
    offer = next((one for one in _offers(context) if one.id == product), None)
    ids = offer.regions if offer is not None and offer.regions else tuple(labels)
    taken = context.values("--region")
    return beginning(text, (Proposal(one, labels.get(one, "")) for one in ids if one not in taken))


def _labelled(kind: str) -> Source:
    def found(text: str, context: LineContext) -> list[Proposal]:
        return beginning(text, (Proposal(one.id, one.label) for one in context.told(kind)))

    return found


def _volumes(text: str, context: LineContext) -> list[Proposal]:
    kind, colon, typed = text.partition(":")
    if not colon:
        about = context.say("option.volume")
        return [Proposal(one, about, closed=False) for one in ("local:", "network:") if one.startswith(text)]
    if kind != "network" or ":" in typed:
        return []
    storages = (Proposal(one.id, one.label) for one in context.told("storages"))
    return [Proposal(f"network:{one.text}:", one.about, closed=False) for one in beginning(typed, storages)]


# The kernel


def _ports(text: str, _context: LineContext) -> list[Proposal]:
    port, _, protocol = text.partition("/")
    if not port.isdecimal():
        return []
    return [Proposal(f"{port}/{one}", one) for one in PROTOCOLS if one.startswith(protocol)]


def _envs(text: str, context: LineContext) -> list[Proposal]:
    """Return names of the kernel's environment, never a value; an API key is no business of an instance."""
    from ppio_widgets import environment  # noqa: PLC0415 - on first use
    from ppio_widgets.request.envref import is_name  # noqa: PLC0415
    from ppio_widgets.secrets.credentials import KEY_VARIABLES  # noqa: PLC0415

    taken = {*context.values("--env"), *KEY_VARIABLES.values()}
    about = context.say("complete.kernel_env")
    return [
        Proposal(name, about)
        for name in sorted(environment.variables())
        if name.startswith(text) and is_name(name) and name not in taken
    ]


def _bodies(text: str, context: LineContext) -> list[Proposal]:
    from ppio_widgets.formats.json_body import BODY_FILE  # noqa: PLC0415 - heavy, on first use

    names = (Proposal(f"@{name}", kind, plain=True) for name, kind in context.bodies)
    return [*(one for one in names if one.text.startswith(text)), *_files(text, f"*{BODY_FILE}")]


def _env_files(text: str, _context: LineContext) -> list[Proposal]:
    return _files(text, "*env*", ".env*")


def _files(text: str, *patterns: str) -> list[Proposal]:
    """Return folders, and files called like a pattern, or else any that begin as it is typed.

    IPython's own matcher is not asked: it answers only behind what looks like a path, and leaves a ``$``
    without quotes.
    """
    if "\0" in text:
        return []
    begun = glob.escape(os.path.expanduser(text))  # noqa: PTH111 - a Path would drop `./` and the last slash
    folders = glob.glob(f"{begun}*/")  # noqa: PTH207
    called = [path for pattern in patterns for path in glob.glob(begun + pattern)]  # noqa: PTH207
    if not called and text:
        called = glob.glob(f"{begun}*")  # noqa: PTH207
    files = [path for path in called if f"{path}/" not in folders]
    return [Proposal(path, "path", closed=not path.endswith("/")) for path in sorted({*folders, *files})]


def base_urls(text: str, _context: LineContext) -> list[Proposal]:
    """Return the known hosts, and the one that this kernel's environment names."""
    from ppio_widgets.errors import HostRefused  # noqa: PLC0415 - on first use
    from ppio_widgets.secrets.hosts import KNOWN, read_host  # noqa: PLC0415

    urls = list(KNOWN)
    with suppress(HostRefused):  # what the environment names cannot be used
        urls.append(read_host().base_url)
    return beginning(text, (Proposal(url) for url in dict.fromkeys(urls)))


def presets(text: str, _context: LineContext) -> list[Proposal]:
    """Return the presets by their names; none where their folder cannot be read."""
    from ppio_widgets.errors import PresetRefused  # noqa: PLC0415 - on first use
    from ppio_widgets.launches.presets import preset_names  # noqa: PLC0415

    try:
        return beginning(text, (Proposal(name) for name in preset_names()))
    except PresetRefused:
        return []


def preset_to_save(text: str, context: LineContext) -> list[Proposal]:
    """Return the presets that a first word may replace."""
    return [] if context.given else presets(text, context)


# Instances, by what was last seen of them


def _instances(first: Callable[[InstanceDetail], bool]) -> Source:
    """Return what proposes instances: those that are `first` before the others, then the newest.

    Where an id is typed, or nothing, the id is proposed; where a name is typed the name is,
    if only one has it. Those that the line names already are left out.
    """

    def found(text: str, context: LineContext) -> list[Proposal]:
        from ppio_widgets.cloud.answers import status_words  # noqa: PLC0415 - heavy, on first use

        count = Counter(one.name for one in context.instances)
        by_id, by_name = [], []
        for one in sorted(context.instances, key=lambda one: not first(one)):
            if one.id in context.given or one.name in context.given:
                continue
            status = status_words(one.status, context.say)
            proposed = Proposal(one.id, f"{one.name} · {status}" if one.name else status)
            if one.id.startswith(text):
                by_id.append(proposed)
            elif one.name.casefold().startswith(text.casefold()):
                # A word that begins with a dash is taken for an option, quoted as well.
                typed = count[one.name] == 1 and one.name.isprintable() and not one.name.startswith("-")
                by_name.append(Proposal(one.name, f"{one.id} · {status}") if typed else proposed)
        return [*by_id, *by_name]

    return found


instances = _instances(lambda _one: True)
running_first = _instances(lambda one: one.is_on)
stopped_first = _instances(lambda one: not one.is_on)


def renewing(text: str, context: LineContext) -> list[Proposal]:
    """Return instances, and behind one of them the word that ends their renewal."""
    off = [Proposal("off", "auto-renew", plain=True)] if context.given and "off".startswith(text) else []
    return [*off, *instances(text, context)]


def names(text: str, context: LineContext) -> list[Proposal]:
    """Return the names of instances."""
    return beginning(text, (Proposal(one.name, one.id) for one in context.instances if one.name))


def statuses(text: str, context: LineContext) -> list[Proposal]:
    """Return the statuses that an instance may have, with their words."""
    from ppio_widgets.cloud.answers import InstanceStatus, status_words  # noqa: PLC0415 - heavy, on first use

    common = (InstanceStatus.RUNNING, InstanceStatus.EXITED)
    known = dict.fromkeys((*common, *(one.status for one in context.instances)))
    return beginning(text, (Proposal(one, status_words(one, context.say)) for one in known if one))


# What the options take that have no choices of their own, by `Option.source`.
_SOURCES: Mapping[str, Source] = {
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
