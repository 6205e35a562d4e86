"""A catalogue of 1,000 products: what opening the form, filtering and choosing cost."""

from __future__ import annotations

import copy
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks import front_end
from benchmarks.bodies import body
from benchmarks.figures import Notes
from benchmarks.front_end import choose, counted, type_into
from benchmarks.peers import OURS
from benchmarks.peers.face import every
from ppio_widgets import LaunchForm
from ppio_widgets.practice import catalogue, products

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.figures import Figure

PRODUCTS = 1000
PAGE = 100  # of an answer, as large as it is asked for
TYPED = "GPU 99 80"


def measure(rounds: int) -> list[Figure]:
    """Open, look for a product key by key and back, and choose one."""
    front_end.record()
    catalogue.PRODUCTS, catalogue.LARGEST_PAGE = _sold(), PAGE
    notes = Notes("catalogue")
    for _round in range(rounds):
        form = _timed(_opened, notes, "open and load")
        search = _named(form, "Search products")
        for end in (*range(1, len(TYPED) + 1), *range(len(TYPED) - 1, -1, -1)):
            _timed(partial(type_into, search, TYPED[:end]), notes, "filter, one key")
        table = next(one for one in every(form) if "ppw-offers" in getattr(one, "_dom_classes", ()))
        _timed(partial(choose, table, 5), notes, "choose a product")
        form.close()
        front_end.sent.clear()
    return notes.figures()


def _named(form: LaunchForm, description: str) -> Any:
    """Return the control that a person reads this on."""
    return next(one for one in every(form) if getattr(one, "description", "") == description)


def _opened() -> LaunchForm:
    """Return a form that has been displayed and has loaded what there is."""
    form = LaunchForm(body(0), practice=True, language="en")
    form._repr_mimebundle_()
    for thread in threading.enumerate():
        if thread.name == "ppio-catalogue":
            thread.join()
    return form


def _sold() -> tuple[dict[str, Any], ...]:
    """Return what the practice cloud sells, over and over, the first product under its own name."""
    few = products.PRODUCTS
    many = [copy.deepcopy(few[number % len(few)]) for number in range(1, PRODUCTS)]
    for number, product in enumerate(many):
        product["id"] = f"prod-{number}"
        product["resource_spec"]["gpu"]["name"] = f"GPU {number}"
    return (few[0], *many)


def _timed(action: Callable[[], Any], notes: Notes, what: str) -> Any:
    front_end.sent.clear()
    began = time.perf_counter()
    result = action()
    seconds = time.perf_counter() - began
    notes.take(what, OURS, **counted(), ms=seconds * 1000)
    return result
