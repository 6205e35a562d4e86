"""A body as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_json(body: Mapping[str, Any]) -> str:
    """Return a body as the JSON that is sent, indented by two for people; what is no JSON as text."""
    return json.dumps(body, ensure_ascii=False, indent=2, default=str)
