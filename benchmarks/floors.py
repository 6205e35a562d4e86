"""Of what is not met, by the number of the reach: what the floor is, and what stands in the way."""

from __future__ import annotations

FLOORS: dict[int, str] = {
    1: (
        "Settled with 0 rows: the name field stands a good 40 ms later than in the hand-made form and what "
        "is seen goes on changing for about 60 ms more. In the way are the catalogue, whose prices and lists "
        "arrive after the form stands (the hand-made form has none), on threads that share the kernel's "
        "processor with it, and a stylesheet of 13 kB, which the page takes before it lays the form out. The "
        "floor for stock widgets is the hand-made shared form in the same run. With 50 rows the models weigh "
        "more than both, and ours settles earlier."
    ),
    3: (
        "Setting 50 rows: half a hundredth above the hand-made shared form, 16 bytes a row. They are the "
        "tooltip that says to a screen reader which row a Remove button is for; we keep it."
    ),
    6: (
        "Opening with 1,000 products: the catalogue itself is not sent (opening the list is under 9 kB). The "
        "kilobyte above is what its load adds to the form: the sentences on the balance, the limits and the "
        "ids to choose from."
    ),
}
