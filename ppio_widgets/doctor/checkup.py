"""An examination of what this package relies on: the cloud by reads alone, the key, the clock, this place.

It sends GETs and nothing else, writes nothing but the report that is asked for, and never raises where a
finding can say what happened.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ppio_widgets.cloud.answers import LEFT_OUT, as_id, not_certain, plain
from ppio_widgets.cloud.client import INSTANCES, path_of
from ppio_widgets.cloud.display import Displayed
from ppio_widgets.cloud.instances import is_id, read_instance
from ppio_widgets.cloud.paging import ask, bare, by_cursor, ends_of
from ppio_widgets.cloud.resources import (
    AUTHS,
    BALANCE,
    BILL,
    IMAGES,
    MOST_BILLED_DAYS,
    NETWORKS,
    PRODUCTS,
    PURCHASES,
    REGIONS,
    STORAGES,
    TEMPLATES,
    CatalogueReader,
    ask_bill,
)
from ppio_widgets.doctor.contract import INSTANCE, Examined
from ppio_widgets.errors import ApiError, PpioError, Unreachable, log_fault
from ppio_widgets.launches.ledger import ledger_for
from ppio_widgets.locale.words import Phrase, Sayable, Span, words
from ppio_widgets.request.pricing import HOURS_PER_MONTH, shown
from ppio_widgets.runtime import kernel, threads
from ppio_widgets.runtime.files import STATE_VARIABLE, contents, reason, require_writable, written
from ppio_widgets.secrets.frames import without_frames
from ppio_widgets.secrets.in_use import sent_secrets
from ppio_widgets.secrets.redaction import Redactor, input_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.doctor.contract import Comparison, Difference
    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer

# Better ones first: what is found together is as good as the worst of it.
State = Literal["well", "differs", "unknown", "problem"]
STATES: tuple[State, ...] = ("well", "differs", "unknown", "problem")
# What the command ends with: 2 is for arguments that cannot be read.
EXIT_CODES: Mapping[State, int] = {"well": 0, "problem": 1, "unknown": 1, "differs": 3}

# A report begins so in every language, and only a file that does is replaced by one.
HEADING = "# ppio-widgets doctor"
_LARGEST_REPORT = 4 * 1024 * 1024

# Dates have whole seconds, and an answer takes a while.
_CLOCKS_DIFFER_SECONDS = 3.0
_CLOCK_WRONG_SECONDS = 60.0

# What one GPU costs an hour in any currency that is meant: outside of it the scale of prices is another one.
_LEAST_HOURLY, _MOST_HOURLY = 0.01, 1000
# A month is sold for so much of what its hours cost.
_LEAST_OF_MONTH, _MOST_OF_MONTH = 0.1, 2.0

_PACKAGES = ("ipywidgets", "jupyterlab_widgets", "ipykernel", "ipython", "jupyterlab", "notebook", "voila")
_LIBRARIES = ("httpx", "pydantic", "traitlets")
# Of ipywidgets 8.
_LEAST_MANAGER = 3
MOST_REGIONS = 12


@dataclass(frozen=True)
class Finding:
    """What was found of one thing, or of several that share a fault."""

    subjects: tuple[str, ...]  # whose words are ``doctor.subject.…``
    state: State
    told: tuple[Sayable, ...]
    # What a report says in its place: nobody else's business is left out.
    shared: tuple[Sayable, ...] | None = None
    differences: tuple[Difference, ...] = ()


_NOT_ASKED = Finding(("answers",), "unknown", (Phrase("doctor.not_asked"),))


@dataclass(frozen=True)
class Checkup(Displayed):
    """What the doctor found.

    Attributes
    ----------
    findings : tuple of Finding
    at : float
        When, as Unix seconds.
    """

    findings: tuple[Finding, ...]
    at: float = field(default=0.0, compare=False)

    @property
    def state(self) -> State:
        """The worst state of all findings."""
        return max((one.state for one in self.findings), key=STATES.index, default="well")

    @property
    def exit_code(self) -> int:
        """What the command ends with: 0 only where all was found well."""
        return EXIT_CODES[self.state]

    def count(self, state: State) -> int:
        """Return how many findings have a state."""
        return sum(one.state == state for one in self.findings)

    def __repr__(self) -> str:
        return f"<Checkup: {self.state}>"

    def save(self, file: str) -> Path:
        """Write the report, and return where it is; a file that is no report stays as it is.

        Raises
        ------
        InputError
            When it cannot be written.
        """
        path = Path(os.path.expanduser(file))  # noqa: PTH111 - `Path`'s raises where there is no such home
        text = kernel.outer("report of doctor.checkup:Checkup")(self, words())
        try:
            if path.exists() and not contents(path, _LARGEST_REPORT).startswith(HEADING.encode()):
                raise input_error("report_other")
            with written(path.parent, path.name, text) as spare:
                spare.replace(path)
        except (OSError, ValueError) as error:
            failure = reason(error)
        else:
            return path
        raise input_error("report_unwritable", reason=failure)


@without_frames
def examine(**cloud: Any) -> Checkup:
    """Examine the cloud that is meant (arguments of `api.connect`), the key, and this place."""
    found: list[Finding] = []
    try:
        client = kernel.outer("cloud")(need_key=False, **cloud)
    except PpioError as error:
        found += [_failed(("cloud",), error), _NOT_ASKED]
    else:
        with client:
            found += _of_cloud(client)
    found += [
        _guarded("launches", _launches),
        _guarded("state", _state_folder),
        _guarded("notebook", _notebook),
        _guarded("python", _python),
    ]
    return Checkup(tuple(found), threads.now())


def _guarded(subject: str, find: Callable[[], Finding]) -> Finding:
    """Return what is found; of what goes wrong meanwhile the kind, as its text may repeat anything."""
    try:
        return find()
    except PpioError as error:
        return _failed((subject,), error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other findings are told
        log_fault(f"doctor, {subject}", error)
        return Finding((subject,), "unknown", (Phrase("doctor.failed", {"kind": type(error).__name__}),))


def _failed(subjects: tuple[str, ...], error: PpioError) -> Finding:
    return Finding(subjects, "problem", (bare(error),), (_shareable(error),))


def _shareable(error: PpioError) -> PpioError:
    """Return an error without words of a server's."""
    if isinstance(error, ApiError):
        return type(error)(error.code, **{**error.params, "message": ""})
    return bare(error)


