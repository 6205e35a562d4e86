"""The practice cloud as an httpx transport: from a request to the account of its key and back.

The served one takes the same requests (`server`).
"""

from __future__ import annotations

import json
import re
from email.utils import formatdate
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx

from ppio_widgets.cloud.client import INSTANCES
from ppio_widgets.cloud.resources import BALANCE
from ppio_widgets.locale.words import words
from ppio_widgets.practice import catalogue
from ppio_widgets.practice.failures import AnswerLost, Refused
from ppio_widgets.secrets.credentials import is_practice_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.practice.account import PracticeAccount, Slow
    from ppio_widgets.practice.cloud import PracticeCloud

# The events of httpx's real transport, in its order. A client that learns from
# them whether a request has left must learn the same here.
_BEFORE = ("connection.connect_tcp", "http11.send_request_headers", "http11.send_request_body")
_AFTER = ("http11.receive_response_headers",)

# The pages behind an instance's addresses: what would be its Jupyter, and its logs.
_PAGE = re.compile(r"/machines/([0-9a-f]+)/(?:jupyter|log/instance|log/system)")
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost):[0-9]+")


def _list(account: PracticeAccount, request: httpx.Request) -> object:
    name, status, cursor = (request.url.params.get(key, "") for key in ("name", "status", "cursor"))
    limit = catalogue.whole(request.url.params.get("limit", ""))
    return account.page(name=name, status=status, limit=limit, cursor=cursor)


def _get(account: PracticeAccount, request: httpx.Request, one: str) -> object:
    host = request.headers.get("host", "")
    return account.get(one, f"http://{host}" if _LOOPBACK.fullmatch(host) else "")


def _body(request: httpx.Request) -> object:
    try:
        return json.loads(request.content)
    except (ValueError, RecursionError):
        raise Refused("no_json") from None


# The calls about instances and money, by method and path; what a path holds in brackets is passed on.
_CALLS: Mapping[tuple[str, str], Callable[..., object]] = {
    ("POST", INSTANCES): lambda account, request: account.create(
        _body(request), request.extensions.get("slow")
    ),
    ("GET", INSTANCES): _list,
    ("GET", f"{INSTANCES}/([^/]+)"): _get,
    ("DELETE", f"{INSTANCES}/([^/]+)"): lambda account, _request, one: account.act(one, "delete"),
    ("PUT", f"{INSTANCES}/([^/]+)/(start|stop|restart)"): lambda account, _request, *act: account.act(*act),
    ("PUT", f"{INSTANCES}/([^/]+)/step"): lambda account, _request, one: account.step(one),
    ("PUT", f"{INSTANCES}/([^/]+)/auto-renew"): lambda account, request, one: account.set_auto_renew(
        one, _body(request)
    ),
    ("GET", BALANCE): lambda account, _request: account.balance(),
}


class PracticeTransport(httpx.BaseTransport):
    """Answers requests from a practice cloud, firing the trace events of a real one.

    `slow` is how what it launches goes through its states.
    """

    def __init__(self, cloud: PracticeCloud, slow: Slow | None = None) -> None:
        self.cloud = cloud
        self._slow = slow

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request (httpx's hook)."""
        request.read()
        request.extensions["slow"] = self._slow
        self._fire(request, _BEFORE)
        try:
            result = answer(self.cloud, request)
        except AnswerLost:
            # The words of the real one when a server ends the connection.
            message = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(message, request=request) from None
        self._fire(request, _AFTER)
        return result

    @staticmethod
    def _fire(request: httpx.Request, events: tuple[str, ...]) -> None:
        trace: Any = request.extensions.get("trace")
        if trace is not None:
            for event in events:
                trace(f"{event}.started", {})
                trace(f"{event}.complete", {})


def answer(cloud: PracticeCloud, request: httpx.Request) -> httpx.Response:
    """Answer one request.

    `failures.AnswerLost` is raised when the connection is to break instead of an answer.
    """
    path = request.url.raw_path.decode("ascii").partition("?")[0]
    headers = {"Date": formatdate(cloud.now(), usegmt=True)}
    if request.method == "GET" and (page := _PAGE.fullmatch(path)):
        status, text = _page(cloud, page[1])
        return httpx.Response(status, headers=headers, html=text)
    try:
        result = _called(cloud.account(_key(request)), request, path)
    except Refused as refusal:
        return httpx.Response(refusal.status, headers=headers, json=refusal.answer)
    if result is None:
        return httpx.Response(404, headers=headers, text="404 page not found")
    return httpx.Response(200, headers=headers, json=result)


def _key(request: httpx.Request) -> str:
    authorization: str = request.headers.get("authorization", "")
    scheme, _, key = authorization.partition(" ")
    if not key.strip():
        raise Refused("no_key")
    if scheme.lower() != "bearer" or not is_practice_key(key.strip()):
        raise Refused("other_key")
    return key.strip()


def _called(account: PracticeAccount, request: httpx.Request, path: str) -> object | None:
    """Return the answer's JSON, or None where there is no such call."""
    for (verb, pattern), call in _CALLS.items():
        if verb == request.method and (found := re.fullmatch(pattern, path)):
            return call(account, request, *map(unquote, found.groups()))
    return catalogue.answer(request.method, path, request.url.params)


def _page(cloud: PracticeCloud, instance_id: str) -> tuple[int, str]:
    """Return status and HTML of an instance's page."""
    try:
        status, key = (200, "page") if cloud.is_up(instance_id) else (502, "booting")
    except Refused:
        status, key = 404, "no_machine"
    text = escape(words()(f"practice.{key}", id=instance_id))
    return status, f"<!doctype html><meta charset=utf-8><title>{text}</title><p>{text}</p>"
