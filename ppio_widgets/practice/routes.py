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
from ppio_widgets.practice.failures import Refused, refused
from ppio_widgets.secrets.credentials import is_practice_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.practice.account import PracticeAccount
    from ppio_widgets.practice.cloud import PracticeCloud

_ONE = re.compile(rf"{INSTANCES}/([^/]+)")
_ACTION = re.compile(rf"{INSTANCES}/([^/]+)/(start|stop|restart|auto-renew)")
_JSON = "application/json; charset=utf-8"

# The pages behind an instance's addresses: what would be its Jupyter, and its logs.
_PAGE = re.compile(r"/machines/([0-9a-f]+)/(jupyter|log/instance|log/system)")
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost):[0-9]+")


@dataclass(frozen=True)
class Answer:
    """What goes back: status, content type, the cloud's clock as an HTTP date, and bytes."""

    status: int
    content_type: str
    date: str
    content: bytes

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the answer."""
        return {"Content-Type": self.content_type, "Date": self.date}


@dataclass(frozen=True)
class _Asked:
    method: str
    path: str
    query: Mapping[str, str]
    content: bytes


def answer(
    cloud: PracticeCloud, method: str, target: str, headers: Mapping[str, str], content: bytes
) -> Answer:
    """Answer one request; `target` is path and query as on its line, the headers have lower-case names.

    `failures.AnswerLost` is raised when the connection is to break instead of an answer.
    """
    path, _, query = target.partition("?")
    date = formatdate(cloud.now(), usegmt=True)
    host = headers.get("host", "")
    if method == "GET" and (page := _page(cloud, path)) is not None:
        return Answer(page[0], "text/html; charset=utf-8", date, page[1].encode())
    asked = _Asked(method, path, dict(parse_qsl(query, keep_blank_values=True)), content)
    try:
        account = cloud.account(_key(headers))
        result = _call(account, asked, _served_at(host))
    except Refused as refusal:
        return _json(refusal.status, date, refusal.answer)
    if result is None:
        return Answer(404, "text/plain; charset=utf-8", date, b"404 page not found")
    return _json(200, date, result)


def _key(headers: Mapping[str, str]) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if not key.strip():
        raise refused("no_key")
    if scheme.lower() != "bearer" or not is_practice_key(key.strip()):
        raise refused("other_key")
    return key.strip()


def _call(account: PracticeAccount, asked: _Asked, served_at: str) -> object | None:
    """Return the answer's JSON, or None where there is no such page."""
    method, path, query = asked.method, asked.path, asked.query
    if path == INSTANCES and method == "POST":
        return account.create(_read_body(asked.content))
    if path == INSTANCES and method == "GET":
        return account.page(
            name=query.get("name", ""),
            status=query.get("status", ""),
            limit=catalogue.whole(query.get("limit", "")),
            cursor=query.get("cursor", ""),
        )
    if (found := _ACTION.fullmatch(path)) and method == "PUT":
        return _act(account, unquote(found[1]), found[2], asked.content)
    if found := _ONE.fullmatch(path):
        if method == "GET":
            return account.get(unquote(found[1]), served_at)
        if method == "DELETE":
            return account.act(unquote(found[1]), "delete")
    own = (method, path) == ("GET", BALANCE)
    return account.balance() if own else catalogue.answer(method, path, query)


def _act(account: PracticeAccount, instance_id: str, action: str, content: bytes) -> object:
    if action == "auto-renew":
        return account.set_auto_renew(instance_id, _read_body(content))
    return account.act(instance_id, action)


def _read_body(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise refused("no_json") from None


def _json(status: int, date: str, value: object) -> Answer:
    return Answer(status, _JSON, date, json.dumps(value, ensure_ascii=False).encode())


def _served_at(host: str) -> str:
    """Return the base address of the pages, when they can be reached at all."""
    return f"http://{host}" if _LOOPBACK.fullmatch(host) else ""


def _page(cloud: PracticeCloud, path: str) -> tuple[int, str] | None:
    """Return status and HTML of an instance's page; None for a path that is none."""
    found = _PAGE.fullmatch(path)
    if found is None:
        return None
    say = words()
    try:
        up = cloud.is_up(found[1])
    except Refused:
        return 404, _html(say("practice.no_machine"))
    return (200, _html(say("practice.page", id=found[1]))) if up else (502, _html(say("practice.booting")))


def _html(text: str) -> str:
    return f"<!doctype html><meta charset=utf-8><title>{escape(text)}</title><p>{escape(text)}</p>"
