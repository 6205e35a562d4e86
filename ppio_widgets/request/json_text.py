"""A body as JSON, as it is sent and as people read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ppio_widgets.locale.escapes import whole
from ppio_widgets.request.envref import EnvRef

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_json(body: Mapping[str, Any]) -> str:
    """Return a body as JSON, indented by two for people; what is no JSON as text.

    It is what is sent, but for a reference: that stays ``{"$env": "NAME"}``.
    """
    return whole(json.dumps(body, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> object:
    return value.as_json() if isinstance(value, EnvRef) else str(value)
