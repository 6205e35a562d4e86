"""The calls of a class, beside those of the API: a student's by their key, a teacher's by theirs."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any

import httpx

from ppio_widgets.practice.classroom.cloud import ClassCloud
from ppio_widgets.practice.failures import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.practice.cloud import PracticeCloud

    Given = Mapping[str, Any]
    Call = Callable[[ClassCloud, str, Given], Any]


# By method and path; of the students' calls only `join` needs no key.
_STUDENT: Mapping[tuple[str, str], Call] = {
    ("GET", "lesson"): lambda cloud, key, _given: cloud.told(key),
    ("POST", "check"): lambda cloud, key, given: cloud.check(key, given.get("exercise"), given.get("answer")),
}


def answer(cloud: PracticeCloud, request: httpx.Request, key: Callable[[], str]) -> httpx.Response:
    """Return the answer. `key` returns the key of the request, or refuses it."""
    if not isinstance(cloud, ClassCloud):
        raise Refused("no_class")
    path = request.url.path.partition("/practice/v1/")[2]
    given = _given(request)
    if (request.method, path) == ("POST", "join"):
        return httpx.Response(200, json=cloud.join(given.get("student"), given.get("pin")))
    call = _STUDENT.get((request.method, path))
    if call is None:
        return httpx.Response(404, text="404 page not found")
    return httpx.Response(200, json=call(cloud, key(), given))


def _given(request: httpx.Request) -> Given:
    if request.method == "GET":
        return {}
    try:
        given = json.loads(request.content or b"{}")
    except (ValueError, RecursionError):
        raise Refused("no_json") from None
    if not isinstance(given, dict):
        raise Refused("no_object")
    return given
