"""The header that carries the key, added for one origin and for no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from ppio_widgets.errors import HostRefused
from ppio_widgets.secrets.credentials import reveal

if TYPE_CHECKING:
    from collections.abc import Generator

    from ppio_widgets.secrets.credentials import ApiKey
    from ppio_widgets.secrets.hosts import Host

_DEFAULT_PORTS = {"http": 80, "https": 443}


class PinnedBearer(httpx.Auth):
    """Adds ``Authorization: Bearer …`` to requests to one origin; refuses any other.

    A request that came by another address, such as an absolute URL where a path was
    meant, ends here, before a connection is opened. Of redirects httpx asks no auth (it
    takes the header off): they are the client's to leave alone.

    Parameters
    ----------
    host : Host
        Its scheme, name and port are the origin.
    key : ApiKey
    """

    requires_request_body = False
    requires_response_body = False

    def __init__(self, host: Host, key: ApiKey) -> None:
        self._name = host.name
        self._origin = _origin(httpx.URL(host.base_url))
        self._key = key

    def __repr__(self) -> str:
        return f"PinnedBearer({self._name}, {self._key!r})"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header (httpx's hook).

        Raises
        ------
        HostRefused
            When the request is not for the origin; it is not sent.
        """
        if _origin(request.url) != self._origin:
            raise HostRefused("host_pinned", host=self._name)
        request.headers["Authorization"] = f"Bearer {reveal(self._key)}"
        yield request


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    """Return scheme, host as it is on the wire, and port."""
    return (url.scheme, url.raw_host.lower(), url.port or _DEFAULT_PORTS.get(url.scheme))
