"""Base URLs for completion: the known hosts, and the one that this kernel's environment names."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ppio_widgets.errors import HostRefused
from ppio_widgets.magics.completion_context import Proposal, beginning
from ppio_widgets.secrets.hosts import KNOWN, read_host

if TYPE_CHECKING:
    from ppio_widgets.magics.completion_context import LineContext


def base_urls(text: str, _scene: LineContext) -> list[Proposal]:
    """Return the base URLs that begin so."""
    urls = list(KNOWN)
    with suppress(HostRefused):  # what the environment names cannot be used
        urls.append(read_host().base_url)
    return beginning(text, (Proposal(url) for url in dict.fromkeys(urls)))
