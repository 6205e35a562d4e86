"""The pages of an instance, such as its Jupyter: whether one may be asked, and whether it answers."""

from __future__ import annotations

import logging
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from ppio_widgets.cloud.client import HEADERS, bare_context
from ppio_widgets.cloud.instances import is_web
from ppio_widgets.cloud.proxies import DIRECT, authorities, ways_to
from ppio_widgets.errors import log_line

# What a name in a network of one's own ends with.
_OF_A_NETWORK = frozenset({"localhost", "local", "internal", "intranet", "lan", "home", "corp", "private"})


def is_public_page(address: str) -> bool:
    """Whether an address leads into the internet, and not to the kernel's own machine or network.

    Of a name in the internet only its owner knows where it leads.
    """
    host = (urlsplit(address).hostname or "").rstrip(".")
    try:
        found = ip_address(host)
    except ValueError:
        _name, dot, last = host.rpartition(".")  # with a number at its end it is an address as well
        return bool(dot) and last[:1].isalpha() and last not in _OF_A_NETWORK
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_global and not found.is_multicast


# To a page of an instance: whether it answers is looked at again soon.
_SHORT = httpx.Timeout(3.0)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Of a page that wants to know first who asks, or how.
_ANSWERED = (401, 403, 405)


def page_answers(address: str) -> bool:
    """Whether a page of an instance answers.

    It is asked without a key and a cookie, no redirect is followed, and what it says is not read: a gateway
    that stands before an instance says "not found" or fails until what is behind it is up.
    """
    if not is_web(address):
        return False
    try:
        url = httpx.URL(address)
        way = DIRECT if url.host in _LOOPBACK else ways_to(address, anyhow=False)[0]
        context, _wrong = authorities(anyhow=False) if url.scheme == "https" else (bare_context(), None)
        if way.fault is not None or context is None:
            return False
        proxy = way.proxy or None
        with (
            httpx.Client(verify=context, proxy=proxy, trust_env=False, timeout=_SHORT) as http,
            http.stream("GET", url, headers={"User-Agent": HEADERS["User-Agent"]}) as answer,
        ):
            return answer.status_code < 400 or answer.status_code in _ANSWERED
    except Exception as error:  # noqa: BLE001 - whatever it is, nothing answered
        log_line(logging.INFO, "GET (a page of an instance): %s", type(error).__name__)
        return False
