"""What can be rented, as a table: price, stock and id; asked for once, shown as text and HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ppio_widgets.cloud.answers import plain
from ppio_widgets.cloud.catalogue import open_catalogue
from ppio_widgets.cloud.client import Target
from ppio_widgets.locale import words
from ppio_widgets.request.choices import Wanted
from ppio_widgets.runtime import display, threads

if TYPE_CHECKING:
    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.locale import Words
    from ppio_widgets.request.offers import Offer


@dataclass(frozen=True)
class Products:
    """Products as the catalogue listed them.

    Attributes
    ----------
    offers : tuple of Offer
        What can be launched now first, then the cheapest.
    text : str
        What they were filtered by, or empty.
    cloud : str
    """

    offers: tuple[Offer, ...]
    text: str = ""
    cloud: str = ""

    def __len__(self) -> int:
        return len(self.offers)

    def head(self, say: Words) -> str:
        """Return how many there are, where, and what the prices are for."""
        key = "products.head" if self.offers else "products.none_like" if self.text else "products.none"
        return say(key, n=len(self.offers), cloud=self.cloud, text=self.text)

    def __repr__(self) -> str:
        return f"<Products: {len(self)} on {plain(self.cloud)}>"

    def __str__(self) -> str:
        return display.text(self)

    def _repr_html_(self) -> str:
        return display.html(self)


def list_products(client: PpioClient, text: str = "") -> Products:
    """List what a cloud's catalogue has, asking it once.

    Parameters
    ----------
    client : PpioClient
    text : str
        Words that all have to occur in the id, the name or the GPU's name.

    Raises
    ------
    PpioError
        When the catalogue cannot be read.
    """
    catalogue = open_catalogue(client, clock=threads.tick)
    error = catalogue.load("offers").error
    if error is not None:
        raise error
    found = Wanted(text).found_in(catalogue.snapshot().offers)
    return Products(tuple(found), text, Target.of(client).words(words()))
