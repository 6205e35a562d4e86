"""Of what is not met, by the number of the reach: what the floor is, and what stands in the way.

The profile is of processor time, which a busy machine changes less than the clock: of the page's main
thread (Chromium's `Performance.getMetrics`, in thread ticks) and of the kernel's process.
"""

from __future__ import annotations

FLOORS: dict[int, str] = {
    1: (
        "The profile, in ms of processor time at 0 rows from the key that runs the cell until "
        "nothing changes, the page and the kernel, on a busy machine, where one page differs from "
        "the next: the limit 123 and 10; hand-made, shared 160–286 and 20–40; ours without its "
        "catalogue 242–305 and 50–90; hand-made 204–296 and 30–70; ours 320–400 and 120–150. About "
        "100 of each is JupyterLab running a cell. *The name painted*: the floor is the form "
        "without its catalogue, near the default one by hand; against the shared one it has 46 "
        "models, not 37, a stylesheet and a script, and a price, errors and summaries to work out "
        "first. *Settled*: what comes later is the catalogue, which no other form has, and which is "
        "asked for behind the first frame so that it delays neither that nor the first keys. It "
        "takes the kernel 50 ms for 16 requests and what they mean, and the page 80 ms for a table "
        "of 12 products, its filters and the prices; all else stays as it was drawn. To ask earlier "
        "would delay the first frame by as much. *50 rows*: a row has five models, not four, as it "
        "has the button of its menu, and opening their section is a second step here."
    ),
    2: (
        "The profile, in ms of processor time of the page for a key, on a busy machine: ours 32–40, "
        "hand-made, shared 26–38, hand-made 27–29, the limit 26; for the burst of 30 keys 264–416, "
        "269–378, 315–400 and 289. The kernel takes about 0.5 for a key. Nearly all of it is "
        "JupyterLab's, which follows each message; what is ours is 1 ms more of style for a key, as "
        "there are more elements and rules to match."
    ),
    3: (
        "Each row has the button of its menu, a model that the rows by hand do not have: a body "
        "with 50 rows is 50 messages more, and yet fewer bytes, as a model is opened by what "
        "differs from its defaults."
    ),
}
