"""The raw client: one method, one request, nothing repeated and nothing hidden."""

from __future__ import annotations

import encodings.idna
import encodings.utf_8_sig  # noqa: F401 - as httpcore
import json
import logging
import os
import ssl
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import httpcore  # noqa: F401 - imported by a thread as it connects, a child forked meanwhile would wait for it
import httpx

from ppio_widgets.cloud.answers import (
    LEFT_OUT,
    Dates,
    InstanceInfo,
    Listing,
    Reply,
    ends_of,
    not_certain,
    read_instance,
    read_reply,
)
from ppio_widgets.cloud.auth import PinnedBearer
from ppio_widgets.cloud.http import Exchange, Limits
from ppio_widgets.cloud.instance_calls import INSTANCES, InstanceCalls
from ppio_widgets.cloud.instance_id import is_id
from ppio_widgets.cloud.outcome import Verdict, judge_answer, judge_failure
from ppio_widgets.cloud.proxies import DIRECT, authorities, say_once, ways_to
from ppio_widgets.errors import REFUSALS, CredentialsError, NotSent, OutcomeUnknown, PpioError, Unreachable
from ppio_widgets.locale.text import text_at
from ppio_widgets.request.envref import on_wire
from ppio_widgets.runtime import forks, kernel
from ppio_widgets.secrets.credentials import ApiKey, digest, hidden, is_practice_key, require_key, reveal
from ppio_widgets.secrets.frames import without_frames
from ppio_widgets.secrets.hosts import Host, read_host
from ppio_widgets.secrets.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from typing_extensions import Self

    from ppio_widgets.cloud.proxies import Way, Why
    from ppio_widgets.locale import Words
    from ppio_widgets.request.models import CreateInstanceRequest
    from ppio_widgets.secrets.credentials import KeySource

log = logging.getLogger("ppio_widgets")

__all__ = ["INSTANCES", "PpioClient"]

LARGEST_ANSWER = 16 * 1024 * 1024
LARGEST_CREATE_ANSWER = 1024 * 1024

# A create call that could not leave within a minute of its claim does not leave any more; one that
# has left is listened to for five.
LEAVE_WITHIN = 60.0
LISTEN_SECONDS = 300.0
READ_SECONDS = 120.0

_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_PATIENT = httpx.Timeout(LISTEN_SECONDS * 2, connect=10.0)  # the watchdog comes first
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Cache-Control": "no-store",
    "Connection": "close",  # each request has its own: what comes late or twice is nobody else's answer
    "User-Agent": "ppio-widgets",
}


# Stands for a row that cannot be read, and cannot be what is looked for.
_OTHER = InstanceInfo("")


@dataclass(frozen=True)
class _Asking:
    """One request, before it goes out.

    Attributes
    ----------
    method, path : str
    more : mapping
        What else `httpx.Client.build_request` takes.
    limits, timeout : optional
        By default those of everything but the create call.
    anyhow : bool
        Whether to go by ways that nobody named where those that are named fail: a look, and what ends
        a bill; never what begins one.
    secrets : tuple of str
        Values in it that must not be repeated to anybody.
    """

    method: str
    path: str
    more: Mapping[str, Any] = field(repr=False)
    limits: Limits | None = None
    timeout: httpx.Timeout | None = None
    anyhow: bool = False
    secrets: tuple[str, ...] = field(default=(), repr=False)


@cache
@forks.within_openssl()
def _bare_context() -> ssl.SSLContext:
    # httpx wants a context for plain http as well; this one trusts nobody.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@without_frames
