"""The address that requests go to, judged before any key is near it."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ppio_widgets.errors import HostRefused

PPIO = "https://api.ppio.com"
BASE_URL_VARIABLE = "PPIO_GPU_BASE_URL"

# Two parsers see this text, urllib's and the wire's: only what both read alike is a host.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\.?")


_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Host:
    """A base URL that may be used.

    Attributes
    ----------
    base_url : str
        Scheme, host and port, no path: ``"https://api.ppio.com"``.
    name : str
        Host with its port, as people read it.
    loopback : bool
        Whether it is this machine.
    """

    base_url: str
    name: str
    loopback: bool


def read_host(base_url: str | None = None) -> Host:
    """Judge a base URL.

    Parameters
    ----------
    base_url : str, optional
        Without it ``PPIO_GPU_BASE_URL`` is asked, then PPIO's own address is taken.

    Raises
    ------
    HostRefused
        For anything but https (http on loopback), or a URL with a user, a path,
        a query or a host that is not plain ASCII.
    """
    url = base_url or os.environ.get(BASE_URL_VARIABLE) or PPIO
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise HostRefused("host_unreadable") from None
    host = parts.hostname or ""
    bare = parts.path in ("", "/") and not (parts.query or parts.fragment)
    if "@" in parts.netloc:
        raise HostRefused("host_user")
    if not _is_host(host) or not bare or parts.scheme not in ("http", "https"):
        raise HostRefused("host_unreadable")
    loopback = _is_loopback(host)
    if parts.scheme == "http" and not loopback:
        raise HostRefused("host_http", host=host)
    bracketed = f"[{host}]" if ":" in host else host
    name = bracketed if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{bracketed}:{port}"
    return Host(f"{parts.scheme}://{name}", name, loopback)


def _is_host(host: str) -> bool:
    """Whether it is a plain ASCII name or an IP address without a scope."""
    if ":" not in host:
        return _NAME.fullmatch(host) is not None
    try:
        return "%" not in host and ipaddress.IPv6Address(host).version == 6
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
