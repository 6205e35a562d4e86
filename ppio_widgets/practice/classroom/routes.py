"""The calls of a class, beside those of the API: a student's by their key, a teacher's by theirs."""

from __future__ import annotations

import hmac
from math import isfinite
from typing import TYPE_CHECKING, Any

import httpx

from ppio_widgets.practice.catalogue import OFFERS, body_of
from ppio_widgets.practice.classroom.cloud import FASTEST, MOST_TIMES, MOST_YUAN, ClassCloud
from ppio_widgets.practice.classroom.page import page, sheet
from ppio_widgets.practice.failures import Refused, failure_of
from ppio_widgets.request.pricing import read_amount
from ppio_widgets.runtime.times import LONGEST_SPAN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.practice.cloud import PracticeCloud

    Given = Mapping[str, Any]

ROOT = "/practice/v1/"

_STUDENT: Mapping[tuple[str, str], Callable[[ClassCloud, str, Given], Any]] = {
    ("GET", "lesson"): lambda cloud, key, _given: cloud.told(key),
    ("POST", "check"): lambda cloud, key, given: cloud.check(key, given.get("exercise"), given.get("answer")),
}

_TEACHER: Mapping[str, Callable[[ClassCloud, Given], object]] = {
    "clock": lambda cloud, given: cloud.set_rate(_number(given, "rate", FASTEST)),
    "jump": lambda cloud, given: cloud.jump(_number(given, "seconds", LONGEST_SPAN)),
    "incident": lambda cloud, given: cloud.incident(
        _verb(given), _text(given, "student"), _product(given), _times(given)
    ),
    "call_off": lambda cloud, given: cloud.call_off(_verb(given), _text(given, "student")),
    "reclaim": lambda cloud, given: cloud.reclaim(
        _text(given, "student"), _number(given, "notice", LONGEST_SPAN)
    ),
    "pay": lambda cloud, given: cloud.pay(_text(given, "student"), _yuan(given)),
    "forget_pin": lambda cloud, given: cloud.forget_pin(_text(given, "student")),
    "reset": lambda cloud, given: cloud.reset(_text(given, "student")),
}


def answer(cloud: PracticeCloud, request: httpx.Request, key: Callable[[], str]) -> httpx.Response:
    """Return the answer. `key` returns the key of the request, or refuses it."""
    if not isinstance(cloud, ClassCloud):
        raise Refused("no_class")
    asked = (request.method, request.url.path.removeprefix(ROOT))
    if asked == ("GET", "teacher/page"):
        return page()  # it holds nothing: the key is in its address, behind the #, which nobody sends
    if asked == ("POST", "join"):
        given = _given(request)
        return httpx.Response(200, json=cloud.join(given.get("student"), given.get("pin")))
    if asked[1].partition("/")[0] == "teacher":
        return _taught(cloud, asked, request, key())
    call = _STUDENT.get(asked)
    if call is None:
        return _nothing()
    return httpx.Response(200, json=call(cloud, key(), _given(request)))


def _taught(cloud: ClassCloud, asked: tuple[str, str], request: httpx.Request, key: str) -> httpx.Response:
    if not hmac.compare_digest(key, cloud.teacher_key):
        raise Refused("no_teacher")
    if asked == ("GET", "teacher"):
        return httpx.Response(200, json=cloud.board())
    if asked == ("GET", "teacher/export"):
        return httpx.Response(
            200, headers={"Content-Type": "text/csv; charset=utf-8"}, text=sheet(cloud.board())
        )
    act = _TEACHER.get(asked[1].removeprefix("teacher/")) if request.method == "POST" else None
    if act is None:
        return _nothing()
    count = act(cloud, _given(request))
    return httpx.Response(200, json={} if count is None else {"count": count})


def _nothing() -> httpx.Response:
    return httpx.Response(404, text="404 page not found")


# What a call is given


def _given(request: httpx.Request) -> Given:
    if request.method == "GET":
        return {}
    given = body_of(request.content or b"{}")
    if not isinstance(given, dict):
        raise Refused("no_object")
    return given


def _wrong(field: str, problem: str) -> Refused:
    return Refused("invalid", field=field, problem=problem)


def _number(given: Given, name: str, most: float) -> float:
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise _wrong(name, "a number is needed")
    if not 0 <= value <= most:
        raise _wrong(name, f"from 0 to {most:g}")
    return float(value)


def _text(given: Given, name: str) -> str:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise _wrong(name, "a text is needed")
    return value or ""


def _verb(given: Given) -> str:
    try:
        return failure_of(_text(given, "verb")).verb
    except ValueError as near:
        raise _wrong("verb", f"there is no such verb; did you mean {near}?") from None


def _product(given: Given) -> str:
    product = _text(given, "product")
    if product and product not in OFFERS:
        raise Refused("no_product", field="product", key=product[:60])
    return product


def _times(given: Given) -> int:
    times = given.get("times", 1)
    if type(times) is not int or not 1 <= times <= MOST_TIMES:
        raise _wrong("times", f"from 1 to {MOST_TIMES}")
    return times


def _yuan(given: Given) -> Any:
    yuan = read_amount(given.get("yuan"))
    if not yuan or yuan > MOST_YUAN:
        raise _wrong("yuan", f"above 0, at most {MOST_YUAN}")
    return yuan