# The cloud


def _of_cloud(client: PpioClient) -> Iterator[Finding]:
    """Yield what is found of a cloud; where it does not answer once, nothing more is asked."""
    where = _guarded("cloud", partial(_cloud, client))
    key = _guarded("key", partial(_key, client))
    if "problem" in (where.state, key.state):
        yield from (where, key, _NOT_ASKED)
        return
    source = Examined(client, Redactor.in_use().with_more(sent_secrets(client.require_key(), ())))
    reader = CatalogueReader(source)
    first = _Read(source, ("balance",), (BALANCE,), partial(_balance, reader))
    first.run()
    if isinstance(first.error, Unreachable):
        yield from (
            Finding(where.subjects, "problem", (*where.told, first.error)),
            key,
            _NOT_ASKED,
        )
        return
    others = [
        _Read(source, ("products",), (PRODUCTS,), partial(_products, reader)),
        _Read(source, ("regions",), (REGIONS,), partial(_regions, reader)),
        *(
            _Read(source, (kind,), (path,), partial(_counted, reader, kind))
            for kind, path in _COUNTED.items()
        ),
        _Read(source, ("instances",), (INSTANCES, INSTANCE), partial(_instances, source)),
        _Read(source, ("bill",), (BILL, PURCHASES), partial(_bill, source, client.now)),
    ]
    threads.run_all([one.run for one in others], name="ppio-doctor")
    yield from (where, key, _clock(source), *_together([first, *others]))


