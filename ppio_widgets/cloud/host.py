"""The address that requests go to, judged before any key is near it."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from ppio_widgets.errors import HostRefused

PPIO = "https://api.ppio.com"
BASE_URL_VARIABLE = "PPIO_GPU_BASE_URL"


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
    plain = host.isascii() and parts.path in ("", "/") and not (parts.query or parts.fragment)
    if "@" in parts.netloc:
        raise HostRefused("host_user")
    if not host or not plain or parts.scheme not in ("http", "https"):
        raise HostRefused("host_unreadable")
    loopback = _is_loopback(host)
    if parts.scheme == "http" and not loopback:
        raise HostRefused("host_http", host=host)
    bracketed = f"[{host}]" if ":" in host else host
    name = bracketed if port is None else f"{bracketed}:{port}"
    return Host(f"{parts.scheme}://{name}", name, loopback)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
