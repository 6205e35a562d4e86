"""Of what is not met, by the number of the reach: what the floor is, and what stands in the way."""

from __future__ import annotations

FLOORS: dict[int, str] = {
    1: (
        "Processor time says what a loaded machine cannot hide (Chromium's `Performance.getMetrics` in "
        "thread ticks for the page's main thread, the kernel's own seconds; milliseconds, medians, 0 "
        "rows). The page, from the key that runs the cell until nothing changes: the limit 123, hand-"
        "made, shared 160 to 240, ours without its catalogue 275, hand-made 205 to 285, ours 360; more "
        "than 100 of each is JupyterLab running a cell. The kernel: 10, 20, 60, 40 to 70, 120. So the "
        "name is painted as soon as in the form by hand, with all that is worked out before it (banner, "
        "price, request, rules), while one more is made of nothing: 38 models against 37. What is settled"
        " later is the catalogue, which no other form has and which is asked for behind the first frame: "
        "16 requests at 3 ms each and 7 ms for what they mean in the kernel, 85 ms on the page for a "
        "table of 12 products, its filters and the prices (style 16, script 10, layout 10). That is the "
        "floor of `settled`: it would be reached by asking for less, not by asking earlier, which delays "
        "the first frame by as much. With 50 rows each row has five models against four: its menu's "
        "button."
    ),
    2: (
        "A key costs the kernel 0.3 ms and the page 33 to 38 ms of processor time, 26 to 38 in the form "
        "by hand and 26 in the limit: nearly all of it is JupyterLab's, which counts every message of a "
        "kernel and lays out the cell. Ours has twice the elements and rules to match: style takes 3 ms a"
        " key against 1.7."
    ),
    3: (
        "Each row has the button of its menu, a model that the rows by hand do not have: a body with 50 "
        "rows is 50 messages more, and yet fewer bytes, as a model is opened by what differs from its "
        "defaults."
    ),
}
