"""The formats of a body: the same request as JSON, as curl, as Python and as the line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.formats.curl import to_curl
from ppio_widgets.formats.line.writer import to_line
from ppio_widgets.formats.python_code import to_python
from ppio_widgets.request.draft import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.locale.words import Words

FORMATS = ("json", "curl", "python", "line")


def write(  # noqa: PLR0913 - what the cloud adds to a body
    body: Mapping[str, Any],
    name: str,
    say: Words,
    *,
    practice: bool = False,
    base_url: str = "https://api.ppio.com",
    key_name: str = "PPIO_API_KEY",
    address: str = "",
    allow_host: str = "",
) -> str:
    """Return a body, or a draft, as text that can be run as it stands; it holds no secret.

    `base_url` and `key_name` are of the cloud, for curl; `address` is its base URL for Python and the line,
    empty for the practice cloud in this process. The line says no `allow_host`: whoever pastes one allows
    a stranger.
    """
    if name == "curl":
        return to_curl(body, say, base_url=base_url, key_name=key_name, practice=practice)
    if name == "python":
        return to_python(body, say, practice=practice, base_url=address, allow_host=allow_host)
    if name == "line":
        return to_line(body, practice=practice, base_url=address)
    return to_json(body)
