"""Of what is not met, by the number of the reach: what the floor is, and what stands in the way."""

from __future__ import annotations

FLOORS: dict[int, str] = {
    1: (
        'With 0 rows: two things stand in the way. (1) The form itself, "nothing loaded" in the tables of '
        "JupyterLab, is the floor, a tenth above the hand-made one: the kernel takes longer to build it (see "
        "the table of the real kernel), since banner, preview, cost and faces are worked out before the "
        "first paint, and the page lays out twice as many elements. (2) The load of the catalogue, which no "
        "other form has: the kernel reads its answers while the page is being drawn, on the same two "
        "processors, and what they bring (the price, the limits, two lists of ids) is one update of four "
        "messages, painted in a frame of its own when it comes after the first one. One thread in place of "
        "eight and one update in place of seven took 50 ms off it; to load later would only be seen later."
    ),
}
