"""The client of the GPU API: one method, one request (or one listing), and nothing is sent again."""

from __future__ import annotations

import encodings.idna
import encodings.utf_8_sig  # noqa: F401 - as httpcore
import json
import os
import ssl
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import quote

import httpcore  # noqa: F401 - imported by a thread as it connects, a child forked meanwhile would wait for it
import httpx

from ppio_widgets.cloud import recent
from ppio_widgets.cloud.answers import (
    LEFT_OUT,
    ClassTime,
    ClassTimes,
    Dates,
    Reply,
    as_mapping,
    not_certain,
    read_error,
    read_json,
    read_reply,
)
from ppio_widgets.cloud.catalogue import Catalogue
from ppio_widgets.cloud.http import UNTRUSTED, Exchange, Limits
from ppio_widgets.cloud.instances import (
    InstanceDetail,
    Listing,
    is_id,
    jupyter_address,
    read_body,
    read_instance,
    require_id,
    ssh_password,
)
from ppio_widgets.cloud.outcome import Verdict, judge_answer, judge_failure
from ppio_widgets.cloud.paging import Page, ask, by_cursor, ends_of
from ppio_widgets.cloud.proxies import DIRECT, Why, authorities, say_once, ways_to
from ppio_widgets.cloud.resources import Bill, ask_bill
from ppio_widgets.errors import (
    REFUSALS,
    ApiError,
    CredentialsError,
    HostRefused,
    NotSent,
    OutcomeUnknown,
    PpioError,
    Unreachable,
)
from ppio_widgets.locale.text import text_at
from ppio_widgets.locale.words import Phrase
from ppio_widgets.request.envref import on_wire
from ppio_widgets.runtime import forks, kernel, threads
from ppio_widgets.secrets.credentials import (
    JOINED,
    ApiKey,
    digest,
    hidden,
    host_of,
    is_practice_key,
    require_key,
    reveal,
)
from ppio_widgets.secrets.frames import without_frames
from ppio_widgets.secrets.in_use import sent_secrets
from ppio_widgets.secrets.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable, Iterator, Mapping

    from typing_extensions import Self

    from ppio_widgets.cloud.proxies import Way
    from ppio_widgets.locale.words import Words
    from ppio_widgets.request.models import CreateInstanceRequest
    from ppio_widgets.secrets.credentials import KeySource
    from ppio_widgets.secrets.hosts import Host

T = TypeVar("T")

INSTANCES = "/gpus/v2/instances"
# Below it are the calls about a class, which only a practice cloud has.
CLASS = "/practice/v1/"
# Of a listing: more than any account has; a server that never ends is cut off there.
MOST_PAGES = 1000

LARGEST_ANSWER = 16 * 1024 * 1024
LARGEST_CREATE_ANSWER = 1024 * 1024

# A create call that could not leave within a minute of its claim does not leave any more; one that
# has left is listened to for five.
LEAVE_WITHIN = 60.0
LISTEN_SECONDS = 300.0
READ_SECONDS = 120.0

_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_PATIENT = httpx.Timeout(LISTEN_SECONDS * 2, connect=10.0)  # the watchdog comes first
HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Cache-Control": "no-store",
    "Connection": "close",  # each request has its own: what comes late or twice is nobody else's answer
    "User-Agent": "ppio-widgets",
}

Action = Literal["start", "stop", "restart", "delete", "stop_renewing", "step"]

# How each action is asked for: the method, what stands behind the instance's address, and the body.
_CALLS: Mapping[Action, tuple[str, str, Mapping[str, Any] | None]] = {
    "start": ("PUT", "/start", None),
    "stop": ("PUT", "/stop", None),
    "restart": ("PUT", "/restart", None),
    "delete": ("DELETE", "", None),
    "stop_renewing": ("PUT", "/auto-renew", {"auto_renew": {"enabled": False}}),
    "step": ("PUT", "/step", None),  # of a practice cloud only
}
# These begin what is billed: they go by no way that nobody named.
BILLED = ("start", "restart")


