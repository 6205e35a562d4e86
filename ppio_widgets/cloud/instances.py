"""One instance in full, as plain values without a secret, and what can be its id.

The answer carries passwords (of SSH and the web terminal), env values and addresses
that may hold a token. They are dropped on arrival, and hidden where another field repeats
one; `ssh_password` and `jupyter_address` are the only ones that give such a thing out, for
calls whose name says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from ppio_widgets.cloud.answers import (
    ENDED,
    GONE,
    OFF,
    RESTING,
    InstanceStatus,
    as_flag,
    as_mapping,
    as_rows,
    as_whole,
    plain,
)
from ppio_widgets.errors import LaunchRefused
from ppio_widgets.locale.text import text_at, visible
from ppio_widgets.locale.words import joined
from ppio_widgets.request import pricing
from ppio_widgets.request.draft import value_at
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.schema import Group, Rows, tree
from ppio_widgets.runtime.times import moment_words
from ppio_widgets.secrets.in_use import secrets_in_answer
from ppio_widgets.secrets.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from ppio_widgets.cloud.answers import Odd
    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.offers import Offer
    from ppio_widgets.request.schema import Node, Path

LONGEST_ADDRESS = 2000

# What an address may begin with; anything else (javascript:) is no address of a machine.
_SCHEMES = ("http", "https", "tcp", "ws", "wss")

# The largest moment in Unix seconds that is believed.
_LATEST = 10**18
_LONGEST_SHOWN_ID = 60

# What of a body an answer tells in another shape, and what is told of an instance by words of its own.
_RESHAPED = frozenset({"billing", "resource", "network", "candidate_regions", "envs"})
_SIZES = ("gpu_num", "rootfs_size_gb")
_SAID = _RESHAPED.union(
    ("name", "type", "product_id", "image", "registry_auth_id", "entrypoint", "command"),
    ("volumes", "auto_migrate", "ports", "tools"),
)


# The contract says no more than "a text of 1 to 255 characters" (PPIO GPU API v2, get instance). It becomes a
# part of an address: a blank, a slash, a query or dots would be another one, or none.
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._~:@=+-]{0,254}")


def is_id(value: object) -> TypeGuard[str]:
    """Whether a value can be the id of an instance."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def require_id(value: object) -> str:
    """Return an id as it is; what can be none is refused, and nothing is sent."""
    if not is_id(value):
        shown = visible(str(value))
        cut = shown if len(shown) <= _LONGEST_SHOWN_ID else f"{shown[:_LONGEST_SHOWN_ID]}…"
        raise LaunchRefused("instance_id", id=cut)
    return value


# What v1 says of a spot instance that is to be taken away, is being taken away, or was.
SPOT_NOTICE = "notified"
SPOT_ENDS = (SPOT_NOTICE, "reclaiming", "terminated")
_ERROR_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![A-Za-z0-9_])")


# How a field of an instance is read from an answer, its secrets hidden.


def _name(answer: Any, redactor: Redactor, *path: str) -> str:
    return plain(redactor.redact(text_at(answer, *path), where="name"), LONGEST_ADDRESS)


def _words(answer: Any, redactor: Redactor, *path: str) -> str:
    """Return the server's text, secrets hidden before it can be shortened out of shape."""
    return plain(redactor.redact(text_at(answer, *path), where="field"), LONGEST_ADDRESS)


def _sentence(answer: Any, redactor: Redactor, *path: str) -> str:
    return plain(redactor.redact(text_at(answer, *path)))


def _status(answer: Any, redactor: Redactor) -> str:
    """Return the word of its status; those that decide what can be done are no secrets.

    It stands in an object ``{status, error, message}`` (PPIO GPU API v2, get instance); older clients saw a
    plain text, which is taken too.
    """
    word = text_at(answer, "status") or text_at(answer, "status", "status")
    if word in RESTING:
        return "" if word == InstanceStatus.NOT_SEEN else word
    return plain(redactor.redact(word))


