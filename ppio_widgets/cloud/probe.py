"""Whether something answers at an address that a server named, without trusting that server.

It may name any address, and what is asked is asked from where the kernel runs: inside of a
network that the server cannot see into. So only a public name is knocked at, nothing that
is known goes along, nothing of the answer is read but its status, and all of it is over
after a few seconds.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from ppio_widgets.cloud.http import Exchange, Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger("ppio_widgets")

KNOCK_SECONDS = 3.0

# Names of a network's own; a name without a dot is one as well.
_OWN = ("localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan", "arpa")

# What ends in a number is an address, however it is spelt: 127.1, 0x7f.1, 2130706433.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_LABELS = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+", re.IGNORECASE)

# Where a proxy on this machine (Clash and its like) lets every name lead to.
_STAND_INS = ipaddress.ip_network("198.18.0.0/15")


class _Inside(Exception):
    """Raised when a public name leads to an address that is none."""


@dataclass
class _Probe(Exchange):
    """An exchange that ends before anything is sent to an address inside of a network.

    Attributes
    ----------
    host : str
        Whom it is for. With a proxy between, only that knows where the name leads to.
    """

    host: str = ""
    _connecting_to: str = ""

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take one event of the wire."""
        if event.endswith("connect_tcp.started"):
            self._connecting_to = str(info.get("host", ""))
        elif event.endswith("connect_tcp.complete") and self._connecting_to == self.host:
            _require_public(info.get("return_value"))
        super().trace(event, info)


def _require_public(stream: Any) -> None:
    """Pass when a connection leads to a public address; else it is closed, as nobody else knows of it yet."""
    peer = stream.get_extra_info("server_addr")
    if not _is_public_address(str(peer[0])):
        stream.close()
        raise _Inside


def knock(http: httpx.Client, url: str, *, anywhere: bool) -> bool:
    """Whether something answers there; a gateway's 502 or 503 is no answer.

    Parameters
    ----------
    http : httpx.Client
        One that knows no cookie and no key.
    url : str
    anywhere : bool
        Whether addresses inside of a network may be knocked at as well.
    """
    try:
        address = httpx.URL(url)
        host = address.raw_host.decode("ascii")  # as it is connected to: foreign digits are plain in it
        if not (_is_web(address) and (anywhere or _is_public_name(host))):
            return False
        request = http.build_request("GET", address)
    except Exception as error:  # noqa: BLE001 - whatever is odd about an address
        log.info("knock: %s", type(error).__name__)
        return False
    exchange = Exchange() if anywhere else _Probe(host=host)
    exchange.run(http, request, None, Limits(0, KNOCK_SECONDS))
    return 0 < exchange.status < 500


def _is_web(address: httpx.URL) -> bool:
    return address.scheme in ("http", "https") and bool(address.host) and not address.userinfo


def _is_public_name(host: str) -> bool:
    host = host.removesuffix(".")
    last = host.rpartition(".")[2].lower()
    return _LABELS.fullmatch(host) is not None and not _NUMBER.fullmatch(last) and last not in _OWN


def _is_public_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_global or address in _STAND_INS
