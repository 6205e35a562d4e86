"""Of what is not met, by the number of the reach: what the floor is, and what stands in the way."""

from __future__ import annotations

FLOORS: dict[int, str] = {
    1: (
        "Settled with 0 rows: what is left is the load of the catalogue, which no other form has. The kernel "
        "reads its answers while the page is being drawn, on the same two processors, and what they bring "
        "(the price, the limits, two lists of ids) is one update of four messages, painted in a frame of "
        "its own when it comes after the first one. The same form with nothing loaded, in the table below, "
        "is the floor; when the name is painted, which does not wait for the load, has lines of its own."
    ),
}
