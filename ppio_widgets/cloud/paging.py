"""Listings, page by page to the end: bounded, and never in a circle.

A page becomes plain values before anything else happens, and what goes wrong is raised where no answer is at
hand: an exception carries along what its frames hold, and an answer may hold passwords.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ppio_widgets.cloud.answers import as_mapping, not_certain
from ppio_widgets.errors import ApiError, PpioError, log_fault

if TYPE_CHECKING:
    from ppio_widgets.cloud.answers import Odd, Reply
    from ppio_widgets.secrets.hosts import Host

PAGE_SIZE = 100
MOST_PAGES = 50

T = TypeVar("T")

Params = Mapping[str, str]


class Source(Protocol):
    """What can be asked: `PpioClient`, or something in its place."""

    host: Host
    is_practice: bool

    def get_reply(self, path: str, params: Params) -> Reply:
        """Return the answer of one GET, or raise a `PpioError`."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a listing: its rows that could be read, and how many it had."""

    rows: tuple[T, ...]
    size: int
    # What leads to the next page; empty on the last.
    cursor: str = ""
    # What speaks against its being whole.
    odd: Odd | None = None
    # How many there are on all pages, as often as it says so.
    totals: tuple[int, ...] = ()
    server_time: float = field(default=0.0, compare=False)
    # Whether it has a list of rows, or null: an empty one, in Go.
    has_list: bool = True


def ask(
    source: Source,
    path: str,
    params: Params,
    read: Callable[[Reply], T | PpioError | None],
    *,
    words: bool = True,
) -> T:
    """Make one request and return what `read` makes of its answer; None is an answer of another shape.

    Without `words` an error keeps the server's status and name for it, and not its words.
    """
    found: T | PpioError | None = None
    try:
        found = read(source.get_reply(path, params))
    except PpioError as error:
        found = error
    except Exception as error:  # noqa: BLE001 - ours or the source's; its words may repeat the answer
        log_fault(path, error)
    if isinstance(found, ApiError) and not words:
        raise type(found)(found.code, **{**found.params, "message": ""})
    if isinstance(found, PpioError):
        raise bare(found)
    if found is None:
        raise not_certain(source.host.name, "shape")
    return found


def bare(error: PpioError) -> PpioError:
    """Return the same error anew: no traceback, and nothing behind it."""
    return type(error)(error.code, **error.params)


def by_cursor(
    source: Source, path: str, params: Params, read: Callable[[Any], T | None], *, most: int = MOST_PAGES
) -> Iterator[Page[T]]:
    """Yield each page that a cursor leads to (v2); what does not add up is told by the page that shows it."""
    cursor, size = "", 0
    followed = {cursor}
    for number in range(1, most + 1):
        query = {**params, "limit": str(PAGE_SIZE), **({"cursor": cursor} if cursor else {})}
        page = ask(source, path, query, lambda reply: read_page(reply, read))
        if page.cursor and (page.cursor in followed or number == most):
            page = replace(page, cursor="", odd=page.odd or "cursor")
        size += page.size
        if any(total < size or (not page.cursor and total > size) for total in page.totals):
            page = replace(page, odd=page.odd or "total")
        yield page
        if not page.cursor:
            return
        cursor = page.cursor
        followed.add(cursor)


def by_number(
    source: Source, path: str, params: Params, read: Callable[[Any], T | None]
) -> Iterator[Page[T]]:
    """Yield each numbered page (v1) until its total is reached, or a page says nothing new.

    A server may hold pages smaller than it is asked for, so a short page is no end.
    """
    size, before = 0, None
    for number in range(1, MOST_PAGES + 1):
        query = {**params, "pageNo": str(number), "pageSize": str(PAGE_SIZE)}
        page = ask(source, path, query, lambda reply: read_page(reply, read))
        yield page
        size += page.size
        if not page.size or page == before or any(size >= total for total in page.totals):
            return
        before = page


def read_page(reply: Reply, read: Callable[[Any], T | None]) -> Page[T]:
    """Read one page of a listing, each row by `read`, which returns None for one that cannot be read."""
    answer = as_mapping(reply.value)
    rows, more, cursor = (answer.get(key) for key in ("data", "has_more", "next_cursor"))
    listed = rows if isinstance(rows, list) else []
    found = tuple(one for one in map(read, listed) if one is not None)
    totals, contradicted = _totals(answer, reply.counted, len(listed))
    cursor = "" if cursor is None else cursor
    left_out = rows is None and "data" in answer
    has_list = isinstance(rows, list) or left_out
    against: tuple[tuple[bool, Odd], ...] = (  # the first counts
        (left_out, "data"),
        (not has_list, "shape"),
        (len(found) < len(listed), "row"),
        (contradicted, "total"),
        (not isinstance(more, bool | None) or not isinstance(cursor, str), "shape"),
        (more is not None and more != bool(cursor), "cursor"),
        (more is None, "more"),
    )
    odd = next((odd for holds, odd in against if holds), None)
    following = cursor if isinstance(cursor, str) and more is not False else ""
    return Page(found, len(listed), following, odd, totals, reply.server_time, has_list)


def ends_of(pages: Sequence[Page[Any]]) -> tuple[float, Odd | None]:
    """Return the server's clock on the last page that tells it, and what speaks first against the pages."""
    times = [page.server_time for page in pages if page.server_time]
    return times[-1] if times else 0.0, next((page.odd for page in pages if page.odd), None)


def _totals(
    answer: Mapping[str, Any], counted: tuple[tuple[str, str], ...], size: int
) -> tuple[tuple[int, ...], bool]:
    """Return every total that is told, and whether a range contradicts the rows of this page."""
    told, contradicted = [answer.get("total")], False
    for name, text in counted:
        first, last, total = _range(text) if name == "content-range" else (0, size - 1, text)
        contradicted = contradicted or last - first + 1 != size
        told.append(total)
    return tuple(one for one in map(_number, told) if one is not None), contradicted


def _range(text: str) -> tuple[int, int, str]:
    """Return first, last and total of a Content-Range; what cannot be read fits no page."""
    found = re.fullmatch(r"\s*[\w-]+ (?:(\d+)-(\d+)|\*)/(\d+|\*)\s*", text, re.ASCII)
    if found is None:
        return 0, -2, ""
    return int(found[1] or 0), int(found[2] or -1), found[3]


def _number(value: Any) -> int | None:
    text = value.strip() if isinstance(value, str) else str(value) if type(value) is int else ""
    return int(text) if re.fullmatch(r"-?\d{1,18}", text, re.ASCII) else None