class _Read:
    """What one or two calls tell, and in what their answers differ from the contract."""

    def __init__(
        self,
        source: Examined,
        subjects: tuple[str, ...],
        paths: Sequence[str],
        find: Callable[[], tuple[State, tuple[Sayable, ...], tuple[Sayable, ...] | None]],
    ) -> None:
        self.subjects = subjects
        self.error: PpioError | None = None
        self.finding = Finding(subjects, "unknown", ())
        self._source = source
        self._paths = paths
        self._find = find

    def run(self) -> None:
        """Make the calls."""
        self.finding = _guarded(self.subjects[0], self._run)

    def _run(self) -> Finding:
        try:
            state, told, shared = self._find()
        except PpioError as error:
            self.error = bare(error)
            found = _failed(self.subjects, error)
            state, told, shared = found.state, found.told, found.shared
        compared = [self._source.compared[path] for path in self._paths]
        odd = [Phrase("doctor.odd", {"reason": Phrase(f"odd.{one.odd}")}) for one in compared if one.odd]
        differences = [(one, difference) for one in compared for difference in one.differences()]
        state = max((state, "problem" if odd else "well", *map(_judged, differences)), key=STATES.index)
        told, shared = (*told, *odd), shared if shared is None else (*shared, *odd)
        return Finding(self.subjects, state, told, shared, tuple(one for _of, one in differences))


def _judged(found: tuple[Comparison, Difference]) -> State:
    compared, difference = found
    if difference.how == "more":
        return "well"
    return "problem" if compared.breaks(difference) else "differs"


def _together(reads: Sequence[_Read]) -> Iterator[Finding]:
    """Yield what reads found: those with one and the same error together, and what is only counted."""
    alike: dict[tuple[Any, ...], list[_Read]] = {}
    for one in reads:
        error = one.error
        kind: tuple[object, ...] = (one,) if error is None else (error.code, str(_shareable(error)))
        if error is None and one.finding.state == "well" and one.subjects[0] in _COUNTED:
            kind = ("counted",)
        alike.setdefault(kind, []).append(one)
    for kind, group in alike.items():
        if kind == ("counted",):
            told = tuple(text for one in group for text in one.finding.told)
            more = tuple(difference for one in group for difference in one.finding.differences)
            yield Finding(("account",), "well", (_listed(told),), None, more)
        else:
            found = group[0].finding
            subjects = tuple(subject for one in group for subject in one.subjects)
            differences = tuple(difference for one in group for difference in one.finding.differences)
            yield Finding(subjects, found.state, found.told, found.shared, differences)


@dataclass(frozen=True)
class Dotted:
    """Several short things in one line."""

    parts: tuple[Sayable | str, ...]

    def sentence(self, say: Words) -> str:
        """Return them in the language of `say`."""
        return " · ".join(one if isinstance(one, str) else one.sentence(say) for one in self.parts)


def _listed(parts: Sequence[Sayable | str]) -> Phrase:
    return Phrase("doctor.listed", {"names": Dotted(tuple(parts))})


_Told = tuple[State, tuple[Sayable, ...], tuple[Sayable, ...] | None]


def _cloud(client: PpioClient) -> Finding:
    """Return where the cloud is, and by which way a launch would go there."""
    (way,) = client.ways(anyhow=False)
    where: dict[str, object] = {"host": client.host.name}
    if not client.has_address:
        return Finding(("cloud",), "well", (Phrase("doctor.cloud_inside"),))
    fault = way.fault or way.past
    if way.fault is not None:
        told = Phrase("doctor.cloud_blocked", {**where, "reason": way.fault})
    elif fault is not None:
        told = Phrase("doctor.cloud_past", {**where, "reason": fault})
    elif way.proxy:
        told = Phrase("doctor.cloud_proxy", {**where, "variable": way.variable or Phrase("way.system")})
    else:
        told = Phrase("doctor.cloud_direct", where)
    practice = (Phrase("doctor.cloud_practice"),) if client.is_practice else ()
    state: State = "problem" if way.fault else "differs" if fault else "well"
    return Finding(("cloud",), state, (told, *practice))