class PpioClient(InstanceCalls):
    """The GPU API, as it is on the wire.

    Every call of `create_instance` is one POST and may start a billed instance;
    the guards (confirmation, submit once, ledger, look-up) are the launcher's.
    Synchronous and safe to use from several threads.

    Parameters
    ----------
    api_key : str, ApiKey or callable, optional
        A callable is asked when a request is made. Without it the key is looked for
        then: `%ppio login`, ``PPIO_API_KEY`` for api.ppio.com, ``NOVITA_API_KEY`` for
        api.novita.ai, Colab's secrets, the system's keyring; on loopback a practice key
        (``PPIO_WIDGETS_PRACTICE_KEY``, else the one of this kernel).
    base_url : str, optional
        Default ``PPIO_GPU_BASE_URL``, then ``https://api.ppio.com``.
    allow_host : str, optional
        Name of a host other than the two known ones that may be used.
    transport : httpx.BaseTransport, optional
        In place of the network.
    practice : bool
        Whether what answers is a practice cloud that bills nobody.

    Raises
    ------
    HostRefused, CredentialsError
        For a base URL or a key that cannot be used.

    Attributes
    ----------
    host : Host
        Where requests go.
    is_practice : bool
        Whether it is a practice cloud. Practice keys go to no other, and no other key goes there.
    """

    def __init__(
        self,
        api_key: KeySource | None = None,
        *,
        base_url: str | None = None,
        allow_host: str | None = None,
        transport: httpx.BaseTransport | None = None,
        practice: bool = False,
    ) -> None:
        api_key = hidden(api_key)
        self.host: Host = read_host(base_url, allow_host=allow_host)
        if self.host.loopback and api_key is None:
            api_key = require_key(self.host)
        self._argument = api_key
        self._transport = transport
        self._lock = forks.lock()
        self._mask = Redactor()  # of all that was sent: a later answer may repeat it
        practises = isinstance(api_key, ApiKey) and is_practice_key(api_key)
        self.is_practice = practice or (self.host.loopback and practises)

    def __repr__(self) -> str:
        return f"PpioClient({self.host.base_url})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def require_key(self) -> ApiKey:
        """Return the key that a request would carry.

        Raises
        ------
        CredentialsError
            When there is none, or it is a practice key and the cloud is a real one, or the
            other way round.
        """
        key = require_key(self.host, self._argument)
        if is_practice_key(key) != self.is_practice:
            code = "key_no_practice" if self.is_practice else "key_practice"
            raise CredentialsError(code, source=key.source)
        return key

    @property
    def account(self) -> str:
        """A label of the account: the last four characters of its key.

        Raises
        ------
        CredentialsError
        """
        return f"…{self.require_key().last_four}"

    @property
    def identity(self) -> Hashable:
        """What the clients of one key on one cloud have in common; it shows no key."""
        try:
            account = digest(self.require_key())
        except CredentialsError:
            account = ""
        return self.host.base_url, account, getattr(self._transport, "cloud", self._transport)

    @property
    def has_address(self) -> bool:
        """Whether its cloud can be reached by address, from elsewhere too."""
        return self._transport is None

    def close(self) -> None:
        """Close what was given in place of the network; the client can be used again."""
        if self._transport is not None:
            self._transport.close()

    def create_instance(self, request: CreateInstanceRequest) -> str:
        """Create an instance: one POST, billed, never repeated.

        This is the bare wire: no confirmation, no record, no look-up.
        `ppio_widgets.launch` has them.

        Returns
        -------
        str
            The id of the new instance.

        Raises
        ------
        RequestInvalid
            When a variable of the environment that an env refers to is not set.
        NotSent
            When the request surely did not leave.
        ApiError
            When the server refused it.
        OutcomeUnknown
            When it may have arrived and no id came back: look before you send again.
        """
        verdict = self.send_create(*on_wire(request.body(), practice=self.is_practice))
        if isinstance(verdict.error, OutcomeUnknown):
            raise OutcomeUnknown("unknown_look", reason=verdict.error)
        if verdict.error is not None:
            raise verdict.error
        return str(verdict.instance_id)

    def send_create(
        self, body: Mapping[str, Any], secrets: tuple[str, ...] = (), *, waited: float = 0.0
    ) -> Verdict:
        """Send the create call once, on a connection of its own, and judge what came of it.

        Parameters
        ----------
        body : mapping
            As it goes on the wire.
        secrets : tuple of str
            Values in it that must not be repeated to anybody.
        waited : float
            Seconds since it was written down as on its way: they count towards those in which it may leave.
        """
        exchange, kind = Exchange(), ""
        try:
            self._post(exchange, body, secrets, waited)
        except PpioError:  # refused on this side: no key
            raise
        except BaseException as error:  # noqa: BLE001 - an Interrupt too: what is known of the request counts
            kind = type(error).__name__
        if not exchange.status:
            return judge_failure(exchange.cause or kind, self.host.name, sent=exchange.left)
        return judge_answer(
            exchange.status,
            exchange.content,
            cut=exchange.cut,
            # Where a machine may be running nobody is told to wait and launch again.
            retry_after=exchange.retry_after if exchange.status in REFUSALS else None,
            mask=self._mask,
        )

    def _post(
        self, exchange: Exchange, body: Mapping[str, Any], secrets: tuple[str, ...], waited: float
    ) -> None:
        content = json.dumps(body, ensure_ascii=False).encode()
        (way,) = self._ways(anyhow=False)
        limits = Limits(LARGEST_CREATE_ANSWER, LISTEN_SECONDS, LEAVE_WITHIN - waited)
        more = {"content": content, "headers": {"Content-Type": "application/json"}}
        self._go(exchange, way, _Asking("POST", INSTANCES, more, limits, _PATIENT, secrets=secrets))

    def look(self, name: str, may_be: Callable[[str], bool] | None = None) -> Listing:
        """Return every instance that a name may mean: all pages, or an error.

        The server's filter is fuzzy; who asks compares the names. Env values, which the
        answer carries, are dropped on arrival.

        Parameters
        ----------
        name : str
            What to filter by; empty for all.
        may_be : callable, optional
            Whether a listed name may be the one that is looked for: a row that cannot be read, of a
            name that cannot be it, says nothing against the listing. By default any may be it.

        Raises
        ------
        ApiError, Unreachable
        AnswerUnreadable
            When anything about an answer is odd: it is no evidence of absence.
        """
        pages = list(self._pages({"name": name} if name else {}, partial(self._read_sound, may_be=may_be)))
        found = {one.id: one for page in pages for one in page.rows if one is not _OTHER}
        listing = Listing(tuple(found.values()), *ends_of(pages))
        if listing.odd is not None and listing.odd not in LEFT_OUT:
            raise not_certain(self.host.name, listing.odd)
        return listing

    def _read_sound(self, row: Any, may_be: Callable[[str], bool] | None) -> InstanceInfo | None:
        """Read a row that may be what is looked for: one that does not tell all that is compared is none."""
        one = read_instance(row)
        if one is not None and is_id(one.id) and one.name and one.status and one.created_at > 0:
            return self._with_words(one, row)
        name = text_at(row, "name")
        # Without a name it may be any.
        return _OTHER if may_be and name.strip() and not may_be(name) else None

    def get_json(self, path: str, params: Mapping[str, str]) -> Any:
        """Return the JSON of one read.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable, CredentialsError
        """
        return self.get_reply(path, params).value

    def _ways(self, *, anyhow: bool) -> tuple[Way, ...]:
        """Return how a request may go out; loopback never goes through a proxy."""
        if self._transport is not None or self.host.loopback:
            return (DIRECT,)
        return ways_to(self.host.base_url, anyhow=anyhow)

    def _context(self, *, anyhow: bool) -> tuple[ssl.SSLContext | None, Why | None]:
        secure = self.host.base_url.startswith("https://") and self._transport is None
        return authorities(anyhow=anyhow) if secure else (_bare_context(), None)

    def _open(self, way: Way, timeout: httpx.Timeout, context: ssl.SSLContext) -> httpx.Client:
        """Return what one request goes out with: nothing of it is anybody else's."""
        return httpx.Client(
            base_url=self.host.base_url,
            timeout=timeout,
            transport=self._transport,
            verify=context,
            proxy=way.proxy or None,
            trust_env=False,  # what the environment says is in the way
            follow_redirects=False,
            headers=_HEADERS,
        )

    def _close(self, http: httpx.Client) -> None:
        if self._transport is None:  # one that was given serves the next request as well
            http.close()

    def get_reply(self, path: str, params: Mapping[str, str]) -> Reply:
        """Return the answer of one read, where it is the API's and fresh.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable, CredentialsError
        """
        dates = kernel.of(Dates)
        # A cloud of this process answers by itself: nothing on the way can have kept it.
        earlier = dates.latest(self.host.base_url) if self._transport is None else 0.0
        exchange = self._call(_Asking("GET", path, {"params": params}, anyhow=True))
        if exchange.interrupted:
            raise KeyboardInterrupt  # afresh: the one that came holds the request
        if exchange.failure:
            raise Unreachable("unreachable", host=self.host.name, kind=exchange.cause)
        reply = read_reply(exchange, self.host.name, earlier, self._mask)
        if isinstance(reply, PpioError):
            raise reply
        if self._transport is None:
            dates.note(self.host.base_url, reply.server_time)
        return reply

    def _write(
        self, method: str, path: str, body: Mapping[str, Any] | None, *, anyhow: bool = False
    ) -> Exchange:
        exchange = self._call(_Asking(method, path, {"json": body}, anyhow=anyhow))
        if 200 <= exchange.status < 300 and self._transport is None:
            kernel.of(Dates).begin(self.host.base_url, exchange.date)
        return exchange

    def _call(self, asking: _Asking) -> Exchange:
        """Make one request that is not the create call, by the first way on which it leaves."""
        past: Why | None = None
        for way in self._ways(anyhow=asking.anyhow):
            exchange = Exchange()
            self._go(exchange, way, asking, past)
            past = exchange.why
            if exchange.left or exchange.interrupted or not exchange.failure:
                break
        return exchange

    def _go(self, exchange: Exchange, way: Way, asking: _Asking, past: Why | None = None) -> None:
        """Make one request by one way, on a connection of its own.

        What is wrong with what is named before (`past`, the first fault counts) explains that nothing left;
        what left anyhow is not explained by it, and it is said once that it went another way.
        """
        context, wrong = self._context(anyhow=asking.anyhow)
        past = past or way.past
        if way.fault is not None or context is None:
            exchange.failure, exchange.why = "Unusable", past or way.fault or wrong
            return
        past = past or wrong
        try:
            http = self._open(way, asking.timeout or _TIMEOUT, context)
            request = http.build_request(asking.method, asking.path, **asking.more)
        except Exception as error:  # noqa: BLE001 - whatever it is, its words are not ours
            kind = type(error).__name__
            exchange.failure, exchange.why = kind, past or way.failed(kind)
            return
        try:
            limits = asking.limits or Limits(LARGEST_ANSWER, READ_SECONDS)
            self._exchange(exchange, http, request, limits, asking.secrets)
        finally:
            if not exchange.interrupted:  # else its pool may be left locked
                self._close(http)
        if not exchange.left:
            exchange.why = past or way.failed(exchange.failure)
        elif past is not None:
            say_once(self.host.name, past)

    def _exchange(
        self,
        exchange: Exchange,
        http: httpx.Client,
        request: httpx.Request,
        limits: Limits,
        secrets: tuple[str, ...] = (),
    ) -> None:
        """Make one request. Failures come back as a name: no exception may hold the header."""
        process = os.getpid()
        key = self.require_key()
        if os.getpid() != process:  # who was asked for it forked, and the request is the parent's
            raise NotSent("fault_before", kind="Fork")
        with self._lock:
            self._mask.learn(reveal(key), *secrets)
        exchange.run(http, request, PinnedBearer(self.host, key), limits)


@dataclass(frozen=True)
class Target:
    """Which cloud a launch goes to.

    Attributes
    ----------
    name : str
        Host as people read it.
    practice : bool
        Whether nothing is billed there.
    base_url : str
        Empty for the practice cloud in this process, which has no address.
    allow_host : str
        What has to be allowed to go there; empty for the known hosts and this machine.
    """

    name: str
    practice: bool
    base_url: str = ""
    allow_host: str = ""

    @classmethod
    def of(cls, client: PpioClient) -> Target:
        """Describe the cloud of a client."""
        host = client.host
        stranger = not (host.known or host.loopback)
        base_url = host.base_url if client.has_address else ""
        return cls(host.name, client.is_practice, base_url, host.name if stranger else "")

    def words(self, say: Words) -> str:
        """Return the cloud in words: ``"the practice cloud"`` or its host."""
        return say("cloud.practice") if self.practice else self.name
