"""The raw client: one method, one request, nothing repeated and nothing hidden."""

from __future__ import annotations

import json
import logging
import os
import ssl
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx

from ppio_widgets import notebook
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
from ppio_widgets.cloud.credentials import ApiKey, digest, hidden, is_practice_key, require_key, reveal
from ppio_widgets.cloud.exchange import Exchange, Limits
from ppio_widgets.cloud.frames import without_frames
from ppio_widgets.cloud.host import Host, read_host
from ppio_widgets.cloud.instance_id import is_id
from ppio_widgets.cloud.knock import KNOCK_SECONDS, knock
from ppio_widgets.cloud.machines import INSTANCES, Machines
from ppio_widgets.cloud.redact import Redactor
from ppio_widgets.cloud.verdict import Verdict, judge_answer, judge_failure
from ppio_widgets.errors import REFUSALS, CredentialsError, OutcomeUnknown, PpioError, Unreachable
from ppio_widgets.request.envref import on_wire

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from typing_extensions import Self

    from ppio_widgets.cloud.credentials import KeySource
    from ppio_widgets.request.models import CreateInstanceRequest

log = logging.getLogger("ppio_widgets")

__all__ = ["INSTANCES", "PpioClient"]

LARGEST_ANSWER = 16 * 1024 * 1024
LARGEST_CREATE_ANSWER = 1024 * 1024

# A create call that could not leave within a minute does not leave any more; one that
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
    "User-Agent": "ppio-widgets",
}


