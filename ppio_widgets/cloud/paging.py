"""Long answers, page by page to the end: bounded, and never in a circle.

A page becomes plain values before anything else happens, and what goes wrong comes back
as an error value: an exception raised where an answer is at hand would carry it along in
its frames, and the answer may hold passwords.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ppio_widgets.errors import PpioError, log_fault

if TYPE_CHECKING:
    from ppio_widgets.cloud.answers import Reply

PAGE_SIZE = 100
MOST_PAGES = 50

A = TypeVar("A")
T = TypeVar("T")

Params = Mapping[str, str]


class Source(Protocol):
    """What can be asked: `PpioClient`, or something in its place."""

    def get_reply(self, path: str, params: Mapping[str, str]) -> Reply:
        """Return the answer of one GET, or raise a `PpioError`."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page: its values, how many rows it had, what leads on, and the server's clock (0: not told)."""

    values: tuple[T, ...]
    size: int
    cursor: str
    total: int | None
    server_time: float = field(default=0.0, compare=False)


def ask(
    get: Callable[[str, Params], A], path: str, params: Params, read: Callable[[A], T | None]
) -> T | PpioError | None:
    """Make one request and read its answer.

    What fails comes back bare, without frames; None is an answer of another shape.
    """
    try:
        return read(get(path, params))
    except PpioError as error:
        return bare(error)
    except Exception as error:  # noqa: BLE001 - ours or the source's; its words may repeat the answer
        log_fault(path, error)
        return None


def bare(error: PpioError) -> PpioError:
    """Return the same error anew: no traceback, and nothing behind it."""
    return type(error)(error.code, **error.params)


def by_cursor(
    source: Source, path: str, params: Params, read: Callable[[Any], tuple[T, ...]]
) -> Iterator[Page[T] | PpioError | None]:
    """Yield each page that a cursor leads to (v2), at most so many; None for an answer of another shape.

    ``has_more`` and ``next_cursor`` are not on every page of the documentation: an answer
    without them is the last one.
    """
    cursor = ""
    followed = {cursor}
    for _page in range(MOST_PAGES):
        more = {"cursor": cursor} if cursor else {}
        page = ask(source.get_reply, path, {**params, "limit": str(PAGE_SIZE), **more}, _reader(read))
        yield page
        if not isinstance(page, Page) or page.cursor in followed:
            return
        cursor = page.cursor
        followed.add(cursor)


def by_number(
    source: Source, path: str, params: Params, read: Callable[[Any], tuple[T, ...]]
) -> Iterator[Page[T] | PpioError | None]:
    """Yield each numbered page (v1) until its total is reached, or a page says nothing new.

    A server may hold pages smaller than it is asked for, so a short page is no end.
    """
    size, before = 0, None
    for number in range(1, MOST_PAGES + 1):
        query = {**params, "pageNo": str(number), "pageSize": str(PAGE_SIZE)}
        page = ask(source.get_reply, path, query, _reader(read))
        yield page
        if not isinstance(page, Page):
            return
        size += page.size
        whole = page.total is not None and size >= page.total
        if whole or not page.size or page == before:
            return
        before = page


def unpaged(
    source: Source, path: str, params: Params, read: Callable[[Any], tuple[T, ...]]
) -> Iterator[Page[T] | PpioError | None]:
    """Yield the only page there is."""
    yield ask(source.get_reply, path, params, _reader(read))


def _reader(read: Callable[[Any], tuple[T, ...]]) -> Callable[[Reply], Page[T] | None]:
    return lambda reply: _page(reply, read)


def _page(reply: Reply, read: Callable[[Any], tuple[T, ...]]) -> Page[T] | None:
    """Read one page; None when its shape is not the API's. ``data`` may be null: empty, in Go."""
    answer = reply.value
    if not isinstance(answer, Mapping) or not isinstance(answer.get("data", ""), list | None):
        return None
    rows = answer["data"] or []
    cursor, total = answer.get("next_cursor"), answer.get("total")
    leads_on = answer.get("has_more") is not False
    return Page(
        values=tuple(value for row in rows for value in read(row)),
        size=len(rows),
        cursor=cursor if leads_on and isinstance(cursor, str) else "",
        total=total if isinstance(total, int) and not isinstance(total, bool) else None,
        server_time=reply.server_time,
    )
