"""The calls of a class, beside those of the API: a student's by their key, a teacher's by theirs."""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING, Any

import httpx

from ppio_widgets.cloud.answers import as_whole
from ppio_widgets.locale.text import text_at
from ppio_widgets.practice.classroom.cloud import FASTEST, MOST_TIMES, MOST_YUAN, ClassCloud
from ppio_widgets.practice.classroom.page import page, sheet
from ppio_widgets.practice.failures import Refused, failure_of
from ppio_widgets.request.pricing import read_amount
from ppio_widgets.runtime.times import LONGEST_SPAN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from ppio_widgets.practice.cloud import PracticeCloud

    Given = Mapping[str, Any]
    Call = Callable[[ClassCloud, str, Given], Any]
    Lever = Callable[[ClassCloud, Given], Any]


# By method and path; of the students' calls only `join` needs no key.
_STUDENT: Mapping[tuple[str, str], Call] = {
    ("GET", "lesson"): lambda cloud, key, _given: cloud.told(key),
    ("POST", "check"): lambda cloud, key, given: cloud.check(key, given.get("exercise"), given.get("answer")),
}

# A teacher's, all of them by the teacher's key.
_TEACHER: Mapping[tuple[str, str], Lever] = {
    ("GET", "teacher"): lambda cloud, _given: cloud.board(),
    ("GET", "teacher/export"): lambda cloud, _given: httpx.Response(
        200, text=sheet(cloud.board()), headers={"Content-Type": "text/csv; charset=utf-8"}
    ),
    ("POST", "teacher/clock"): lambda cloud, given: cloud.clock.set(float(_number(given, "rate", FASTEST))),
    ("POST", "teacher/jump"): lambda cloud, given: cloud.clock.jump(float(_number(given, "seconds"))),
    ("POST", "teacher/incident"): lambda cloud, given: _incident(cloud, given),
    ("POST", "teacher/reclaim"): lambda cloud, given: cloud.reclaim(
        text_at(given, "student"), float(_number(given, "notice"))
    ),
    ("POST", "teacher/pay"): lambda cloud, given: cloud.pay(
        text_at(given, "student"), _number(given, "yuan", MOST_YUAN)
    ),
    ("POST", "teacher/reset"): lambda cloud, given: cloud.reset(text_at(given, "student")),
}


def answer(cloud: PracticeCloud, request: httpx.Request, key: Callable[[], str]) -> httpx.Response:
    """Return the answer. `key` returns the key of the request, or refuses it."""
    if not isinstance(cloud, ClassCloud):
        raise Refused("no_class")
    path = request.url.path.partition("/practice/v1/")[2]
    if (request.method, path) == ("GET", "teacher/page"):
        return page()
    given = _given(request)
    if (request.method, path) == ("POST", "join"):
        return httpx.Response(200, json=cloud.join(given.get("student"), given.get("pin")))
    lever = _TEACHER.get((request.method, path))
    if lever is not None:
        if not hmac.compare_digest(key(), cloud.teacher_key):
            raise Refused("no_teacher")
        told = lever(cloud, given)
        return told if isinstance(told, httpx.Response) else httpx.Response(200, json=told or {})
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


def _incident(cloud: ClassCloud, given: Given) -> None:
    try:
        verb = failure_of(text_at(given, "verb")).verb
    except ValueError as error:
        raise Refused("invalid", field="verb", problem=f"the nearest is {error}") from None
    times = as_whole(given.get("times", 1), 1, MOST_TIMES)
    if times is None:
        raise Refused("invalid", field="times", problem=f"a whole number from 1 to {MOST_TIMES}")
    cloud.strike(verb, text_at(given, "student"), text_at(given, "product"), times)


def _number(given: Given, name: str, most: float = LONGEST_SPAN) -> Decimal:
    """Return a number from 0 to `most`."""
    number = read_amount(given.get(name))
    if number is None or number > most:
        raise Refused("invalid", field=name, problem=f"a number from 0 to {most:g}")
    return number