def _key(client: PpioClient) -> Finding:
    key = client.require_key()
    if key.source == "practice":
        return Finding(("key",), "well", (Phrase("doctor.key_drawn"),))
    named = {"last": key.last_four, "name": key.label, "source": key.source}
    if client.is_practice:
        shared = Phrase("doctor.key_practice_shared", named)
        return Finding(("key",), "well", (Phrase("doctor.key_practice", named),), (shared,))
    return Finding(("key",), "well", (Phrase("doctor.key", named),), (Phrase("doctor.key_shared", named),))


def _clock(source: Examined) -> Finding:
    """Return how far this machine's clock is from the cloud's, by the answer that took least time."""
    if not source.offsets:
        return Finding(("clock",), "unknown", (Phrase("doctor.clock_untold"),))
    took, ahead = min(source.offsets)
    apart = abs(ahead)
    if apart <= _CLOCKS_DIFFER_SECONDS + took:
        return Finding(("clock",), "well", (Phrase("doctor.clock_same"),))
    word = "doctor.clock_ahead" if ahead > 0 else "doctor.clock_behind"
    told: tuple[Sayable, ...] = (Phrase(word, {"span": Span(apart)}),)
    if apart <= _CLOCK_WRONG_SECONDS:
        return Finding(("clock",), "well", told)
    return Finding(("clock",), "problem", (*told, Phrase("doctor.clock_set")))


def _balance(reader: CatalogueReader) -> _Told:
    told = Phrase("doctor.balance", {"amount": shown(reader.balance(), reader.currency)})
    return "well", (told,), (Phrase("doctor.balance_shared"),)


def _products(reader: CatalogueReader) -> _Told:
    """Return how many products there are, and whether their prices can be what they seem."""
    gpu, cpu = reader.offers(), reader.cpu_offers()
    counted = Phrase("doctor.products", {"gpus": len(gpu), "cpus": len(cpu)})
    if not gpu:
        return "problem", (counted, Phrase("doctor.products_none")), None
    priced = [(offer, offer.postpaid.final) for offer in gpu if offer.postpaid is not None]
    if not priced:
        return "problem", (counted, Phrase("doctor.prices_none")), None
    wrong = next((one for one in priced if not _LEAST_HOURLY <= one[1] <= _MOST_HOURLY), None)
    if wrong is not None:
        return "problem", (counted, _price("doctor.price_scale", *wrong, reader.currency)), None
    unlike = next((one for one in priced if not _months_fit(*one)), None)
    if unlike is not None:
        return "problem", (counted, _price("doctor.price_months", *unlike, reader.currency)), None
    return "well", (counted, _price("doctor.price", *priced[0], reader.currency)), None


def _price(key: str, offer: Offer, price: Decimal, currency: str) -> Phrase:
    return Phrase(key, {"name": plain(offer.title, 40), "amount": shown(price, currency)})


def _months_fit(offer: Offer, hourly: Decimal) -> bool:
    """Whether what months cost fits what an hour costs."""
    return all(
        _LEAST_OF_MONTH <= float(price.final) / (float(hourly) * HOURS_PER_MONTH * months) <= _MOST_OF_MONTH
        for months, price in offer.prepaid.items()
    )


def _regions(reader: CatalogueReader) -> _Told:
    ids = [as_id(one.id, 40) or "…" for one in reader.regions()]
    if not ids:
        return "problem", (Phrase("doctor.regions_none"),), None
    named = ", ".join([*ids[:MOST_REGIONS], *(["…"] if len(ids) > MOST_REGIONS else [])])
    return "well", (Phrase("doctor.regions", {"n": len(ids), "names": named}),), None


# What is only counted, and the call that tells it.
_COUNTED = {
    "templates": TEMPLATES,
    "images": IMAGES,
    "networks": NETWORKS,
    "storages": STORAGES,
    "auths": AUTHS,
}


def _counted(reader: CatalogueReader, kind: str) -> _Told:
    found = len(getattr(reader, kind)())
    return "well", (Phrase("doctor.count", {"name": Phrase(f"doctor.subject.{kind}"), "n": found}),), None


