"""The calls about an instance that exists: read it in full, act on it, give its secrets out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from ppio_widgets.cloud.answers import read_error
from ppio_widgets.cloud.details import InstanceDetail, jupyter_address, read_body, read_detail, ssh_password
from ppio_widgets.cloud.instance_id import require_id
from ppio_widgets.cloud.paging import Page, ask, by_cursor
from ppio_widgets.errors import AnswerUnreadable, NotSent, OutcomeUnknown, PpioError
from ppio_widgets.locale import Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from typing import TypeVar

    from ppio_widgets.cloud.catalogue import Catalogue
    from ppio_widgets.cloud.exchange import Exchange
    from ppio_widgets.cloud.host import Host
    from ppio_widgets.cloud.redact import Redactor

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


class Machines:
    """What `PpioClient` can do with an instance; one method, one request (or one listing)."""

    host: Host
    # What was loaded of its prices; it lives as long as the client (`launcher.spent` fills it).
    prices: Catalogue | None = None
    _mask: Redactor

    def get_json(self, path: str, params: Mapping[str, str]) -> Any:
        """Return the JSON of one read."""
        raise NotImplementedError

    def _write(self, method: str, path: str, body: Mapping[str, Any] | None) -> Exchange:
        """Make one request."""
        raise NotImplementedError

    def get_detail(self, instance_id: str) -> InstanceDetail:
        """Return one instance in full, without its secrets.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable
        """
        return self._one(instance_id, lambda answer: read_detail(answer, self._mask))

    def get_body(self, instance_id: str) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return the body that would make another instance like this one, and the names of its envs.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable
        """
        return self._one(instance_id, read_body)

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
        ApiError, Unreachable, AnswerUnreadable
        """
        filters = {key: text for key, text in (("name", name), ("status", status)) if text}
        found: dict[str, InstanceDetail] = {}
        read = partial(self._row, asked_for=name or "")
        for page in by_cursor(self, INSTANCES, filters, read, MOST_PAGES):
            if isinstance(page, PpioError):
                raise page
            if not isinstance(page, Page):
                raise AnswerUnreadable("answer_unreadable", host=self.host.name)
            found |= {one.id: one for one in page.values}
        return tuple(sorted(found.values(), key=lambda one: one.created_at, reverse=True))

    @property
    def identity(self) -> Hashable:
        """What the clients of one account on one cloud have in common."""
        raise NotImplementedError

    def knock(self, url: str) -> bool:
        """Whether something answers at a machine's own address; no key is sent there."""
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
        exchange = self._write(method, f"{path_of(instance_id)}{verb}", body)
        known = {"host": self.host.name, "kind": exchange.failure, "action": Phrase(f"action.{action}")}
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
        found = ask(self, path_of(instance_id), {}, read)
        if isinstance(found, PpioError):
            raise found
        if found is None:
            raise AnswerUnreadable("answer_unreadable", host=self.host.name)
        return found

    def _row(self, row: Any, asked_for: str) -> tuple[InstanceDetail, ...]:
        one = read_detail(row, self._mask, asked_for)
        return () if one is None else (one,)


def path_of(instance_id: str) -> str:
    """Return where an instance is.

    Raises
    ------
    LaunchRefused
        For a text that can be no id: it would be another address.
    """
    return f"{INSTANCES}/{quote(require_id(instance_id), safe='')}"
