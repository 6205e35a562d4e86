"""One instance in full, as plain values without a secret.

The answer carries passwords (of SSH and the web terminal), env values and addresses
that may hold a token. They are dropped on arrival, and hidden where another field repeats
one; `ssh_password` and `jupyter_address` are the only ones that give such a thing out, for
calls whose name says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from ppio_widgets.cloud.answers import (
    ENDED,
    RUNNING,
    InstanceInfo,
    Listing,
    plain,
    read_instance,
)
from ppio_widgets.locale.text import Mask, text_at
from ppio_widgets.request.draft import value_at
from ppio_widgets.secrets.hiding import hiding, is_free

LONGEST_ADDRESS = 2000

# What an address may begin with; anything else (javascript:) is no address of a machine.
_SCHEMES = ("http", "https", "tcp", "ws", "wss")

# What of an instance makes another one like it; env values are secrets and are not taken.
_TAKEN = ("name", "type", "product_id", "image", "registry_auth_id", "entrypoint", "command")


@dataclass(frozen=True)
class Endpoint:
    """One port, and where it is reached; `url` is empty until the server tells it."""

    port: int
    protocol: str
    url: str = ""


@dataclass(frozen=True)
class InstanceDetail(InstanceInfo):
    """What is kept of an instance in full.

    Attributes
    ----------
    product_id, image, region, mode : str
        `mode` is the billing mode; all are empty when not told.
    gpu_num, rootfs_gb, months : int
        0 when not told; `months` of a prepaid one.
    started_at, stopped_at, ends_at : int
        Unix seconds of the last start, the last stop and a prepaid end; 0 for never.
    renews : bool or None
        Whether a prepaid one renews automatically; None when not told.
    seen_until : int
        Of one that is gone: when it was last seen there, in Unix seconds; 0 when that is not known.
    ports : tuple of Endpoint
    jupyter_url, ssh_command : str
        Without user, password or token.
    logs : tuple of (str, str)
        ``("instance", address)`` and ``("system", address)``, as the server names them.
    """

    product_id: str = ""
    image: str = ""
    region: str = ""
    mode: str = ""
    gpu_num: int = 0
    rootfs_gb: int = 0
    months: int = 0
    started_at: int = 0
    stopped_at: int = 0
    ends_at: int = 0
    renews: bool | None = None
    seen_until: int = 0
    ports: tuple[Endpoint, ...] = ()
    jupyter_url: str = ""
    ssh_command: str = ""
    logs: tuple[tuple[str, str], ...] = ()

    @property
    def is_on(self) -> bool:
        """Whether it is, or may be, billed by the hour: everything but stopped and deleted."""
        return self.status not in ENDED

    @property
    def may_renew(self) -> bool:
        """Whether it is prepaid and not known to end with its months."""
        return self.mode == "prepaid" and self.renews is not False and not self.is_gone


@dataclass(frozen=True)
class DetailListing(Listing):
    """All instances of an account, or all that filters let through, newest first."""

    instances: tuple[InstanceDetail, ...] = ()


def read_detail(answer: Any, mask: Mask = str, asked_for: str = "") -> InstanceDetail | None:
    """Read an instance in full; None when it has no usable id.

    Parameters
    ----------
    answer : Any
        As it came.
    mask : callable
        Hides the secrets that were sent; those that the answer holds are hidden as well.
    asked_for : str
        A name that somebody typed: an instance of exactly this name keeps it.
    """
    info = read_instance(answer)
    if info is None:
        return None
    hide = hiding(answer, mask)
    words = read_instance(answer, hide.in_words) or info
    return InstanceDetail(
        id=info.id,
        name=info.name if info.name == asked_for else hide.in_names(info.name),
        # The words that decide what can be done are no secrets, whatever a variable holds.
        status=info.status if info.status in (RUNNING, *ENDED) else words.status,
        error=words.error,
        message=words.message,
        created_at=info.created_at,
        product_id=_said(answer, hide.in_names, "product_id"),
        image=_said(answer, hide.in_fields, "image"),
        region=_said(answer, hide.in_fields, "region"),
        mode=_said(answer, hide.in_names, "billing", "mode"),
        gpu_num=_whole(answer, "resource_specs", "gpu_num"),
        rootfs_gb=_whole(answer, "resource_specs", "rootfs_size_gb"),
        months=_whole(answer, "billing", "prepaid", "months"),
        started_at=_whole(answer, "last_started_at"),
        stopped_at=_whole(answer, "last_stopped_at"),
        ends_at=_whole(answer, "billing", "prepaid", "end_time"),
        renews=_renews(answer),
        ports=tuple(_ports(answer, hide.in_fields)),
        jupyter_url=_link(answer, hide.in_fields, "tools", "jupyter", "endpoint"),
        ssh_command=_said(answer, hide.in_fields, "tools", "ssh", "command"),
        logs=tuple(
            (kind, url)
            for kind in ("instance", "system")
            if (url := _link(answer, hide.in_fields, "tools", "log", f"{kind}_endpoint"))
        ),
    )


def kept(before: InstanceDetail | None, seen: InstanceDetail) -> InstanceDetail:
    """Return what is seen, with times and renewal that this answer leaves out taken from `before`.

    Whether "get instance" tells them was cut off in the page that was seen.
    """
    if before is None:
        return seen
    return replace(
        seen,
        created_at=seen.created_at or before.created_at,
        started_at=seen.started_at or before.started_at,
        stopped_at=seen.stopped_at or before.stopped_at,
        ends_at=seen.ends_at or before.ends_at,
        renews=before.renews if seen.renews is None else seen.renews,
    )


def listed(before: InstanceDetail | None, row: InstanceDetail) -> InstanceDetail:
    """Return a row of a listing, with what a listing does not tell taken from `before`.

    Connections are of one start: they are kept while it runs on, and dropped with the next.
    """
    if before is None:
        return row
    row = kept(before, row)
    if row.status != RUNNING or before.status != RUNNING or before.started_at != row.started_at:
        return row
    return replace(
        row,
        ports=row.ports if any(port.url for port in row.ports) else before.ports,
        jupyter_url=row.jupyter_url or before.jupyter_url,
        ssh_command=row.ssh_command or before.ssh_command,
        logs=row.logs or before.logs,
    )


def read_body(answer: Any) -> tuple[dict[str, Any], tuple[str, ...]] | None:
    """Return the body that would make another one like it, and the names of its envs.

    The values of the envs are not taken: they are somebody's secrets.
    """
    if read_instance(answer) is None:
        return None
    body: dict[str, Any] = {key: answer[key] for key in _TAKEN if answer.get(key)}
    body["billing"] = _billing(answer)
    body["resource"] = {
        key: size for key in ("gpu_num", "rootfs_size_gb") if (size := _whole(answer, "resource_specs", key))
    }
    ports = [{"port": one.port, "protocol": one.protocol} for one in _ports(answer)]
    jupyter = value_at(answer, ("tools", "jupyter"), {})
    optional = {
        "ports": ports,
        "volumes": _rows(answer, "volumes", ("type", "id", "mount_point")),
        "network": {"id": text} if (text := text_at(answer, "network", "id")) else None,
        "candidate_regions": [answer["region"]] if text_at(answer, "region") else None,
        "tools": {"jupyter": _jupyter(jupyter)} if isinstance(jupyter, Mapping) and jupyter else None,
        "auto_migrate": answer.get("auto_migrate"),
    }
    names = tuple(row["key"] for row in _rows(answer, "envs", ("key",)))
    return {**body, **{key: value for key, value in optional.items() if value}}, names


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


def _billing(answer: Any) -> dict[str, Any]:
    billing: dict[str, Any] = {"mode": text_at(answer, "billing", "mode") or "postpaid"}
    if billing["mode"] == "prepaid":
        billing["prepaid"] = {"months": _whole(answer, "billing", "prepaid", "months") or 1}
    return billing


def _jupyter(tool: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tool[key] for key in ("enabled", "port", "protocol") if key in tool}


def _renews(answer: Any) -> bool | None:
    enabled = value_at(answer, ("billing", "prepaid", "auto_renew", "enabled"))
    return enabled if isinstance(enabled, bool) else None


def _rows(answer: Any, name: str, keys: tuple[str, ...]) -> list[dict[str, str]]:
    rows = answer.get(name)
    found = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return [{key: row[key] for key in keys if isinstance(row.get(key), str) and row[key]} for row in found]


def _ports(answer: Any, hide: Mask = str) -> Iterator[Endpoint]:
    rows = answer.get("ports")
    for row in rows if isinstance(rows, list) else ():
        port = _whole(row, "port")
        if port:
            yield Endpoint(port, _said(row, hide, "protocol"), _link(row, hide, "endpoint"))


def _said(answer: Any, hide: Mask, *path: str) -> str:
    """Return the server's text, secrets hidden before it can be shortened out of shape."""
    return plain(hide(text_at(answer, *path)), LONGEST_ADDRESS)


def _link(answer: Any, hide: Mask, *path: str) -> str:
    """Return an address; empty where a secret stands in it, as half of one leads nowhere."""
    whole = text_at(answer, *path)
    shown = address(whole)
    return shown if shown and is_free(whole, hide) else ""


def _whole(answer: Any, *path: str) -> int:
    value = value_at(answer, path) if isinstance(answer, Mapping) else None
    return value if type(value) is int and value > 0 else 0