def _link(answer: Any, redactor: Redactor, *path: str) -> str:
    """Return an address; empty where a secret stands in it, as half of one leads nowhere.

    Looked at are host and path, as they are written and as they are meant: they are all that is shown. The
    number of its port is no secret, whatever a variable holds.
    """
    whole = text_at(answer, *path)
    parts = _parts(whole)
    if parts is None:
        return ""
    # As it came: in what is shown the host is in small letters.
    written = (parts.netloc.removesuffix(f":{parts.port}"), parts.path)
    meant = map(unquote, written)
    free = all(redactor.redact(one, where="field") == one for one in (*written, *meant))
    return address(whole) if free else ""


def _positive(answer: Any, _redactor: Redactor, *path: str) -> int:
    return as_whole(value_at(answer, path), 1, _LATEST) or 0


def _seconds(answer: Any, _redactor: Redactor, *path: str) -> int:
    """Return a moment that is told as a text of digits; 0 for none."""
    text = text_at(answer, *path)
    return as_whole(int(text), 0, _LATEST) or 0 if re.fullmatch(r"[0-9]{1,18}", text) else 0


def _flag(answer: Any, _redactor: Redactor, *path: str) -> bool | None:
    return as_flag(value_at(answer, path))


def _ports(answer: Any, redactor: Redactor, *path: str) -> tuple[Endpoint, ...]:
    found = []
    for row in as_rows(value_at(answer, path)):
        port = _positive(row, redactor, "port")
        if port:
            words, link = _words(row, redactor, "protocol"), _link(row, redactor, "endpoint")
            found.append(Endpoint(port, words, link))
    return tuple(found)


def _mounts(answer: Any, redactor: Redactor, *path: str) -> tuple[tuple[str, str], ...]:
    rows = as_rows(value_at(answer, path))
    found = [
        (_words(row, redactor, "id") or _words(row, redactor, "type"), _words(row, redactor, "mount_point"))
        for row in rows
    ]
    return tuple(one for one in found if one[0])


def _logs(answer: Any, redactor: Redactor, *path: str) -> tuple[tuple[str, str], ...]:
    links = [(kind, _link(answer, redactor, *path, f"{kind}_endpoint")) for kind in ("instance", "system")]
    return tuple((kind, url) for kind, url in links if url)


def _made_of(answer: Any, redactor: Redactor) -> tuple[tuple[Path, str], ...]:
    return tuple(
        (path, plain(redactor.redact(text, where="field")))
        for name, node in tree().fields.items()
        if name not in _SAID
        for path, text in _texts((name,), _as_modelled(answer.get(name), node))
    )


def _told(default: Any, read: Callable[..., Any], *path: str) -> Any:
    """Return a field that an answer tells at a path."""
    return field(default=default, metadata={"read": read, "path": path})


@dataclass(frozen=True)
class Endpoint:
    """One port, and where it is reached; `url` is empty until the server tells it."""

    port: int
    protocol: str
    url: str = ""


