"""Of what is not met, by the number of the reach: what the floor is, and what stands in the way.

The profile is of processor time, which a busy machine changes less than the clock: of the page's main
thread (Chromium's `Performance.getMetrics`, in thread ticks) and of the kernel's process.
"""

from __future__ import annotations

FLOORS: dict[int, str] = {
    1: (
        "The profile, in ms of processor time at 0 rows from the key that runs the cell until nothing changes, "
        "the page and the kernel: the limit 123 and 10; hand-made, shared 160–290 and 20–40; ours without its "
        "catalogue 240–305 and 50–70; hand-made 205–295 and 30–70; ours 320–360 and 120–150. More than 100 of "
        "each is JupyterLab running a cell. *The name painted*: the floor is the form without its catalogue, "
        "between the two by hand; against the shared one it has a stylesheet, a script and a price to work out "
        "(about 10 ms in the kernel the first time) and as many models. *Settled*: what comes later is the "
        "catalogue, which no other form has, and which is asked for behind the first frame so that it delays "
        "neither that nor the first keys. It takes the kernel 50 ms for 16 requests and what they mean, and the "
        "page 80 ms for a table of 12 products, its filters and the prices; all else stays as it was drawn. To "
        "ask earlier would delay the first frame by as much. *50 rows*: a row has five models against four, as "
        "it has the button of its menu, and opening their section is a second step here."
    ),
    2: (
        "The profile, in ms of processor time of the page for a key: ours 27–33, hand-made, shared 26–27, "
        "hand-made 27–29, the limit 26; for the burst of 30 keys 264–361, 269–332, 315–349 and 289. The kernel "
        "takes 0.3 to 0.5 for a key. Nearly all of it is JupyterLab's, which follows each message; what is ours "
        "is 1 ms more of style, as there are twice the elements and rules to match."
    ),
    3: (
        "Each row has the button of its menu, a model that the rows by hand do not have: a body with 50 rows is "
        "50 messages more, and yet fewer bytes, as a model is opened by what differs from its defaults."
    ),
}
