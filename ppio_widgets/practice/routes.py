"""From a request on the wire to the account of its key and back, for transport and server alike."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from email.utils import formatdate
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from ppio_widgets.cloud.client import INSTANCES
from ppio_widgets.cloud.resources import BALANCE
from ppio_widgets.locale.words import words
from ppio_widgets.practice import catalogue
from ppio_widgets.practice.failures import Refused
from ppio_widgets.secrets.credentials import is_practice_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.practice.account import PracticeAccount
    from ppio_widgets.practice.cloud import PracticeCloud

# The pages behind an instance's addresses: what would be its Jupyter, and its logs.
_PAGE = re.compile(r"/machines/([0-9a-f]+)/(?:jupyter|log/instance|log/system)")
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost):[0-9]+")


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True)
class _Asked:
    query: Mapping[str, str]
    content: bytes
    served_at: str  # the base address of an instance's pages; empty where they cannot be reached

    def body(self) -> object:
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            raise Refused("no_json") from None


def _list(account: PracticeAccount, asked: _Asked) -> object:
    name, status, cursor = (asked.query.get(key, "") for key in ("name", "status", "cursor"))
    limit = catalogue.whole(asked.query.get("limit", ""))
    return account.page(name=name, status=status, limit=limit, cursor=cursor)


# The calls about instances and money, by method and path; what a path holds in brackets is passed on.
_CALLS: Mapping[tuple[str, str], Callable[..., object]] = {
    ("POST", INSTANCES): lambda account, asked: account.create(asked.body()),
    ("GET", INSTANCES): _list,
    ("GET", f"{INSTANCES}/([^/]+)"): lambda account, asked, one: account.get(one, asked.served_at),
    ("DELETE", f"{INSTANCES}/([^/]+)"): lambda account, _asked, one: account.act(one, "delete"),
    ("PUT", f"{INSTANCES}/([^/]+)/(start|stop|restart)"): lambda account, _asked, *act: account.act(*act),
    ("PUT", f"{INSTANCES}/([^/]+)/auto-renew"): lambda account, asked, one: account.set_auto_renew(
        one, asked.body()
    ),
    ("GET", BALANCE): lambda account, _asked: account.balance(),
}


def answer(
    cloud: PracticeCloud, method: str, target: str, headers: Mapping[str, str], content: bytes
) -> Answer:
    """Answer one request; `target` is path and query as on its line, the headers have lower-case names.

    `failures.AnswerLost` is raised when the connection is to break instead of an answer.
    """
    path, _, query = target.partition("?")
    host = headers.get("host", "")
    date = formatdate(cloud.now(), usegmt=True)
    if method == "GET" and (page := _PAGE.fullmatch(path)):
        status, text = _page(cloud, page[1])
        return _answer(status, "text/html", date, text)
    asked = _Asked(
        dict(parse_qsl(query, keep_blank_values=True)),
        content,
        f"http://{host}" if _LOOPBACK.fullmatch(host) else "",
    )
    try:
        result = _called(cloud.account(_key(headers)), method, path, asked)
    except Refused as refusal:
        return _answer(refusal.status, "application/json", date, _json(refusal.answer))
    if result is None:
        return _answer(404, "text/plain", date, "404 page not found")
    return _answer(200, "application/json", date, _json(result))


def _answer(status: int, kind: str, date: str, text: str) -> Answer:
    return Answer(status, {"Content-Type": f"{kind}; charset=utf-8", "Date": date}, text.encode())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _key(headers: Mapping[str, str]) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if not key.strip():
        raise Refused("no_key")
    if scheme.lower() != "bearer" or not is_practice_key(key.strip()):
        raise Refused("other_key")
    return key.strip()


def _called(account: PracticeAccount, method: str, path: str, asked: _Asked) -> object | None:
    """Return the answer's JSON, or None where there is no such call."""
    for (verb, pattern), call in _CALLS.items():
        if verb == method and (found := re.fullmatch(pattern, path)):
            return call(account, asked, *map(unquote, found.groups()))
    return catalogue.answer(method, path, asked.query)


def _page(cloud: PracticeCloud, instance_id: str) -> tuple[int, str]:
    """Return status and HTML of an instance's page."""
    try:
        status, key = (200, "page") if cloud.is_up(instance_id) else (502, "booting")
    except Refused:
        status, key = 404, "no_machine"
    text = escape(words()(f"practice.{key}", id=instance_id))
    return status, f"<!doctype html><meta charset=utf-8><title>{text}</title><p>{text}</p>"
