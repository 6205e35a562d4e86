"""The practice cloud as an httpx transport: from a request to the account of its key and back.

The served one takes the same requests (`server`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import formatdate
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx

from ppio_widgets.cloud.client import INSTANCES
from ppio_widgets.cloud.resources import BALANCE, BILL, PURCHASES
from ppio_widgets.locale.words import words
from ppio_widgets.practice import catalogue
from ppio_widgets.practice.failures import AnswerLate, AnswerLost, Refused, failure_of, lesson_of
from ppio_widgets.request.draft import value_at
from ppio_widgets.secrets.credentials import is_practice_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppio_widgets.practice.account import PracticeAccount, Slow
    from ppio_widgets.practice.clock import PracticeClock
    from ppio_widgets.practice.cloud import PracticeCloud
    from ppio_widgets.practice.incidents import Call

# The events of httpx's real transport, in its order. A client that learns from
# them whether a request has left must learn the same here.
_BEFORE = ("connection.connect_tcp", "http11.send_request_headers", "http11.send_request_body")
_AFTER = ("http11.receive_response_headers",)

# What a class is asked for, beside the API.
CLASS_CALLS = "/practice/v1/"

# The pages behind an instance's addresses: what would be its Jupyter, and its logs.
_PAGE = re.compile(r"/machines/([0-9a-f]+)/(?:jupyter|log/instance|log/system)")


def _list(account: PracticeAccount, request: httpx.Request) -> object:
    name, status, cursor = (request.url.params.get(key, "") for key in ("name", "status", "cursor"))
    limit = catalogue.whole(request.url.params.get("limit", ""))
    return account.page(name=name, status=status, limit=limit, cursor=cursor)


def _get(account: PracticeAccount, request: httpx.Request, one: str) -> object:
    return account.get(one, str(request.extensions.get("served_at", "")))


def _body(request: httpx.Request) -> Any:
    return catalogue.body_of(request.content)


# The calls about instances and money, by method and path: which call it is for incidents, and what does it;
# what a path holds in brackets is passed on.
_CALLS: Mapping[tuple[str, str], tuple[Call | None, Callable[..., object]]] = {
    ("POST", INSTANCES): (
        "create",
        lambda account, request: account.create(_body(request), request.extensions.get("slow")),
    ),
    ("GET", INSTANCES): ("list", _list),
    ("GET", f"{INSTANCES}/([^/]+)"): ("get", _get),
    ("DELETE", f"{INSTANCES}/([^/]+)"): ("act", lambda account, _request, one: account.act(one, "delete")),
    ("PUT", f"{INSTANCES}/([^/]+)/(start|stop|restart)"): (
        "act",
        lambda account, _request, *act: account.act(*act),
    ),
    ("PUT", f"{INSTANCES}/([^/]+)/step"): (None, lambda account, _request, one: account.step(one)),
    ("PUT", f"{INSTANCES}/([^/]+)/auto-renew"): (
        "act",
        lambda account, request, one: account.set_auto_renew(one, _body(request)),
    ),
    ("GET", BALANCE): (None, lambda account, _request: account.balance()),
    ("GET", BILL): (None, lambda account, request: account.bill(request.url.params)),
    ("GET", PURCHASES): (None, lambda account, request: account.purchases(request.url.params)),
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
        if is_off(self.cloud, request):
            self._fire(request, _BEFORE[:1], "failed")
            message = "Connection refused"
            raise httpx.ConnectError(message, request=request)
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
    def _fire(request: httpx.Request, events: tuple[str, ...], end: str = "complete") -> None:
        trace: Any = request.extensions.get("trace")
        if trace is not None:
            for event in events:
                trace(f"{event}.started", {})
                trace(f"{event}.{end}", {})


def answer(cloud: PracticeCloud, request: httpx.Request) -> httpx.Response:
    """Answer one request.

    `failures.AnswerLost` is raised when the connection is to break instead of an answer.
    """
    path = request.url.raw_path.decode("ascii").partition("?")[0]
    headers = times(cloud.clock)
    if request.method == "GET" and (page := _PAGE.fullmatch(path)):
        status, text = _page(cloud, page[1])
        return httpx.Response(status, headers=headers, html=text)
    try:
        if path.startswith(CLASS_CALLS):
            from ppio_widgets.practice.classroom import routes  # noqa: PLC0415 - only a class needs it

            told = routes.answer(cloud, request, partial(_key, request))
            told.headers.update(headers)
            return told
        with cloud.call(_key(request)) as account:
            result = _called(account, request, path)
    except AnswerLate as late:
        cloud.sleep(late.seconds)
        result, headers = late.result, times(cloud.clock)
    except Refused as refusal:
        return _refusal(refusal, headers)
    if result is None:
        return httpx.Response(404, headers=headers, text="404 page not found")
    return httpx.Response(200, headers=headers, json=result)


def times(clock: PracticeClock) -> dict[str, str]:
    """Return the headers of every answer that tell the true time, and that of the class."""
    in_class = f"{clock.time():.3f}; rate={clock.rate:g}"
    return {"Date": formatdate(clock.now(), usegmt=True), "Practice-Time": in_class}


def is_off(cloud: PracticeCloud, request: httpx.Request) -> bool:
    """Whether this request finds the cloud switched off; then it is not to reach it."""
    path = request.url.raw_path.decode("ascii").partition("?")[0]
    kinds = (
        kind
        for (verb, pattern), (kind, _) in _CALLS.items()
        if verb == request.method and re.fullmatch(pattern, path)
    )
    kind = next(kinds, None)
    if kind is None:
        return False
    try:
        key, body = _key(request), _body(request) if kind == "create" else {}
        if not isinstance(body, Mapping):
            return False
        asked = lesson_of(str(value_at(body, ("image",))))
        if asked is not None:
            return not asked.connects
        if all(failure_of(one.verb).connects for one in cloud.incidents.pending()):
            return False
        with cloud.call(key) as account:
            return account.incidents.take(kind, account.student, body, connecting=True) is not None
    except Refused:
        return False


def _refusal(refusal: Refused, headers: Mapping[str, str]) -> httpx.Response:
    waits = {"Retry-After": str(refusal.retry_after)} if refusal.retry_after else {}
    if refusal.is_page:
        page = f"<html><h1>{escape(str(refusal))}</h1></html>"
        return httpx.Response(refusal.status, headers={**headers, **waits}, html=page)
    return httpx.Response(refusal.status, headers={**headers, **waits}, json=refusal.answer)


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
    for (verb, pattern), (kind, call) in _CALLS.items():
        if verb == request.method and (found := re.fullmatch(pattern, path)):
            carry_out = partial(call, account, request, *map(unquote, found.groups()))
            # What strikes a launch has to know its body, and is taken once that is sound.
            if kind in (None, "create"):
                return carry_out()
            failure = account.incidents.take(kind, account.student, {})
            return carry_out() if failure is None else failure.strike(carry_out)
    return catalogue.answer(request.method, path, request.url.params, account.terms.taken())


def _page(cloud: PracticeCloud, instance_id: str) -> tuple[int, str]:
    """Return status and HTML of an instance's page."""
    try:
        status, key = (200, "page") if cloud.is_up(instance_id) else (502, "booting")
    except Refused:
        status, key = 404, "no_machine"
    text = escape(words()(f"practice.{key}", id=instance_id))
    return status, f"<!doctype html><meta charset=utf-8><title>{text}</title><p>{text}</p>"
