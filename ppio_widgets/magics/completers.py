"""What Tab proposes: options of ``%ppio_launch``, and what they and the verbs of ``%ppio`` take."""

from __future__ import annotations

import glob
import os
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ppio_widgets.formats.line.options import BY_FLAG, OPTIONS, PROTOCOLS
from ppio_widgets.locale.words import Span
from ppio_widgets.magics.completion import Proposal
from ppio_widgets.runtime import kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ppio_widgets.cloud.instances import InstanceDetail
    from ppio_widgets.formats.line.tokens import Typed
    from ppio_widgets.magics.completion import LineContext
    from ppio_widgets.request.offers import Offer

    # The ways to go on with a word of one kind, as far as it is typed.
    Source = Callable[[str, LineContext], list[Proposal]]
    # What a word may be, each with what is shown beside it.
    Rows = Iterable[tuple[str, str]]

# A catalogue is loaded anew after so long; what is older says how old it is.
_FRESH_SECONDS = 300.0


def launch_completer(line: Typed, context: LineContext) -> tuple[str, list[Proposal]]:
    """Return the part of the typed word of ``%ppio_launch`` that is completed, and the ways to go on."""
    flag, equals, text = line.text.partition("=")
    if equals and line.raw.startswith("--"):
        return line.raw.partition("=")[2], _values(flag, text, context)
    last = line.before[-1] if line.before else None
    option = BY_FLAG.get(last.text) if last is not None and last.is_flag else None
    takes = option is not None and option.metavar and (option.value_needed or line.raw)
    if option is not None and takes and not line.raw.startswith("--"):
        return line.raw, _values(option.flag, line.text, context)
    return line.raw, _flags(line.text, context) if line.raw == line.text else []


def proposed(source: str, text: str, context: LineContext) -> list[Proposal]:
    """Return the ways to go on by the `source` of an option or a verb; without one nothing is known."""
    return SOURCES[source](text, context) if source else []


def plain(rows: Rows, text: str) -> list[Proposal]:
    """Return the rows that begin with what is typed, each to be written as it stands."""
    return [Proposal(one, about, plain=True) for one, about in rows if one.startswith(text)]


def _flags(text: str, context: LineContext) -> list[Proposal]:
    """Return the options that begin so and can still be given; one dash or none is as good as two."""
    begun = f"--{text.lstrip('-')}"
    left = [option for option in OPTIONS if option.repeated or option.flag not in context.flags]
    return plain(((option.flag, context.say(f"option.{option.name}")) for option in left), begun)


def _values(flag: str, text: str, context: LineContext) -> list[Proposal]:
    option = BY_FLAG.get(flag)
    if option is None or text.startswith(("$", "{")):  # the notebook's own names are Python's business
        return []
    if option.choices:
        return [Proposal(choice, option.metavar) for choice in option.choices if choice.startswith(text)]
    return proposed(option.source, text, context)


def _beginning(text: str, rows: Rows) -> list[Proposal]:
    """Return the rows that begin with what is typed, or else those that say it beside."""
    found = list(rows)
    begun = [row for row in found if row[0].startswith(text)]
    return [Proposal(*row) for row in begun or [row for row in found if text.casefold() in row[1].casefold()]]


def _listed(rows: Callable[[LineContext], Rows]) -> Source:
    return lambda text, context: _beginning(text, rows(context))


# The catalogue


def _products(text: str, context: LineContext) -> list[Proposal]:
    offers = _offers(context)
    if not offers:
        return []
    from ppio_widgets.request.choices import Wanted, offer_row  # noqa: PLC0415 - heavy, and loaded by now

    mode, say, age = context.value("--billing", "postpaid"), context.say, context.age("offers")
    wanted = Wanted(mode=mode, type=context.value("--type"))
    begun = [offer for offer in offers if offer.id.startswith(text)]
    proposals = []
    for offer in wanted.found_in(begun) or replace(wanted, text=text).found_in(offers):
        row = offer_row(offer, mode, say)
        if age >= _FRESH_SECONDS:  # it would look like today's
            row = say("complete.ago", row=row, age=Span(age).sentence(say))
        proposals.append(Proposal(offer.id, row))
    return proposals


def _offers(context: LineContext) -> tuple[Offer, ...]:
    return (*context.told("offers"), *context.told("cpu_offers"))


def _gpus(context: LineContext) -> Rows:
    return {one.gpu_name: one.id for one in context.told("offers") if one.gpu_name}.items()


def _images(context: LineContext) -> Rows:
    told = [(template.image, template.name) for template in context.told("templates")]
    told += [(image, "") for image in context.told("images")]
    told += [(one.image, one.name) for one in context.instances]
    images: dict[str, str] = {}
    for image, name in told:
        if image:
            images[image] = images.get(image) or name
    return images.items()


def _regions(context: LineContext) -> Rows:
    """Return regions; where the product is known only those that have it."""
    labels = {region.id: region.label for region in context.told("regions")}
    product = context.value("--product")
    offer = next((one for one in _offers(context) if one.id == product), None)
    ids = offer.regions if offer is not None and offer.regions else tuple(labels)
    taken = context.values("--region")
    return ((one, labels.get(one, "")) for one in ids if one not in taken)


def _labels(kind: str, context: LineContext) -> Rows:
    return ((one.id, one.label) for one in context.told(kind))