def _tls_context() -> ssl.SSLContext:
    """Return the context for https; a certificate authority of one's own counts."""
    return _trusting(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _trusting(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    # Building one reads all certificates (25-40 ms), so every client shares it.
    # httpx reads the two variables itself; they are arguments so that a change is seen.
    return httpx.create_ssl_context()


@cache
def _bare_context() -> ssl.SSLContext:
    # httpx wants a context for plain http as well; this one trusts nobody.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@without_frames
class PpioClient(Machines):
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
        self._lock = threading.Lock()
        self._shared: httpx.Client | None = None
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

    def knock(self, url: str) -> bool:
        """Whether something answers at a machine's own address; no key and no cookie is sent there.

        The server named it, so only a public address counts, unless the cloud is on this machine.
        """
        try:
            http = self._new_http(httpx.Timeout(KNOCK_SECONDS))
        except Exception as error:  # noqa: BLE001 - such as a proxy's address that is none
            log.info("knock: %s", type(error).__name__)
            return False
        try:
            return knock(http, url, anywhere=self.host.loopback)
        finally:
            if self._transport is None:  # one that was given is the reads' as well
                http.close()

    def close(self) -> None:
        """Close the connections; the client can be used again."""
        with self._lock:
            http, self._shared = self._shared, None
        if http is not None:
            http.close()

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

    def send_create(self, body: Mapping[str, Any], secrets: tuple[str, ...] = ()) -> Verdict:
        """Send the create call once, on a connection of its own, and judge what came of it.

        Parameters
        ----------
        body : mapping
            As it goes on the wire.
        secrets : tuple of str
            Values in it that must not be repeated to anybody.
        """
        exchange, kind = Exchange(), ""
        try:
            self._post(exchange, body, secrets)
        except PpioError:  # refused on this side: no key
            raise
        except BaseException as error:  # noqa: BLE001 - an Interrupt too: what is known of the request counts
            kind = type(error).__name__
        if not exchange.status:
            return judge_failure(exchange.failure or kind, self.host.name, sent=exchange.left)
        return judge_answer(
            exchange.status,
            exchange.content,
            cut=exchange.cut,
            # Where a machine may be running nobody is told to wait and launch again.
            retry_after=exchange.retry_after if exchange.status in REFUSALS else None,
            mask=self._mask,
        )

    def _post(self, exchange: Exchange, body: Mapping[str, Any], secrets: tuple[str, ...]) -> None:
        content = json.dumps(body, ensure_ascii=False).encode()
        fresh = self._new_http(_PATIENT) if self._transport is None else None
        try:
            http = fresh or self._http()
            request = http.build_request(
                "POST", INSTANCES, content=content, headers={"Content-Type": "application/json"}
            )
            self._exchange(
                exchange, http, request, Limits(LARGEST_CREATE_ANSWER, LISTEN_SECONDS, LEAVE_WITHIN), secrets
            )
        finally:
            if fresh is not None and not exchange.interrupted:  # else its pool may be left locked
                fresh.close()

    def look(self, name: str) -> Listing:
        """Return every instance that a name may mean: all pages, or an error.

        The server's filter is fuzzy; who asks compares the names. Env values, which the
        answer carries, are dropped on arrival.

        Raises
        ------
        ApiError, Unreachable
        AnswerUnreadable
            When anything about an answer is odd: it is no evidence of absence.
        """
        pages = list(self._pages({"name": name} if name else {}, self._read_sound))
        found = {one.id: one for page in pages for one in page.rows}
        listing = Listing(tuple(found.values()), *ends_of(pages))
        if listing.odd is not None and listing.odd not in LEFT_OUT:
            raise not_certain(self.host.name, listing.odd)
        return listing

    def _read_sound(self, row: Any) -> InstanceInfo | None:
        """Read a row that may be what is looked for: one that does not tell all that is compared is none."""
        one = read_instance(row)
        if one is None or not (is_id(one.id) and one.name and one.status and one.created_at > 0):
            return None
        return self._with_words(one, row)

    def get_json(self, path: str, params: Mapping[str, str]) -> Any:
        """Return the JSON of one read.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable, CredentialsError
        """
        return self.get_reply(path, params).value

    def _http(self) -> httpx.Client:
        """Return the connections that reads share."""
        with self._lock:
            if self._shared is None:
                self._shared = self._new_http(_TIMEOUT)
            return self._shared

    def _new_http(self, timeout: httpx.Timeout) -> httpx.Client:
        secure = self.host.base_url.startswith("https://") and self._transport is None
        abroad = secure and not self.host.loopback  # loopback never goes through a proxy
        return httpx.Client(
            base_url=self.host.base_url,
            timeout=timeout,
            transport=self._transport,
            verify=_tls_context() if secure else _bare_context(),
            trust_env=abroad,
            follow_redirects=False,
            headers=_HEADERS,
        )

    def get_reply(self, path: str, params: Mapping[str, str]) -> Reply:
        """Return the answer of one read, where it is the API's and fresh.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable, CredentialsError
        """
        dates = notebook.of(Dates)
        # A cloud of this process answers by itself: nothing on the way can have kept it.
        earlier = dates.latest(self.host.base_url) if self._transport is None else 0.0
        exchange = self._call("GET", path, params)
        if exchange.interrupted:
            raise KeyboardInterrupt  # afresh: the one that came holds the request
        if exchange.failure:
            raise Unreachable("unreachable", host=self.host.name, kind=exchange.failure)
        reply = read_reply(exchange, self.host.name, earlier, self._mask)
        if isinstance(reply, PpioError):
            raise reply
        if self._transport is None:
            dates.note(self.host.base_url, reply.server_time)
        return reply

    def _write(self, method: str, path: str, body: Mapping[str, Any] | None) -> Exchange:
        exchange = self._call(method, path, {}, body)
        if 200 <= exchange.status < 300 and self._transport is None:
            notebook.of(Dates).begin(self.host.base_url, exchange.date)
        return exchange

    def _call(
        self, method: str, path: str, params: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> Exchange:
        """Make one request on the connections that are shared."""
        try:
            http = self._http()
            request = http.build_request(method, path, params=params, json=body)
        except Exception as error:  # noqa: BLE001 - such as a proxy's address that is none
            return Exchange(failure=type(error).__name__)
        exchange = Exchange()
        self._exchange(exchange, http, request, Limits(LARGEST_ANSWER, READ_SECONDS))
        if exchange.interrupted:  # within its pool, which it may have left locked: nobody waits for that
            with self._lock:
                self._shared = None if self._shared is http else self._shared
        return exchange

    def _exchange(
        self,
        exchange: Exchange,
        http: httpx.Client,
        request: httpx.Request,
        limits: Limits,
        secrets: tuple[str, ...] = (),
    ) -> None:
        """Make one request. Failures come back as a name: no exception may hold the header."""
        key = self.require_key()
        with self._lock:
            self._mask.learn(reveal(key), *secrets)
        exchange.run(http, request, PinnedBearer(self.host, key), limits)