@dataclass(frozen=True)
class InstanceDetail:
    """What is kept of an instance; what is not told is empty or 0."""

    id: str
    name: str = ""
    # A word of `InstanceStatus`, or an unknown one as it came.
    status: str = _told("", _status)
    # The server's own, empty when all is well.
    error: str = _told("", _sentence, "status", "error")
    message: str = _told("", _sentence, "status", "message")
    # Unix seconds.
    created_at: int = _told(0, _positive, "created_at")
    product_id: str = _told("", _name, "product_id")
    image: str = _told("", _words, "image")
    region: str = _told("", _words, "region")
    mode: str = _told("", _name, "billing", "mode")
    gpu_num: int = _told(0, _positive, "resource_specs", "gpu_num")
    rootfs_gb: int = _told(0, _positive, "resource_specs", "rootfs_size_gb")
    months: int = _told(0, _positive, "billing", "prepaid", "months")
    # Unix seconds of the last start, the last stop and a prepaid end.
    started_at: int = _told(0, _positive, "last_started_at")
    stopped_at: int = _told(0, _positive, "last_stopped_at")
    ends_at: int = _told(0, _positive, "billing", "prepaid", "end_time")
    # Whether a prepaid one renews automatically.
    renews: bool | None = _told(None, _flag, "billing", "prepaid", "auto_renew", "enabled")
    # Of a spot one: where it stands with being taken away, a word of `SPOT_ENDS` or another, and from when on
    # (PPIO GPU API v1, get instance).
    spot: str = _told("", _words, "spotStatus")
    reclaimed_at: int = _told(0, _seconds, "spotReclaimTime")
    # Of one that is gone: when it was last seen there.
    seen_until: int = 0
    ports: tuple[Endpoint, ...] = _told((), _ports, "ports")
    # Without user, password or token.
    jupyter_url: str = _told("", _link, "tools", "jupyter", "endpoint")
    ssh_command: str = _told("", _words, "tools", "ssh", "command")
    # ``("instance", address)`` and ``("system", address)``, as the server names them.
    logs: tuple[tuple[str, str], ...] = _told((), _logs, "tools", "log")
    # What is mounted, and where: the id of a storage, or "local".
    mounts: tuple[tuple[str, str], ...] = _told((), _mounts, "volumes")
    # What else of the body it was made of: the path and the value of each field, as text.
    made_of: tuple[tuple[Path, str], ...] = _told((), _made_of)

    @property
    def at_rest(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.status in RESTING or bool(self.error)

    @property
    def is_gone(self) -> bool:
        """Whether it is removed, or proved not to be there any more."""
        return self.status in GONE

    @property
    def is_on(self) -> bool:
        """Whether it is, or may be, billed by the hour: everything but stopped and deleted."""
        return self.status not in ENDED

    @property
    def is_reclaimed(self) -> bool:
        """Whether it is a spot one that was taken away: it never starts again, and its disk is gone."""
        return self.status in OFF and self.spot in SPOT_ENDS and self.spot != SPOT_NOTICE

    def product_name(self, offer: Offer | None) -> str:
        """Return the name of its product, by its id where that is all that is known."""
        return offer.name if offer is not None and offer.name else self.product_id

    @property
    def may_renew(self) -> bool:
        """Whether it is prepaid and not known to end with its months."""
        return self.mode == BillingMode.PREPAID and self.renews is not False and not self.is_gone

    @property
    def priced_body(self) -> dict[str, Any]:
        """What decides its price, in the shape of a body."""
        billing: dict[str, Any] = {"mode": self.mode}
        if self.months:
            billing["prepaid"] = {"months": self.months}
        return {
            "product_id": self.product_id,
            "billing": billing,
            "resource": {"gpu_num": self.gpu_num or None},
        }

    @property
    def error_name(self) -> str:
        """The API's name of what is wrong with it, where its error begins with one."""
        found = _ERROR_NAME.match(self.error)
        return found[0] if found else ""

    def seconds_on(self, now: float) -> float | None:
        """Return how long it has been on since its last start, or was on until its last stop or sight."""
        began = self.started_at or self.created_at
        if not began:
            return None
        if self.is_on:
            return max(0.0, now - began)
        ended = self.stopped_at if self.stopped_at >= began else self.seen_until
        return max(0.0, float(ended - began)) if ended else None

    def cost_so_far(self, offer: Offer | None, now: float) -> Decimal | None:
        """Return about what it has cost since its last start, or None where that is not known.

        By today's price, all GPUs together, without the disk; for prepaid what its months were charged
        at once.
        """
        if self.mode == BillingMode.PREPAID:
            return pricing.charged_now(offer, self.priced_body)
        rate, seconds = pricing.hourly(offer, self.priced_body), self.seconds_on(now)
        if rate is None or seconds is None:
            return None
        return pricing.to_cents(Fraction(rate) * Fraction(seconds) / 3600)


def spot_words(seen: InstanceDetail, say: Words) -> str:
    """Return that a spot instance is taken away, and when; empty where nobody wants it back."""
    if seen.spot not in SPOT_ENDS:
        return ""
    if seen.spot != SPOT_NOTICE or not seen.reclaimed_at:
        return say("spot.notice" if seen.spot == SPOT_NOTICE else "spot.reclaimed")
    return say("spot.notice_at", moment=moment_words(seen.reclaimed_at, 0.0))


def next_words(seen: InstanceDetail, say: Words) -> str:
    """Return what is to be done about an instance, the most exact first; empty where nothing is."""
    step = f"next.{seen.error_name}"
    steps = [say(step)] if seen.error_name and step in say else []
    if seen.error and seen.is_on:
        steps.append(say("machine.next_failed"))
    if seen.spot in SPOT_ENDS:
        steps.append(say("spot.next_notice" if seen.spot == SPOT_NOTICE else "spot.next_reclaimed"))
    elif seen.status in OFF:
        steps.append(say("machine.next_stopped"))
    return joined(steps)


@dataclass(frozen=True)
class Listing:
    """All instances of an account, or all that filters let through."""

    instances: tuple[InstanceDetail, ...] = ()
    # The server's clock as Unix seconds, 0 where not told.
    server_time: float = 0.0
    # Why what is not listed may be there; None where the listing is certain.
    odd: Odd | None = None
    # What time it was by which its instances are dated, if that is not the server's clock: a class's; or 0.
    class_time: float = 0.0

    @property
    def certain(self) -> bool:
        """Whether what is not listed is surely not there."""
        return self.odd is None


def read_instance(
    answer: Any, redactor: Redactor | None = None, asked_for: str | None = ""
) -> InstanceDetail | None:
    """Read an instance; None when it has no usable id.

    The redactor knows the secrets that were sent; those that the answer holds are hidden as well.
    `asked_for` is a name that somebody typed: an instance of exactly this name keeps it, and with None each
    keeps its own exactly as it came, to be compared.
    """
    identity, name = text_at(answer, "id"), text_at(answer, "name")
    if not identity:
        return None
    redactor = (redactor or Redactor()).with_more(secrets_in_answer(as_mapping(answer)))
    if asked_for not in (None, name):
        name = _name(answer, redactor, "name")
    told = [(one.name, one.metadata) for one in fields(InstanceDetail) if one.metadata]
    return InstanceDetail(
        identity, name, **{one: how["read"](answer, redactor, *how["path"]) for one, how in told}
    )


def _as_modelled(value: Any, node: Node) -> Any:
    """Return what of an answer's value fits the models, without empty fields; None where nothing does."""
    if isinstance(node, Rows):
        rows = [_as_modelled(row, node.item) for row in value] if isinstance(value, list) else []
        return [row for row in rows if row not in (None, {})]
    if isinstance(node, Group):
        inner = value if isinstance(value, Mapping) else {}
        found = {name: _as_modelled(inner.get(name), child) for name, child in node.fields.items()}
        return {name: one for name, one in found.items() if one not in (None, "", [], {})}
    return value if type(value) is {"whole": int, "switch": bool}.get(node.kind, str) else None


def _texts(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    """Return each field of a value by its path, as text."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _texts((*path, name), one)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _texts((*path, number), one)
    elif value not in (None, ""):
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def kept(before: InstanceDetail | None, seen: InstanceDetail) -> InstanceDetail:
    """Return what is seen, with times and renewal that this answer leaves out taken from `before`.

    Whether "get instance" tells them was cut off in the page that was seen.
    """
    return _filled(seen, before, ("created_at", "started_at", "stopped_at", "ends_at", "renews"))


def listed(before: InstanceDetail | None, row: InstanceDetail) -> InstanceDetail:
    """Return a row of a listing, with what a listing does not tell taken from `before`.

    Connections are of one start: they are kept while it runs on, and dropped with the next.
    """
    if before is None:
        return row
    row = kept(before, row)
    both_run = row.status == before.status == InstanceStatus.RUNNING
    if not both_run or before.started_at != row.started_at:
        return row
    ports = row.ports if any(port.url for port in row.ports) else before.ports
    return _filled(replace(row, ports=ports), before, ("jupyter_url", "ssh_command", "logs"))


def _filled(seen: InstanceDetail, before: InstanceDetail | None, names: tuple[str, ...]) -> InstanceDetail:
    if before is None:
        return seen
    asked = [one for one in fields(seen) if one.name in names]
    untold = [one.name for one in asked if getattr(seen, one.name) == one.default]
    return replace(seen, **{name: getattr(before, name) for name in untold})


def read_body(answer: Any) -> tuple[dict[str, Any], tuple[str, ...]] | None:
    """Return the body that would make another one like it, and the names of its envs.

    The values of the envs are not taken: they are somebody's secrets.
    """
    if not text_at(answer, "id"):
        return None
    model = {name: node for name, node in tree().fields.items() if name not in _RESHAPED}
    body = {name: _as_modelled(answer.get(name), node) for name, node in model.items()}
    mode, region = text_at(answer, "billing", "mode") or "postpaid", text_at(answer, "region")
    months = as_whole(value_at(answer, ("billing", "prepaid", "months")), 1) or 1
    sizes = {key: as_whole(value_at(answer, ("resource_specs", key)), 1) for key in _SIZES}
    network = text_at(answer, "network", "id")
    body |= {
        "billing": {"mode": mode, **({"prepaid": {"months": months}} if mode == "prepaid" else {})},
        "network": {"id": network} if network else None,
        "candidate_regions": [region] if region else None,
    }
    envs = tuple(key for row in as_rows(answer.get("envs")) if (key := text_at(row, "key")))
    told = {name: value for name, value in body.items() if value not in (None, "", [], {})}
    return {**told, "resource": {key: size for key, size in sizes.items() if size}}, envs


def ssh_password(answer: Any) -> str | None:
    """Return the SSH password of an answer; the one place that does."""
    return text_at(answer, "tools", "ssh", "password") or None


def jupyter_address(answer: Any) -> str | None:
    """Return Jupyter's address as it came, with a token if it has one; the one place that does."""
    whole = text_at(answer, "tools", "jupyter", "endpoint")
    return whole if _parts(whole) is not None else None


def address(text: str) -> str:
    """Return an address without query or fragment, where a token may stand; empty for anything odd.

    What has a user in it leads elsewhere than it looks, or holds a password: that is odd as well.
    """
    parts = _parts(text)
    if parts is None or "@" in parts.netloc or "\\" in text:
        return ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    return plain(urlunsplit((parts.scheme, f"{host}{port}", parts.path, "", "")), LONGEST_ADDRESS)


def _parts(text: str) -> SplitResult | None:
    """Take a machine's address apart; None when it is none."""
    try:
        parts = urlsplit(text.strip())
        _port = parts.port
    except ValueError:
        return None
    sound = parts.scheme.lower() in _SCHEMES and parts.hostname and len(text) <= LONGEST_ADDRESS
    return parts if sound else None


def is_web(text: str) -> bool:
    """Whether a text is an address that a browser opens where it says: http or https, and no user in it."""
    plainly = text.isprintable() and " " not in text
    return plainly and text.lower().startswith(("http://", "https://")) and bool(address(text))


# An SSH command is offered for copying only if it can do nothing but connect: whoever copies it runs it on a
# machine of theirs. ``-o ProxyCommand=…`` runs a program there, ``-L`` and ``-R`` open their network, ``-A``
# hands over their keys, and so does what a shell reads in other characters. A port, a key file and a version
# of IP are all that is needed.
_OPTION = r"-[46TCqtv]|-p ?[0-9]{1,5}|-i ?[A-Za-z0-9_~][A-Za-z0-9_./~-]*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_USER = r"[A-Za-z_][A-Za-z0-9_.-]{0,63}"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)"
_COMMAND = re.compile(rf"ssh(?: (?:{_OPTION}))* {_USER}@{_HOST}(?: (?:{_OPTION}))*")


def is_ssh_command(text: str) -> bool:
    """Whether a text is ``ssh`` with known options and one ``user@host``, and nothing else."""
    return _COMMAND.fullmatch(text) is not None
