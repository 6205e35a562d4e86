"""The address that requests go to, judged before any key is near it."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, urlsplit

from ppio_widgets import environment
from ppio_widgets.errors import HostRefused
from ppio_widgets.secrets.frames import without_frames

PPIO = "https://api.ppio.com"
NOVITA = "https://api.novita.ai"
KNOWN = (PPIO, NOVITA)
BASE_URL_VARIABLE = "PPIO_GPU_BASE_URL"

# Two parsers see this text, urllib's and the wire's: only what both read alike is a host.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\.?")

# Of a class behind a proxy, such as a hub's: words alone, none of which leads anywhere else.
_PREFIX = re.compile(r"(?:/(?!\.\.?(?:/|\Z))[A-Za-z0-9._~@-]+)*")

# urlsplit drops line breaks and tabs wherever they stand: what it never sees cannot mislead it.
_PLAIN = re.compile(r"[\x21-\x7e]+")

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Host:
    """A base URL that may be used."""

    base_url: str  # scheme, host and port: "https://api.ppio.com"; of a class its path as well
    name: str  # host with its port, as people read it
    loopback: bool  # whether it is this machine
    is_class: bool = False  # whether only practice keys go there

    @property
    def known(self) -> bool:
        """Whether it is one of the two whose keys may be looked for."""
        return self.base_url in KNOWN


@without_frames  # a URL may hold a password
def read_host(base_url: str | None = None, *, allow_host: str | None = None, practises: bool = False) -> Host:
    """Return a base URL that may be used: ``PPIO_GPU_BASE_URL`` where none is given, then PPIO's own.

    `allow_host` is the name of a host beside the known ones and this machine that may be used, with its port
    unless it is the default: ``"gpu.example.com:8443"``. Refused (`HostRefused`) is anything but https (http
    on loopback), a URL with a user, a path, a query or a host that is not plain ASCII, and a host that is
    neither known nor allowed. Where it `practises`, with a practice key and no other, such a host, and a path
    on any but the known ones, is a class.
    """
    parts = _split((base_url or environment.variable(BASE_URL_VARIABLE) or PPIO).strip())
    if "@" in parts.netloc:
        raise HostRefused("host_user")
    host = parts.hostname or ""
    prefix = parts.path.rstrip("/") if practises and _PREFIX.fullmatch(parts.path.rstrip("/")) else ""
    bare = parts.path in (prefix, f"{prefix}/") and not (parts.query or parts.fragment)
    address = _address(host)
    is_host = _NAME.fullmatch(host) is not None or (address is not None and "%" not in host)
    if not is_host or not bare or parts.scheme not in DEFAULT_PORTS:
        raise HostRefused("host_unreadable")
    loopback = host == "localhost" or (address is not None and address.is_loopback)
    if parts.scheme == "http" and not loopback:
        raise HostRefused("host_http", host=host)
    bracketed = f"[{host}]" if ":" in host else host
    name = bracketed if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f"{bracketed}:{parts.port}"
    found = Host(f"{parts.scheme}://{name}", name, loopback)
    if found.known and prefix:
        raise HostRefused("host_unreadable")
    if prefix or not (found.known or loopback or _allows(allow_host, name)):
        if not practises:
            raise HostRefused("host_unknown", host=name)
        return replace(found, base_url=f"{found.base_url}{prefix}", is_class=True)
    return found


def _split(url: str) -> SplitResult:
    if _PLAIN.fullmatch(url):
        with suppress(ValueError):
            parts = urlsplit(url)
            _port = parts.port  # it may be none
            return parts
    raise HostRefused("host_unreadable")


def _allows(allow_host: str | None, name: str) -> bool:
    # lower() turns a few foreign letters into Latin ones, such as the Kelvin sign.
    return allow_host is not None and allow_host.isascii() and allow_host.strip().lower() == name


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    with suppress(ValueError):
        return ipaddress.ip_address(host)
    return None
