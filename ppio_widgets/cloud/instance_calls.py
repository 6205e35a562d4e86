"""The calls about an instance that exists: read it in full, act on it, give its secrets out."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from ppio_widgets.cloud.answers import (
    InstanceInfo,
    Page,
    Reply,
    ends_of,
    not_certain,
    read_error,
    read_instance,
    read_page,
)
from ppio_widgets.cloud.instance_id import require_id
from ppio_widgets.cloud.instances import (
    DetailListing,
    InstanceDetail,
    jupyter_address,
    read_body,
    read_detail,
    ssh_password,
)
from ppio_widgets.cloud.paging import PAGE_SIZE, ask
from ppio_widgets.errors import ApiError, NotSent, OutcomeUnknown, PpioError
from ppio_widgets.locale import Phrase
from ppio_widgets.secrets.frames import without_frames
from ppio_widgets.secrets.hiding import hiding

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping
    from typing import TypeVar

    from ppio_widgets.cloud.catalogue import Catalogue
    from ppio_widgets.cloud.http import Exchange
    from ppio_widgets.secrets.hosts import Host
    from ppio_widgets.secrets.redaction import Redactor

    T = TypeVar("T")

INSTANCES = "/gpus/v2/instances"

# Of a listing: more than any account has; a server that never ends is cut off there.
MOST_PAGES = 1000

Action = Literal["start", "stop", "restart", "delete", "stop_renewing"]

# How each action is asked for: the method, what stands behind the instance's address, and the body.
_CALLS: Mapping[Action, tuple[str, str, Mapping[str, Any] | None]] = {
    "start": ("PUT", "/start", None),
    "stop": ("PUT", "/stop", None),
    "restart": ("PUT", "/restart", None),
    "delete": ("DELETE", "", None),
    "stop_renewing": ("PUT", "/auto-renew", {"auto_renew": {"enabled": False}}),
}


# These begin what is billed: they go by no way that nobody named.
BILLED = ("start", "restart")


@without_frames
class InstanceCalls:
    """What `PpioClient` can do with an instance; one method, one request (or one listing)."""

    host: Host
    # What was loaded of its prices; it lives as long as the client (`launcher.spent` fills it).
    prices: Catalogue | None = None
    _mask: Redactor

    def get_reply(self, path: str, params: Mapping[str, str]) -> Reply:
        """Return the answer of one read."""
        raise NotImplementedError

    def _write(
        self, method: str, path: str, body: Mapping[str, Any] | None, *, anyhow: bool = False
    ) -> Exchange:
        """Make one request."""
        raise NotImplementedError

    def get_detail(self, instance_id: str) -> InstanceDetail:
        """Return one instance in full, without its secrets.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable
        """
        return self._one(instance_id, lambda answer: read_detail(answer, self._mask))

    def ask_date(self, instance_id: str) -> float:
        """Return the server's clock as Unix seconds, by a look at an instance; 0 where it is not told.

        An error of the API's own, such as not found, tells it as well.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable
        """
        try:
            return self.get_reply(path_of(instance_id), {}).server_time
        except ApiError as error:
            if not error.server_time:
                raise
            return error.server_time

    def get_body(self, instance_id: str) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return the body that would make another instance like this one, and the names of its envs.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable
        """
        return self._one(instance_id, read_body)

    def get_instance(self, instance_id: str) -> InstanceInfo:
        """Return what is kept of one instance.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable
        """
        return self._one(instance_id, self._read_brief)

    def _read_brief(self, row: Any) -> InstanceInfo | None:
        """Read what is kept of one instance."""
        info = read_instance(row, self._mask)
        return None if info is None else self._with_words(info, row)

    def _with_words(self, info: InstanceInfo, row: Any) -> InstanceInfo:
        """Hide in the words of an instance the secrets that its own row holds as well."""
        told = read_instance(row, hiding(row, self._mask).in_words) or info
        return replace(info, error=told.error, message=told.message)

    def list_instances(self, *, name: str | None = None) -> Iterator[InstanceInfo]:
        """Yield the account's instances, page by page.

        Parameters
        ----------
        name : str, optional
            Fuzzy filter of the server, on name or id.

        Raises
        ------
        ApiError, Unreachable
        AnswerUnreadable
            Behind all that could be read, where it is not certain that this is all.
        """
        for page in self._pages(_filters(name=name), self._read_brief):
            yield from page.rows
            if page.odd is not None:
                raise not_certain(self.host.name, page.odd)

    def list_details(self, name: str | None = None, status: str | None = None) -> tuple[InstanceDetail, ...]:
        """Return the account's instances, all pages, newest first; a listing tells no connections.

        Parameters
        ----------
        name : str, optional
            Fuzzy filter of the server, on name or id.
        status : str, optional
            One of the API's words.

        Raises
        ------
        ApiError, Unreachable
        AnswerUnreadable
            When it is not certain that these are all.
        """
        listing = self.listing(name, status)
        if listing.odd is not None:
            raise not_certain(self.host.name, listing.odd)
        return listing.instances

    def listing(self, name: str | None = None, status: str | None = None) -> DetailListing:
        """Return what `list_details` does, and what speaks against its being all.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable
        """
        read = partial(read_detail, mask=self._mask, asked_for=name or "")
        pages = list(self._pages(_filters(name=name, status=status), read))
        found = {one.id: one for page in pages for one in page.rows}
        newest = sorted(found.values(), key=lambda one: one.created_at, reverse=True)
        return DetailListing(tuple(newest), *ends_of(pages))

    def _pages(self, filters: Mapping[str, str], read: Callable[[Any], T | None]) -> Iterator[Page[T]]:
        """Yield each page to the end; what does not add up stands in the page where that shows."""
        cursor, size = "", 0
        followed = {cursor}
        for number in range(MOST_PAGES):
            query = {**filters, "limit": str(PAGE_SIZE), **({"cursor": cursor} if cursor else {})}
            page = ask(self.get_reply, INSTANCES, query, lambda reply: read_page(reply, read))
            if isinstance(page, PpioError):
                raise page
            if page is None:
                raise not_certain(self.host.name, "shape")
            if page.cursor and (page.cursor in followed or number == MOST_PAGES - 1):
                page = replace(page, cursor="", odd=page.odd or "cursor")
            size += page.size
            if any(total < size or (not page.cursor and total > size) for total in page.totals):
                page = replace(page, odd=page.odd or "total")
            yield page
            if not page.cursor:
                return
            cursor = page.cursor
            followed.add(cursor)

    @property
    def identity(self) -> Hashable:
        """What the clients of one account on one cloud have in common."""
        raise NotImplementedError

    def act(self, instance_id: str, action: Action) -> None:
        """Ask for one action, once; that it was taken is no proof that it happened.

        Raises
        ------
        NotSent
            When the request surely did not leave.
        ApiError
            When the server refused it.
        OutcomeUnknown
            When it may have arrived and no answer came.
        """
        method, verb, body = _CALLS[action]
        exchange = self._write(method, f"{path_of(instance_id)}{verb}", body, anyhow=action not in BILLED)
        known = {"host": self.host.name, "kind": exchange.cause, "action": Phrase(f"action.{action}")}
        if exchange.interrupted:
            raise KeyboardInterrupt
        if exchange.failure and not exchange.left:
            raise NotSent("action_not_sent", **known)
        if exchange.failure:
            raise OutcomeUnknown("action_lost", **known)
        if not 200 <= exchange.status < 300:
            raise read_error(exchange.status, exchange.content, exchange.retry_after, self._mask)

    def reveal_ssh_password(self, instance_id: str) -> str | None:
        """Return the SSH password, read afresh; it is kept nowhere. None when the server tells none.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable
        """
        return self._one(instance_id, lambda answer: (ssh_password(answer),))[0]

    def reveal_jupyter_url(self, instance_id: str) -> str | None:
        """Return Jupyter's address with its token, if it has one, read afresh.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable
        """
        return self._one(instance_id, lambda answer: (jupyter_address(answer),))[0]

    def _one(self, instance_id: str, read: Callable[[Any], T | None]) -> T:
        """Read one instance; the answer, which holds passwords, is in no frame of an error."""

        def of_this_one(reply: Reply) -> T | PpioError | None:
            same = reply.value.get("id") == instance_id
            return read(reply.value) if same else not_certain(self.host.name, "id")

        found: T | PpioError | None = ask(self.get_reply, path_of(instance_id), {}, of_this_one)
        if isinstance(found, PpioError):
            raise found
        if found is None:
            raise not_certain(self.host.name, "shape")
        return found


def _filters(**given: str | None) -> dict[str, str]:
    return {key: text for key, text in given.items() if text}


def path_of(instance_id: str) -> str:
    """Return where an instance is.

    Raises
    ------
    LaunchRefused
        For a text that can be no id: it would be another address.
    """
    return f"{INSTANCES}/{quote(require_id(instance_id), safe='')}"
