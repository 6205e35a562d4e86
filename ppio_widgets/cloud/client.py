"""The raw client: one method, one request, nothing repeated and nothing hidden."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from ppio_widgets.cloud.answers import InstanceInfo, read_error, read_instance, read_json
from ppio_widgets.cloud.credentials import ApiKey, mask, require_key, reveal
from ppio_widgets.cloud.host import Host, read_host
from ppio_widgets.cloud.verdict import Verdict, judge_answer, judge_failure
from ppio_widgets.errors import AnswerUnreadable, LaunchRefused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typing_extensions import Self

    from ppio_widgets.request.models import CreateInstanceRequest

INSTANCES = "/gpus/v2/instances"
PAGE_SIZE = 100
MOST_PAGES = 1000
LARGEST_ANSWER = 16 * 1024 * 1024
LARGEST_CREATE_ANSWER = 1024 * 1024

_TIMEOUT = httpx.Timeout(30.0, connect=10.0)

# From this event on (httpx's trace extension) a byte of the request may have left.
_LEAVING = "send_request_headers.started"


@cache
def _tls_context() -> ssl.SSLContext:
    # Building one reads all certificates (25-40 ms), so every client shares it.
    return httpx.create_ssl_context()


@cache
def _bare_context() -> ssl.SSLContext:
    # httpx wants a context for plain http as well; this one trusts nobody.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class PpioClient:
    """The GPU API, as it is on the wire.

    Every call of `create_instance` is one POST and may start a billed instance;
    the guards (confirmation, submit once) are the launcher's. Synchronous and
    safe to use from several threads.

    Parameters
    ----------
    api_key : str or ApiKey, optional
        Without it the key is looked for when a request is made: ``PPIO_API_KEY``
        for api.ppio.com, ``NOVITA_API_KEY`` for api.novita.ai, the fixed practice
        key on loopback.
    base_url : str, optional
        Default ``PPIO_GPU_BASE_URL``, then ``https://api.ppio.com``.
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
        Whether it is a practice cloud.
    """

    def __init__(
        self,
        api_key: str | ApiKey | None = None,
        *,
        base_url: str | None = None,
        transport: httpx.BaseTransport | None = None,
        practice: bool = False,
    ) -> None:
        self.host: Host = read_host(base_url)
        self._argument = ApiKey(api_key, "api_key") if isinstance(api_key, str) else api_key
        self._transport = transport
        # On loopback only the fixed practice key is sent unasked, and only a practice cloud takes it.
        self.is_practice = practice or (self.host.loopback and api_key is None)

    def __repr__(self) -> str:
        return f"PpioClient({self.host.base_url})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @property
    def is_live(self) -> bool:
        """Whether a create call would be billed to somebody."""
        return not self.is_practice and not self.host.loopback

    def require_key(self) -> ApiKey:
        """Return the key that a request would carry.

        Raises
        ------
        CredentialsError
            When there is none.
        """
        return require_key(self.host, self._argument)

    def refuse_live(self) -> None:
        """Refuse to launch on a live host, in this version.

        Raises
        ------
        LaunchRefused
            Until a launch is submitted once and recorded, only practice and loopback may create.
        """
        if self.is_live:
            raise LaunchRefused("live_off", host=self.host.name)

    def close(self) -> None:
        """Close the connections; the client can be used again."""
        http: httpx.Client | None = self.__dict__.pop("_http", None)
        if http is not None:
            http.close()

    def create_instance(self, request: CreateInstanceRequest) -> str:
        """Create an instance: one POST, billed, never repeated.

        Returns
        -------
        str
            The id of the new instance.

        Raises
        ------
        LaunchRefused
            On a live host, in this version.
        NotSent
            When the request surely did not leave.
        ApiError
            When the server refused it.
        OutcomeUnknown
            When it may have arrived and no id came back: look before you send again.
        """
        verdict = self.send_create(request.body())
        if verdict.error is not None:
            raise verdict.error
        return str(verdict.instance_id)

    def send_create(self, body: Mapping[str, Any]) -> Verdict:
        """Send the create call once and judge what came of it."""
        self.refuse_live()
        exchange = self._exchange("POST", INSTANCES, json=body, limit=LARGEST_CREATE_ANSWER)
        if exchange.failure:
            return judge_failure(exchange.failure, self.host.name, sent=exchange.left)
        return judge_answer(exchange.status, exchange.content, cut=exchange.cut)

    def get_instance(self, instance_id: str) -> InstanceInfo:
        """Return one instance.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable
        """
        instance = read_instance(self._get(f"{INSTANCES}/{quote(instance_id, safe='')}", {}))
        if instance is None:
            raise AnswerUnreadable("answer_unreadable", host=self.host.name)
        return instance

    def list_instances(self, *, name: str | None = None) -> Iterator[InstanceInfo]:
        """Yield the account's instances, page by page.

        Parameters
        ----------
        name : str, optional
            Fuzzy filter of the server, on name or id.

        Raises
        ------
        ApiError, Unreachable, AnswerUnreadable
        """
        cursor = ""
        followed = {cursor}
        for _page in range(MOST_PAGES):
            params = {"limit": str(PAGE_SIZE), "cursor": cursor, "name": name or ""}
            answer = self._get(INSTANCES, {key: value for key, value in params.items() if value})
            rows = answer.get("data") if isinstance(answer, dict) else None
            if not isinstance(rows, list):
                raise AnswerUnreadable("answer_unreadable", host=self.host.name)
            yield from (info for row in rows if (info := read_instance(row)) is not None)
            following = answer.get("next_cursor")
            if not answer.get("has_more") or not isinstance(following, str) or following in followed:
                return
            followed.add(following)
            cursor = following

    @cached_property
    def _http(self) -> httpx.Client:
        secure = self.host.base_url.startswith("https://") and self._transport is None
        abroad = secure and not self.host.loopback  # loopback never goes through a proxy
        return httpx.Client(
            base_url=self.host.base_url,
            timeout=_TIMEOUT,
            transport=self._transport,
            verify=_tls_context() if secure else _bare_context(),
            trust_env=abroad,
            follow_redirects=False,
            headers={"Accept": "application/json", "User-Agent": "ppio-widgets"},
        )

    def _get(self, path: str, params: Mapping[str, str]) -> Any:
        exchange = self._exchange("GET", path, params=params, limit=LARGEST_ANSWER)
        if exchange.failure:
            raise Unreachable("unreachable", host=self.host.name, kind=exchange.failure)
        if not 200 <= exchange.status < 300:
            raise read_error(exchange.status, exchange.content)
        answer = None if exchange.cut else read_json(exchange.content)
        if answer is None:
            raise AnswerUnreadable("answer_unreadable", host=self.host.name)
        return answer

    def _exchange(self, method: str, path: str, *, limit: int, **content: Any) -> _Exchange:
        """Make one request. Failures come back as a name: no exception may hold the header."""
        exchange = _Exchange()
        key = self.require_key()
        try:
            with self._http.stream(
                method,
                path,
                headers={"Authorization": f"Bearer {reveal(key)}"},
                extensions={"trace": exchange.trace},
                **content,
            ) as response:
                exchange.status = response.status_code
                exchange.read(response, limit)
        except (httpx.HTTPError, httpx.StreamError) as error:
            exchange.failure = type(error).__name__
        exchange.content = mask(exchange.content, key)
        return exchange


@dataclass
class _Exchange:
    """One request and what came of it."""

    left: bool = False
    status: int = 0
    content: bytes = b""
    cut: bool = False
    failure: str = ""

    def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        self.left = self.left or event.endswith(_LEAVING)

    def read(self, response: httpx.Response, limit: int) -> None:
        """Read the answer; one larger than `limit` is cut and counts as unreadable."""
        parts: list[bytes] = []
        size = 0
        for part in response.iter_bytes():
            size += len(part)
            if size > limit:
                self.cut = True
                return
            parts.append(part)
        self.content = b"".join(parts)