@dataclass(frozen=True)
class _Asking:
    """One request, before it goes out."""

    method: str
    path: str
    # What else `httpx.Client.build_request` takes.
    content: Mapping[str, Any] = field(repr=False)
    # Whether to go by ways that nobody named where those that are named fail: a look, and what ends a
    # bill; never what begins one.
    anyhow: bool = False
    # By default those of everything but the create call.
    limits: Limits | None = None
    # Values in it that must not be repeated to anybody.
    secrets: tuple[str, ...] = field(default=(), repr=False)


class PinnedBearer(httpx.Auth):
    """Adds ``Authorization: Bearer …`` to requests to one origin; refuses any other.

    A request that came by another address, such as an absolute URL where a path was
    meant, ends here, before a connection is opened. Of redirects httpx asks no auth (it
    takes the header off): they are the client's to leave alone.
    """

    def __init__(self, host: Host, key: ApiKey) -> None:
        self._name = host.name
        self._origin = _origin(httpx.URL(host.base_url))
        self._key = key

    def __repr__(self) -> str:
        return f"PinnedBearer({self._name}, {self._key!r})"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header (httpx's hook); a request that is not for the origin is not sent."""
        if _origin(request.url) != self._origin:
            raise HostRefused("host_pinned", host=self._name)
        request.headers["Authorization"] = f"Bearer {reveal(self._key)}"
        yield request


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    """Return scheme, host as it is on the wire, and port unless it is the default."""
    return url.scheme, url.raw_host, url.port


@cache
@forks.within_openssl()
def bare_context() -> ssl.SSLContext:
    """Return a context that trusts nobody: httpx wants one for plain http as well."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@without_frames
class PpioClient:
    """The GPU API, as it is on the wire.

    Every call of `create_instance` is one POST and may start a billed instance;
    the guards (confirmation, submit once, ledger, look-up) are those of `launches`.
    Synchronous and safe to use from several threads.

    Parameters
    ----------
    api_key : str, ApiKey or callable, optional
        A callable is asked when a request is made. Without it the key is looked for
        then: `%ppio login`, ``PPIO_API_KEY`` for api.ppio.com, ``NOVITA_API_KEY`` for
        api.novita.ai, Colab's secrets, the system's keyring; on loopback and for a class a
        practice key: of ``%ppio class join``, else of ``PPIO_WIDGETS_PRACTICE_KEY`` (on
        loopback else the one of this kernel).
    base_url : str, optional
        Default ``PPIO_GPU_BASE_URL``, then ``https://api.ppio.com``. With a practice key any https
        address, with a path if need be, is a class.
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
    prices : Catalogue
        What its instances are priced by; nothing is asked until somebody loads it.
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
        self.host: Host = host_of(base_url, allow_host=allow_host, argument=api_key)
        practises = self.host.loopback or self.host.is_class
        if practises and api_key is None:
            api_key = require_key(self.host)
        self._argument = api_key
        self._transport = transport
        self._lock = forks.lock()
        self._redactor = Redactor()  # of all that was sent: a later answer may repeat it
        practises = practises and isinstance(api_key, ApiKey) and is_practice_key(api_key)
        self.is_practice = practice or practises
        self.prices = Catalogue(self)

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
        """A label of the account: the last four characters of its key, or the name in a practice key.

        Raises
        ------
        CredentialsError
        """
        return self.require_key().label

    @property
    def identity(self) -> Hashable:
        """What the clients of one key on one cloud have in common; it shows no key."""
        try:
            account = digest(self.require_key())
        except CredentialsError:
            account = ""
        return self._place, account

    @property
    def joined_as(self) -> str:
        """As whom its class was joined, by this kernel or an earlier one; empty for no such class."""
        with suppress(CredentialsError):
            if self.is_practice and not callable(self._argument):
                key = self.require_key()
                return key.label if key.source == JOINED else ""
        return ""

    @property
    def has_address(self) -> bool:
        """Whether its cloud can be reached by address, from elsewhere too."""
        return self._transport is None

    @property
    def class_time(self) -> ClassTime | None:
        """What a practice cloud last told of the time of its class; None before, and for any other cloud."""
        return kernel.of(ClassTimes).get(self._place) if self.is_practice else None

    def now(self) -> float:
        """Return the Unix seconds for money, timers and ages: the class's where there is one, else ours."""
        told = self.class_time
        return threads.now() if told is None else told.now()

    @property
    def _place(self) -> Hashable:
        """Which cloud it is, whosever the key."""
        return self.host.base_url, getattr(self._transport, "cloud", self._transport)

    def waits(self, instance_id: str) -> bool:
        """Whether an instance of a practice cloud in this process waits to be led to its next state."""
        cloud = getattr(self._transport, "cloud", None)
        return cloud is not None and bool(cloud.waits(instance_id))

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

        `secrets` are values in it that must not be repeated to anybody; the seconds that it `waited` since it
        was written down as on its way count towards those in which it may leave.
        """
        exchange, kind = Exchange(), ""
        try:
            limits = Limits(LARGEST_CREATE_ANSWER, LISTEN_SECONDS, LEAVE_WITHIN - waited)
            content = {
                "content": json.dumps(body, ensure_ascii=False).encode(),
                "headers": {"Content-Type": "application/json"},
                "timeout": _PATIENT,
            }
            (way,) = self.ways(anyhow=False)
            self._go(exchange, way, _Asking("POST", INSTANCES, content, limits=limits, secrets=secrets))
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
            mask=self._redactor.redact,
        )

    def look(self, name: str, may_be: Callable[[str], bool] | None = None) -> Listing:
        """Return every instance that a name may mean (empty for all): all pages, or an error.

        The server's filter is fuzzy; who asks compares the names. A row that cannot be read, of a name that
        `may_be` says cannot be looked for, says nothing against the listing. Anything else that is odd about
        an answer is an error: it is no evidence of absence.
        """
        pages = list(self._pages(partial(self._read_sound, may_be=may_be), name=name))
        found = {one.id: one for page in pages for one in page.rows if one.id}
        in_class = self.class_time
        time = in_class.time if in_class is not None else 0.0
        listing = Listing(tuple(found.values()), *ends_of(pages), time)
        if listing.odd is not None and listing.odd not in LEFT_OUT:
            raise not_certain(self.host.name, listing.odd)
        return listing

    def ask_date(self, instance_id: str) -> float:
        """Return the server's clock as Unix seconds, by a look at an instance; 0 where it is not told.

        An error of the API's own, such as not found, tells it as well.
        """
        try:
            return self.get_reply(path_of(instance_id), {}).server_time
        except ApiError as error:
            if not error.server_time:
                raise
            return error.server_time

    def get_body(self, instance_id: str) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return the body that would make another instance like this one, and the names of its envs."""
        return self._one(instance_id, read_body)

    def get_instance(self, instance_id: str) -> InstanceDetail:
        """Return one instance, without its secrets.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable
        """
        return self._one(instance_id, lambda answer: read_instance(answer, self._redactor))

    def list_instances(self, *, name: str | None = None) -> Iterator[InstanceDetail]:
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
        for page in self._pages(self._reader(name), name=name):
            yield from page.rows
            if page.odd is not None:
                raise not_certain(self.host.name, page.odd)

    def listing(self, name: str | None = None, status: str | None = None) -> Listing:
        """Return all instances that filters let through, newest first, and what speaks against it."""
        pages = list(self._pages(self._reader(name), name=name, status=status))
        found = {one.id: one for page in pages for one in page.rows}
        newest = sorted(found.values(), key=lambda one: one.created_at, reverse=True)
        return Listing(tuple(newest), *ends_of(pages))

    def act(self, instance_id: str, action: Action) -> None:
        """Ask for one action, once; that it was taken is no proof that it happened.

        Raises
        ------
        HostRefused
            For a step on a cloud that is no practice cloud; nothing was sent.
        NotSent
            When the request surely did not leave.
        ApiError
            When the server refused it.
        OutcomeUnknown
            When it may have arrived and no answer came.
        """
        if action == "step" and not self.is_practice:
            raise HostRefused("host_step", host=self.host.name)
        method, verb, body = _CALLS[action]
        asking = _Asking(method, f"{path_of(instance_id)}{verb}", {"json": body}, anyhow=action not in BILLED)
        exchange = self._sent(asking, Phrase(f"action.{action}"))
        if self._transport is None:
            kernel.of(Dates).note(self.host.base_url, exchange.date, anew=True)

    def ask_class(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Ask a class for something, once, and return its answer; such a path is no call of a real cloud.

        Raises
        ------
        HostRefused
            For any other cloud, and for any other path.
        NotSent, ApiError, OutcomeUnknown
            As of `act`.
        """
        if not self.is_practice or not path.startswith(CLASS):
            raise HostRefused("host_pinned", host=self.host.name)
        exchange = self._sent(_Asking("POST", path, {"json": body}), Phrase("action.class"))
        return as_mapping(read_json(exchange.content))

    def _sent(self, asking: _Asking, action: Phrase) -> Exchange:
        """Make one request that changes something, once; anything but success is raised."""
        exchange = self._call(asking)
        known = {"host": self.host.name, "kind": exchange.cause, "action": action}
        if exchange.interrupted:
            raise KeyboardInterrupt
        if exchange.failure and not exchange.left:
            raise NotSent("action_not_sent", **known)
        if exchange.failure:
            raise OutcomeUnknown("action_lost", **known)
        if not 200 <= exchange.status < 300:
            raise read_error(exchange.status, exchange.content, exchange.retry_after, self._redactor.redact)
        return exchange

    def bill(self, days: int | None = None) -> Bill:
        """Return what the account was charged in the last days, 31 at most; of a practice cloud all of it.

        A live cloud's bill comes a day late.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable
        """
        return replace(ask_bill(self, self.now, days), names=self._names())

    def _names(self) -> dict[str, str]:
        """Return the names of instances that are there or were seen here, by id, as far as can be read."""
        seen = {one.id: one.name for one in recent.seen(self.host.base_url)}
        with suppress(PpioError):
            seen.update((one.id, one.name) for one in self.list_instances())
        return seen

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

    def ways(self, *, anyhow: bool) -> tuple[Way, ...]:
        """Return how a request may go out; loopback never goes through a proxy."""
        if self._transport is not None or self.host.loopback:
            return (DIRECT,)
        return ways_to(self.host.base_url, anyhow=anyhow)

    def get_reply(self, path: str, params: Mapping[str, str], *, anyhow: bool = True) -> Reply:
        """Return the answer of one read, where it is the API's and fresh.

        Unless it is to go out `anyhow`, it goes by the way of a launch only.
        """
        # A cloud of this process answers by itself: nothing on the way can have kept it.
        dates = kernel.of(Dates) if self._transport is None else Dates()
        earlier = dates.get(self.host.base_url, 0.0)
        exchange = self._call(_Asking("GET", path, {"params": params}, anyhow=anyhow))
        if exchange.interrupted:
            raise KeyboardInterrupt  # afresh: the one that came holds the request
        if exchange.failure:
            raise Unreachable("unreachable", host=self.host.name, kind=exchange.cause)
        reply = read_reply(exchange, self.host.name, earlier, self._redactor.redact)
        if isinstance(reply, PpioError):
            raise reply
        dates.note(self.host.base_url, reply.server_time)
        return reply

    def _read_sound(self, row: Any, may_be: Callable[[str], bool] | None) -> InstanceDetail | None:
        """Read a row that may be what is looked for; one that does not tell all that is compared is none."""
        one = read_instance(row, self._redactor, asked_for=None)
        if one is not None and is_id(one.id) and one.name and one.status and one.created_at > 0:
            return one
        name = text_at(row, "name")
        # Without a name it may be any; of a name that cannot be it, it is passed over.
        return InstanceDetail("") if may_be and name.strip() and not may_be(name) else None

    def _reader(self, name: str | None) -> Callable[[Any], InstanceDetail | None]:
        """Return what reads a row; the name that somebody asked for is no secret."""
        return partial(read_instance, redactor=self._redactor, asked_for=name or "")

    def _one(self, instance_id: str, read: Callable[[Any], T | None]) -> T:
        """Read one instance; the answer, which holds passwords, is in no frame of an error."""

        def of_this_one(reply: Reply) -> T | PpioError | None:
            same = reply.value.get("id") == instance_id
            return read(reply.value) if same else not_certain(self.host.name, "id")

        return ask(self, path_of(instance_id), {}, of_this_one)

    def _pages(self, read: Callable[[Any], T | None], **filters: str | None) -> Iterator[Page[T]]:
        """Yield each page of the instances that filters let through."""
        given = {key: text for key, text in filters.items() if text}
        return by_cursor(self, INSTANCES, given, read, most=MOST_PAGES)

    def _call(self, asking: _Asking) -> Exchange:
        """Make one request that is not the create call, by the first way on which it leaves."""
        past: Why | None = None
        for way in self.ways(anyhow=asking.anyhow):
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
        secure = self.host.base_url.startswith("https://") and self._transport is None
        context, wrong = authorities(anyhow=asking.anyhow) if secure else (bare_context(), None)
        past = past or way.past
        if way.fault is not None or context is None:
            exchange.failure, exchange.why = "Unusable", past or way.fault or wrong
            return
        past = past or wrong
        try:
            http = httpx.Client(  # nothing of it is anybody else's
                base_url=self.host.base_url,
                transport=self._transport,
                verify=context,
                proxy=way.proxy or None,
                trust_env=False,  # what the environment says is in the way
                follow_redirects=False,
                headers=HEADERS,
            )
            request = http.build_request(
                asking.method, asking.path, **{"timeout": _TIMEOUT, **asking.content}
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, its words are not ours
            kind = type(error).__name__
            exchange.failure, exchange.why = kind, past or way.failed(kind)
            return
        try:
            process = os.getpid()
            key = self.require_key()
            if os.getpid() != process:  # who was asked for it forked, and the request is the parent's
                raise NotSent("fault_before", kind="Fork")
            with self._lock:
                self._redactor = self._redactor.with_more(sent_secrets(key, asking.secrets))
            # Failures come back as a name: no exception may hold the header.
            limits = asking.limits or Limits(LARGEST_ANSWER, READ_SECONDS)
            times = kernel.of(ClassTimes)
            asked = times.ask()
            exchange.run(http, request, PinnedBearer(self.host, key), limits)
            if self.is_practice and exchange.in_class:
                times.note(self._place, ClassTime(*exchange.in_class, threads.tick()), asked)
        finally:
            # One that was given serves the next request as well, and an Interrupt may leave a pool locked.
            if self._transport is None and not exchange.interrupted:
                http.close()
        exchange.tell(request, self._redactor)
        if not exchange.left:
            untrusted = Why("untrusted", "SSL_CERT_FILE") if exchange.failure == UNTRUSTED else None
            exchange.why = past or way.failed(exchange.failure) or untrusted
        elif past is not None:
            say_once(self.host.name, past)


@dataclass(frozen=True)
class Target:
    """Which cloud a launch goes to: its name is the host as people read it."""

    name: str
    practice: bool
    # Empty for the practice cloud in this process, which has no address.
    base_url: str = ""
    # What has to be allowed to go there; empty for the known hosts and this machine.
    allow_host: str = ""
    # As whom its class was joined; empty for no such class.
    student: str = ""

    @classmethod
    def of(cls, client: PpioClient) -> Target:
        """Describe the cloud of a client."""
        host = client.host
        stranger = not (host.known or host.loopback or host.is_class)
        base_url = host.base_url if client.has_address else ""
        student = client.joined_as if base_url else ""
        return cls(host.name, client.is_practice, base_url, host.name if stranger else "", student)

    @property
    def ends_with_kernel(self) -> bool:
        """Whether it is the practice cloud in this process."""
        return self.practice and not self.base_url

    def words(self, say: Words) -> str:
        """Return the cloud in words: ``"the practice cloud"`` or its host."""
        return say("cloud.practice") if self.practice else self.name


def path_of(instance_id: str) -> str:
    """Return where an instance is; a text that can be no id, and so would be another address, is refused."""
    return f"{INSTANCES}/{quote(require_id(instance_id), safe='')}"
