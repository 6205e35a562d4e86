"""A cloud over real sockets whose price changes, and whose clock goes with the tests'."""

from __future__ import annotations

from contextlib import contextmanager
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from tests.support.bodies import MINIMAL
from tests.support.wire import answers, faulty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.wire import FaultServer, Received

PRODUCT = "a100-80g"
BODY = {**MINIMAL, "product_id": PRODUCT}


class PriceCloud:
    """One product, sold by the hour; what is launched runs at once and can be stopped.

    `cents` is its price (in 1/100), None while prices cannot be read; `status` that of its instance.
    While `gate` is there, a listing of products waits for it. `looks` are what the next looks at the
    instance are answered in place of it (None: with it); `dates` is the clock of its `Date`, if another.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.began = int(now()) - 3600
        self.cents: int | None = 1260
        self.dated = True
        self.dates: Callable[[], float] | None = None
        self.looks: Iterator[Any] = iter(())
        self.status = "running"
        self.gate: Any = None
        self.server: FaultServer
        self.stops: list[float] = []

    def __call__(self, request: Received) -> tuple[Any, ...]:
        status, content, *headers = self._answer(request)
        date = (f"Date: {formatdate((self.dates or self.now)(), usegmt=True)}",) if self.dated else ()
        return (status, content, *date, *headers)

    def _answer(self, request: Received) -> tuple[Any, ...]:
        path, _, query = request.target.partition("?")
        if path.endswith("/products"):
            return self._products(query)
        if path.endswith("/balance/detail"):
            return 200, {"availableBalance": "10000000"}
        if request.method == "POST":
            return 200, {"id": "i-1", "status": "running"}
        if request.method == "PUT":
            self.stops.append(self.now())
            self.status = "exited"
            return 200, {}
        if path.endswith("/instances/i-1"):
            return next(self.looks, None) or (200, self._instance())
        return 200, {"data": [], "next_cursor": "", "has_more": False}

    def _products(self, query: str) -> tuple[int, Any]:
        if self.gate is not None:
            assert self.gate.wait(10)
        if self.cents is None:
            return 500, {"message": "not now"}
        sold = "type=gpu" in query and "billing_method=postpaid" in query
        return 200, {"data": [self._product()] if sold else [], "next_cursor": "", "has_more": False}

    def _product(self) -> dict[str, Any]:
        price = {"unit": "per_hour", "final_price": self.cents, "base_price": self.cents}
        return {"id": PRODUCT, "name": "A100", "type": "gpu", "pricing": {"precision": 2, "postpaid": price}}

    def _instance(self) -> dict[str, Any]:
        return {
            "id": "i-1",
            "name": "demo",
            "status": {"status": self.status, "error": "", "message": ""},
            "product_id": PRODUCT,
            "billing": {"mode": "postpaid"},
            "resource_specs": {"gpu_num": 1},
            "created_at": self.began,
            "last_started_at": self.began,
        }

    @property
    def listings(self) -> int:
        """How often products were asked for."""
        return sum("/products" in request.target for request in self.server.received)

    @property
    def posts(self) -> int:
        return self.server.posts


@contextmanager
def pricing(now: Callable[[], float]) -> Iterator[PriceCloud]:
    cloud = PriceCloud(now)
    with faulty(answers(cloud)) as cloud.server:
        yield cloud
