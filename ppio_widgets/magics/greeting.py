"""On loading: a line for each launch whose outcome is not known, and one for instances left on."""

from __future__ import annotations

import logging
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

from ppio_widgets.locale.words import Span, words
from ppio_widgets.runtime import threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.locale.words import Words

log = logging.getLogger("ppio_widgets")


def tell_of_open_launches() -> None:
    """Print one line for each launch of an earlier kernel whose outcome is not known."""
    from ppio_widgets.launches.ledger import ledger_for  # noqa: PLC0415

    contents = ledger_for(practice=False).unresolved()
    if contents.unreadable or contents.records or contents.closed is not None:
        from ppio_widgets.launches.history import left_open  # noqa: PLC0415 - heavy, and rarely needed

        print("\n".join(left_open(words())))  # noqa: T201


def greet_soon() -> None:
    """Look in the background: loading never waits for it, and no failure of it is seen."""
    threads.try_run(_greet, name="ppio-greeting")


def left_on(client: PpioClient, say: Words) -> str:
    """Return the line, or an empty text; prepaid instances are not counted: stopping one saves nothing."""
    from ppio_widgets.launches.launch import ids_of_this_kernel  # noqa: PLC0415
    from ppio_widgets.request import pricing  # noqa: PLC0415
    from ppio_widgets.request.offers import BillingMode  # noqa: PLC0415

    ours = ids_of_this_kernel()
    listed = client.listing().instances
    on = [one for one in listed if one.is_on and one.mode != BillingMode.PREPAID and one.id not in ours]
    if not on:
        return ""
    client.prices.load_products({one.product_id for one in on})
    now, offers = client.now(), client.prices.snapshot().by_id
    costs = [one.cost_so_far(offers.get(one.product_id), now) for one in on]
    known = [cost for cost in costs if cost is not None]
    currency = next(iter(offers.values())).currency if offers else ""
    # A sum that leaves some out would look like all of it.
    cost = f" ≈ {pricing.shown(sum(known, Decimal(0)), currency)}" if len(known) == len(on) else ""
    age = Span(max(one.seconds_on(now) or 0.0 for one in on)).sentence(say)
    return say("ppio.left_one" if len(on) == 1 else "ppio.left", n=len(on), age=age, cost=cost)


def _greet(tell: Callable[[str], None] = print) -> None:
    try:
        if not _has_key():
            return
        from ppio_widgets.api import connect, wants_practice  # noqa: PLC0415 - heavy: only with a key

        if wants_practice():
            return
        client = connect()
        line = "" if client.is_practice else left_on(client, words())
        if line:
            tell(line)
    except Exception as error:  # noqa: BLE001 - nobody asked for this, so nobody is bothered
        log.info("greeting: %s", type(error).__name__)


def _has_key() -> bool:
    """Whether a live key is at hand; nothing that could ask a person (Colab's secrets) is asked."""
    from ppio_widgets.secrets.credentials import find_key  # noqa: PLC0415
    from ppio_widgets.secrets.hosts import read_host  # noqa: PLC0415

    host = read_host()
    return not host.loopback and "google.colab" not in sys.modules and find_key(host) is not None
