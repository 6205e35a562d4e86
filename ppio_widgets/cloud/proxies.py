"""How a request goes out, as the environment says: by which proxy, and by whose certificates.

The variables are those that httpx reads, but one that cannot be used is no reason to use none: Clash
sets three and a request needs one, GNOME writes ``socks://``, NO_PROXY holds ranges. What cannot be used
is told by the name of its variable; its value, which may hold a password, is told to nobody. A proxy sees
the host that is asked and how much is sent, no key and no body: those go through it inside TLS. Which calls
may go on without one is said by `PpioClient`, which passes ``anyhow``.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import re
import ssl
import sys
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.request import getproxies

import httpx

from ppio_widgets import environment
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import forks, kernel
from ppio_widgets.secrets.hosts import DEFAULT_PORTS

if TYPE_CHECKING:
    from typing import Literal

    from ppio_widgets.locale.words import Words

log = logging.getLogger("ppio_widgets")

# GNOME writes socks://, and has version 5 in mind. The proxy looks a name up by itself in any case.
_SOCKS = ("socks", "socks5", "socks5h")
_KNOWN = ("http", "https", *_SOCKS)
# Where proxies are settings of the system as well.
_WITH_SETTINGS = ("darwin", "win32")


@dataclass(frozen=True)
class Why:
    """What is wrong with what a variable names; its words are ``way.…``."""

    code: Literal["proxy", "socks", "failed", "authorities", "usual", "untrusted"]
    variable: str = ""  # empty for a setting of the system
    kind: str = ""  # of exception that told, where there was one

    def sentence(self, say: Words) -> str:
        """Return it in the language of `say`."""
        return say(f"way.{self.code}", variable=self.variable or say("way.system"), kind=self.kind)


@dataclass(frozen=True)
class Way:
    """By a proxy, or directly."""

    proxy: str = field(default="", repr=False)
    variable: str = ""  # that names it
    # Why it cannot be used, and what is wrong with one that is named before it and passed over.
    fault: Why | None = None
    past: Why | None = field(default=None, compare=False)

    def failed(self, kind: str) -> Why | None:
        """Return why nothing left by it; of no proxy there is nothing to say."""
        return Why("failed", self.variable, kind) if self.proxy else None


DIRECT = Way()


def ways_to(url: str, *, anyhow: bool) -> tuple[Way, ...]:
    """Return how a request may go out, the best first.

    With `anyhow`, to go without a proxy, which nobody said, is better than not to go. Otherwise it is the
    first that can be used, and one with a fault where there is none.
    """
    named = _named(httpx.URL(url))
    if not named:
        return (DIRECT,)
    if anyhow:
        return (*named, DIRECT)
    usable = next((one for one in named if one.fault is None), named[0])
    return (replace(usable, past=named[0].fault),)


def _named(url: httpx.URL) -> tuple[Way, ...]:
    """Return the proxies that are named for a URL; empty where it needs none."""
    proxies = _proxies()
    _variable, excepted = proxies.get("no", ("", ""))
    if _goes_without(url.host, url.port or DEFAULT_PORTS.get(url.scheme), excepted):
        return ()
    return tuple(_way(*proxies[kind]) for kind in (url.scheme, "all") if kind in proxies)


def _proxies() -> dict[str, tuple[str, str]]:
    """Return the variables that name proxies, and what they hold, by kind; where there is none, the system's.

    As in `urllib.request.getproxies_environment`, small letters count before capitals, also empty.
    """
    found: dict[str, tuple[str, str]] = {}
    for name, value in sorted(environment.variables().items()):  # capitals come first
        if name.lower().endswith("_proxy"):
            found[name.lower().removesuffix("_proxy")] = (name, value)
    found = {kind: named for kind, named in found.items() if named[1]}
    if not found and sys.platform in _WITH_SETTINGS:
        found = {kind: ("", value) for kind, value in getproxies().items()}
    return found


def _way(variable: str, value: str) -> Way:
    scheme, address = value.strip().split("://", 1) if "://" in value else ("http", value.strip())
    scheme = scheme.lower()
    if scheme not in _KNOWN or not _is_address(address):
        return Way(variable=variable, fault=Why("proxy", variable))
    if scheme in _SOCKS and find_spec("socksio") is None:
        return Way(variable=variable, fault=Why("socks", variable))
    return Way(f"{'socks5' if scheme in _SOCKS else scheme}://{address}", variable)


def _is_address(text: str) -> bool:
    try:
        host = httpx.URL(f"http://{text}").raw_host
    except httpx.InvalidURL:
        return False
    return re.fullmatch(rb"[a-z0-9._-]+|[0-9a-f:.]+", host) is not None


def _goes_without(host: str, port: int | None, excepted: str) -> bool:
    """Whether a host is named by NO_PROXY: by its name or that of its domain, as an address or in a range."""
    for entry in filter(None, re.split(r"[,\s]+", excepted.lower())):
        name = entry.rpartition("://")[2]
        if name == "*" or _is_within(host, name):
            return True
        name, _, only = name.partition(":") if name.count(":") == 1 else (name, "", "")
        name = name.removeprefix("*").strip(".")
        within = bool(name) and f".{host.lower().rstrip('.')}".endswith(f".{name}")
        if within and only in ("", str(port)):
            return True
    return False


def _is_within(host: str, addresses: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(
            re.sub(r"[][]", "", addresses), strict=False
        )
    except ValueError:
        return False


def authorities(*, anyhow: bool) -> tuple[ssl.SSLContext | None, Why | None]:
    """Return the context for https, and what is wrong with the variable that names authorities of one's own.

    ``SSL_CERT_FILE`` counts, then ``SSL_CERT_DIR`` (a folder, or a list of them), and where there is neither
    those that everybody trusts; with `anyhow` also where what is named cannot be read.
    """
    wrong = None
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        place = environment.variable(variable)
        if place:
            try:
                return _trusting(variable, place), wrong
            except (OSError, ValueError) as error:  # an ssl.SSLError is an OSError
                wrong = wrong or Why("authorities", variable, type(error).__name__)
    if wrong is not None and not anyhow:
        return None, wrong
    try:
        return _trusting("", ""), wrong
    except (OSError, ValueError) as error:  # certifi's file went after it was imported
        return None, wrong or Why("usual", kind=type(error).__name__)


@cache
@forks.within_openssl()
def _trusting(variable: str, place: str) -> ssl.SSLContext:
    # Building one reads all certificates (25-40 ms), so every client shares it.
    if variable == "SSL_CERT_FILE":
        return ssl.create_default_context(cafile=place)
    if variable == "SSL_CERT_DIR":
        if not any(os.access(folder, os.R_OK | os.X_OK) for folder in place.split(os.pathsep)):
            raise FileNotFoundError  # OpenSSL would trust nobody
        return ssl.create_default_context(capath=place)
    return httpx.create_ssl_context(trust_env=False)


if hasattr(os, "register_at_fork"):  # OpenSSL has locks of its own in one
    os.register_at_fork(after_in_child=_trusting.cache_clear)


class _Said(dict[tuple[str, Why], object]):
    """What was said in this kernel or session, and by which call."""


def say_once(host: str, why: Why) -> None:
    """Say that a host is reached in another way than the variables say, and why; once for each reason."""
    call = object()
    if kernel.of(_Said).setdefault((host, why), call) is call:
        say = words()
        log.warning("%s", say("way.instead", host=host, reason=why.sentence(say)))