def _volumes(text: str, context: LineContext) -> list[Proposal]:
    kind, colon, typed = text.partition(":")
    if not colon:
        about = context.say("option.volume")
        return [Proposal(one, about, closed=False) for one in ("local:", "network:") if one.startswith(text)]
    if kind != "network" or ":" in typed:
        return []
    storages = _beginning(typed, _labels("storages", context))
    return [Proposal(f"network:{one.text}:", one.about, closed=False) for one in storages]


# The kernel


def _ports(text: str, _context: LineContext) -> list[Proposal]:
    port = text.partition("/")[0]
    choices = [(f"{port}/{one}", one) for one in PROTOCOLS] if port.isdecimal() else []
    return [Proposal(*choice) for choice in choices if choice[0].startswith(text)]


def _envs(text: str, context: LineContext) -> list[Proposal]:
    """Return names of the kernel's environment, never a value; an API key is no business of an instance."""
    from ppio_widgets import environment  # noqa: PLC0415 - on first use
    from ppio_widgets.request.envref import is_name  # noqa: PLC0415
    from ppio_widgets.secrets.credentials import KEY_VARIABLES  # noqa: PLC0415

    taken = {*context.values("--env"), *KEY_VARIABLES.values()}
    names = sorted(name for name in environment.variables() if is_name(name) and name not in taken)
    about = context.say("complete.kernel_env")
    return [Proposal(name, about) for name in names if name.startswith(text)]


def _bodies(text: str, context: LineContext) -> list[Proposal]:
    from ppio_widgets.formats.json_body import BODY_FILE  # noqa: PLC0415 - heavy, on first use

    named = ((f"@{name}", kind) for name, kind in context.bodies)
    return [*plain(named, text), *_files(text, f"*{BODY_FILE}")]


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


def _base_urls(_context: LineContext) -> Rows:
    """Return the known hosts, and the one that this kernel's environment names."""
    from ppio_widgets.errors import HostRefused  # noqa: PLC0415 - on first use
    from ppio_widgets.secrets.hosts import KNOWN, read_host  # noqa: PLC0415

    urls = dict.fromkeys(KNOWN, "")
    with suppress(HostRefused):  # what the environment names cannot be used
        urls[read_host().base_url] = ""
    return urls.items()


def _lessons(_context: LineContext) -> Rows:
    from ppio_widgets.practice.classroom.lesson import packaged_ids  # noqa: PLC0415 - on first use

    return [(one, "") for one in packaged_ids()]


def _exercises(_context: LineContext) -> Rows:
    """Return the exercises that the class told of last; it is not asked."""
    student = sys.modules.get("ppio_widgets.practice.classroom.student")
    return [(one, "") for one in kernel.of(student.Exercises).ids] if student is not None else []


def _presets(_context: LineContext) -> Rows:
    """Return the presets by their names; none where their folder cannot be read."""
    from ppio_widgets.errors import PresetRefused  # noqa: PLC0415 - on first use
    from ppio_widgets.launches.presets import preset_names  # noqa: PLC0415

    with suppress(PresetRefused):
        return [(name, "") for name in preset_names()]
    return []


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
            row = (one.id, f"{one.name} · {status}" if one.name else status)
            if one.id.startswith(text):
                by_id.append(row)
            elif one.name.casefold().startswith(text.casefold()):
                # A word that begins with a dash is taken for an option, quoted as well.
                typed = count[one.name] == 1 and one.name.isprintable() and not one.name.startswith("-")
                by_name.append((one.name, f"{one.id} · {status}") if typed else row)
        return [Proposal(*row) for row in (*by_id, *by_name)]

    return found


_any_instance = _instances(lambda _one: True)


def _renewing(text: str, context: LineContext) -> list[Proposal]:
    """Return instances, and behind one of them the word that ends their renewal."""
    off = plain([("off", "auto-renew")], text) if context.given else []
    return [*off, *_any_instance(text, context)]


def _statuses(context: LineContext) -> Rows:
    from ppio_widgets.cloud.answers import InstanceStatus, status_words  # noqa: PLC0415 - heavy, on first use

    common = (InstanceStatus.RUNNING, InstanceStatus.EXITED)
    known = dict.fromkeys((*common, *(one.status for one in context.instances)))
    return ((one, status_words(one, context.say)) for one in known if one)


# What a word stands for, by the `source` of the option or the verb that takes it.
SOURCES: Mapping[str, Source] = {
    "products": _products,
    "gpus": _listed(_gpus),
    "images": _listed(_images),
    "regions": _listed(_regions),
    "auths": _listed(lambda context: _labels("auths", context)),
    "networks": _listed(lambda context: _labels("networks", context)),
    "volumes": _volumes,
    "ports": _ports,
    "envs": _envs,
    "env_files": lambda text, _context: _files(text, "*env*", ".env*"),
    "bodies": _bodies,
    "base_urls": _listed(_base_urls),
    "presets": _listed(_presets),
    "preset_to_save": _listed(lambda context: () if context.given else _presets(context)),
    "instances": _any_instance,
    "running_first": _instances(lambda one: one.is_on),
    "stopped_first": _instances(lambda one: not one.is_on),
    "renewing": _renewing,
    "names": _listed(lambda context: ((one.name, one.id) for one in context.instances if one.name)),
    "statuses": _listed(_statuses),
    "lessons": _listed(_lessons),
    "exercises": _listed(_exercises),
    "on_or_off": lambda text, _context: plain([("on", "practice"), ("off", "practice")], text),
}