def _instances(source: Examined) -> _Told:
    """Return how many instances are listed, after a look at one of them."""
    pages = list(by_cursor(source, INSTANCES, {}, read_instance))
    ids = list(dict.fromkeys(one.id for page in pages for one in page.rows if is_id(one.id)))
    odd = ends_of(pages)[1]
    told: list[Sayable] = [
        Phrase("doctor.instances", {"n": len(ids)}) if ids else Phrase("doctor.instances_none")
    ]
    state: State = "well"
    if odd is not None:
        told.append(not_certain(source.host.name, odd))
        state = "differs" if odd in LEFT_OUT else "problem"
    if not ids:
        return state, tuple(told), None
    path, wanted = path_of(ids[0]), ids[0]
    ask(
        source,
        path,
        {},
        lambda reply: (
            read_instance(reply.value)
            if reply.value.get("id") == wanted
            else not_certain(source.host.name, "id")
        ),
    )
    return state, tuple(told), None


def _bill(source: Examined, now: Callable[[], float]) -> _Told:
    found = len(ask_bill(source, now, MOST_BILLED_DAYS).charges)
    return "well", (Phrase("doctor.bill", {"days": MOST_BILLED_DAYS, "n": found}),), None


# This place


def _launches() -> Finding:
    """Return how many launches are left open; their names are nobody else's business."""
    found = ledger_for(practice=False).inspect()
    if found.closed is not None:
        return Finding(("launches",), "unknown", (Phrase("doctor.launches_unread"),))
    told: list[Sayable] = []
    if found.records:
        told.append(Phrase("doctor.launches_open", {"n": len(found.records)}))
    if found.unreadable:
        told.append(Phrase("doctor.launches_torn", {"n": len(found.unreadable)}))
    return Finding(
        ("launches",), "problem" if told else "well", tuple(told) or (Phrase("doctor.launches_none"),)
    )


def _state_folder() -> Finding:
    folder = ledger_for(practice=False).folder
    named = _at_home(folder)
    # Elsewhere than at home a path may name its owner.
    unnamed = named if named.startswith("~") else STATE_VARIABLE
    try:
        require_writable(folder)
    except (OSError, ValueError) as error:
        why = reason(error)
        told, shared = (
            Phrase("doctor.state_closed", {"folder": one, "reason": why, "variable": STATE_VARIABLE})
            for one in (named, unnamed)
        )
        return Finding(("state",), "problem", (told,), (shared,))
    told, shared = (Phrase("doctor.state", {"folder": one}) for one in (named, unnamed))
    return Finding(("state",), "well", (told,), (shared,))


def _at_home(path: Path) -> str:
    """Return a path as a person reads it: ``~/…`` where it lies at home."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - `Path.home` raises where there is none
    inside = home.is_absolute() and home != home.parent and path.is_relative_to(home)
    return str(Path("~") / path.relative_to(home)) if inside else str(path)


def _version(package: str) -> str:
    """Return the version of a package; empty where it is not here."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _notebook() -> Finding:
    """Return the versions of kernel and front end that this Python has; the page may run others."""
    versions = {name: _version(name) for name in _PACKAGES}
    told: list[Sayable] = [_listed([f"{name} {found}" for name, found in versions.items() if found])]
    manager = versions["jupyterlab_widgets"].partition(".")[0]
    lab = versions["jupyterlab"] or versions["notebook"]
    unfit = bool(lab) and not (manager.isdigit() and int(manager) >= _LEAST_MANAGER)
    if kernel.shell() is not None:
        told.append(Phrase(f"doctor.answers_{kernel.who_answers() or 'nobody'}"))
        told.append(Phrase("doctor.page_untold"))
    else:
        told.append(Phrase("doctor.kernel_untold"))
    if unfit:
        told.append(Phrase("doctor.manager_missing", {"package": "jupyterlab_widgets"}))
    return Finding(("notebook",), "problem" if unfit else "well", tuple(told))


def _python() -> Finding:
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    ours = import_module(__name__.partition(".")[0]).__version__
    libraries = [f"{name} {found}" for name in _LIBRARIES if (found := _version(name))]
    here = [f"ppio-widgets {ours}", f"Python {platform.python_version()}", plain(system), *libraries]
    return Finding(("python",), "well", (_listed(here),))
