"""Of what is not met, by the number of the reach: what the floor is, and what stands in the way."""

from __future__ import annotations

FLOORS: dict[int, str] = {}
