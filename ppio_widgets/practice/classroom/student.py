"""A student's side of a class: to join it, to read its lesson, to have an exercise judged.

All of it goes through a `PpioClient`. What a class tells is text from outside: it is only ever printed.
"""

from __future__ import annotations

import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any

from ppio_widgets import environment
from ppio_widgets.cloud.answers import as_mapping, as_rows, as_text
from ppio_widgets.cloud.client import CLASS, PpioClient
from ppio_widgets.cloud.resources import LESSON, PRACTICE_CURRENCY
from ppio_widgets.errors import ApiError, InputError, PpioError, Unreachable
from ppio_widgets.locale.text import visible
from ppio_widgets.practice.classroom.roster import key_of, parts_of
from ppio_widgets.request.pricing import read_balance, shown
from ppio_widgets.runtime import kernel, threads
from ppio_widgets.secrets.credentials import (
    PRACTICE_ADDRESS,
    PRACTICE_KEY_VARIABLE,
    class_key,
    draw_practice_key,
    forget_class_key,
    is_practice_key,
    keep_class_key,
    kept_keys,
)
from ppio_widgets.secrets.hosts import BASE_URL_VARIABLE, Host, read_host
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from ppio_widgets.locale.words import Words

HUB_USER_VARIABLE = "JUPYTERHUB_USER"
# Who is alone in a class.
ALONE = "me"

_NOT_IN_NAMES = re.compile(r"[^a-z0-9._-]+")
_LONGEST_NAME = 40
# A hub's person is not asked for with each call where a class refused them: a PIN that is drawn is a guess.
_REFUSED_SECONDS = 15.0
# Of a class that answers anything: a lesson has a few exercises.
_MOST_ROWS = 200

# The code of a finding, what it is about, and whether it is as it has to be.
_Found = tuple[str, "Mapping[str, str]", bool]


@dataclass(frozen=True)
class Told:
    """A text in each of its languages."""

    texts: Mapping[str, str] = field(default_factory=dict)

    def sentence(self, say: Words) -> str:
        """Return it in the language of `say`, else in any."""
        return visible(self.texts.get(say.language) or next(iter(self.texts.values()), ""))


@dataclass(frozen=True)
class Exercise:
    """An exercise of a lesson, and whether it is passed."""

    id: str
    say: Told
    hint: Told
    passed: bool
    kernel: str = ""  # what of the notebook is judged in its kernel; empty where the cloud judges

    def sentence(self, say: Words) -> str:
        """Return it in one line."""
        return say(f"class.{'passed' if self.passed else 'open'}", id=self.id, text=self.say.sentence(say))


@dataclass(frozen=True)
class Sheet:
    """A lesson as a student sees it: the money, and what is done."""

    id: str
    title: Told
    spent: str
    left: str
    exercises: tuple[Exercise, ...]

    def sentence(self, say: Words) -> str:
        """Return it in some lines."""
        money = say("class.money", spent=_yuan(self.spent), left=_yuan(self.left))
        return "\n".join([self.title.sentence(say), money, *(one.sentence(say) for one in self.exercises)])


@dataclass(frozen=True)
class Verdict:
    """What a class found of an exercise: its findings, each with whether it is as it has to be."""

    exercise: str
    passed: bool
    findings: tuple[_Found, ...]
    hint: Told

    def sentence(self, say: Words) -> str:
        """Return it in some lines, with the hint where something is missing."""
        lines = [
            say(f"class.{'ok' if ok else 'missing'}", text=_found(code, params, say))
            for code, params, ok in self.findings
        ]
        hint = "" if self.passed else self.hint.sentence(say)
        done = [say("class.done", id=self.exercise)] if self.passed else []
        return "\n".join([*lines, *done, *([say("class.hint", text=hint)] if hint else [])])


def join(student: str, pin: str = "") -> str:
    """Join the class that the environment names, and return the student's name there.

    Without a PIN it is the one that was kept of an earlier join; a first one draws it.
    """
    return _join(_class_host(), student, pin)


def join_as_hub_user() -> None:
    """Join the class that the environment names as the person of a hub, once, where it names no key.

    Who joined it under another name stays who that is; a key that was kept may be of an earlier class there.
    """
    host = read_host(practises=True)
    known = class_key(host)
    is_given = known is not None and known.source == PRACTICE_KEY_VARIABLE
    if host.known or is_given or host.base_url in kernel.of(_Settled):
        return
    told_at, told = kernel.of(_Refusals).get(host.base_url, (-inf, None))
    if told is not None and threads.tick() - told_at < _REFUSED_SECONDS:
        raise told.with_traceback(None)
    try:
        _join(host, next(reversed(kept_keys(host)), "") or hub_user())
    except PpioError as error:
        if isinstance(error, ApiError) and error.reason.startswith("CLASS_"):
            kernel.of(_Refusals)[host.base_url] = (threads.tick(), error)
            raise
        if host.is_class:  # each time anew: the class may begin later, or its teacher may help
            raise
        if isinstance(error, ApiError | InputError):  # on loopback it may be no class, or nothing yet
            kernel.of(_Settled).add(host.base_url)


def hub_user() -> str:
    """Return the person of a hub as a student is named."""
    person = environment.variable(HUB_USER_VARIABLE) or ""
    user = _NOT_IN_NAMES.sub("-", person.lower()).strip("-._")[:_LONGEST_NAME].rstrip("-._")
    if not user:
        raise input_error("class_hub_name" if person else "class_no_name", person=person)
    return user


class _Settled(set[str]):
    """The addresses where this kernel has joined a class, or found that there is none on loopback."""


class _Refusals(dict[str, tuple[float, ApiError]]):
    """By its address, what a class answered to a hub's person last, and when."""


def _class_host() -> Host:
    host = read_host(practises=True)
    if host.known:
        raise input_error("class_no_address", variable=BASE_URL_VARIABLE)
    return host


def _join(host: Host, student: str, pin: str = "", transport: httpx.BaseTransport | None = None) -> str:
    """Join a class; a PIN that is drawn is kept before it is sent, as the answer may be lost."""
    student = student.strip().lower()
    kept = "" if pin else kept_keys(host).get(student, "")
    drawn = "" if pin or kept else key_of(student, secrets.token_hex(8))
    if is_practice_key(drawn):
        keep_class_key(host, student, drawn)
    pin = pin or parts_of(kept or drawn)[1]
    # Nobody has a key before: this one opens nothing.
    with PpioClient(draw_practice_key("join"), base_url=host.base_url, transport=transport) as client:
        try:
            answer = client.ask_class(f"{CLASS}join", {"student": student, "pin": pin})
        except ApiError as error:
            if drawn and error.refused:
                forget_class_key(host, student, drawn)
            if error.status == 404:
                raise input_error("no_class", host=host.name) from None
            raise
    name, key = as_text(answer.get("student")), as_text(answer.get("key"))
    if not is_practice_key(key):
        raise input_error("no_class", host=host.name)
    keep_class_key(host, name or student, key)
    kernel.of(_Settled).add(host.base_url)
    return name or student


def start(lesson_id: str) -> bool:
    """Put a class of one person on a packaged lesson into this kernel; one on this lesson goes on.

    Returns whether one goes on.
    """
    # Who joins a class elsewhere loads none of it.
    from ppio_widgets.practice.classroom.cloud import ClassCloud  # noqa: PLC0415
    from ppio_widgets.practice.classroom.lesson import packaged  # noqa: PLC0415
    from ppio_widgets.practice.cloud import kernel_cloud, put_kernel_cloud  # noqa: PLC0415
    from ppio_widgets.practice.transport import PracticeTransport  # noqa: PLC0415

    lesson, known = packaged(lesson_id), kernel_cloud()
    if isinstance(known, ClassCloud) and known.lesson.id == lesson.id:
        return True
    cloud = ClassCloud(lesson)
    put_kernel_cloud(cloud)
    _join(read_host(PRACTICE_ADDRESS), ALONE, secrets.token_hex(8), PracticeTransport(cloud))
    return False


def is_served(client: PpioClient) -> bool:
    """Whether a client's cloud is a class elsewhere than in this kernel.

    Raises
    ------
    InputError
        Where it is one that nobody here has joined.
    Unreachable
        Where none answers that somebody here has joined, or that is no demo of this machine.
    """
    if client.host.base_url == PRACTICE_ADDRESS:
        return False
    try:
        _ask(client)
    except InputError as error:
        if error.code != "no_class":
            raise
        return False
    except Unreachable:
        if kept_keys(client.host) or not client.host.loopback:
            raise
        return False  # such as of a demo that has ended
    return True


def sheet(client: PpioClient) -> Sheet:
    """Return the lesson of a class, as it stands for the student of a client."""
    told = _ask(client)
    rows = [as_mapping(one) for one in as_rows(told.get("exercises"))[:_MOST_ROWS]]
    kernel.of(Exercises).ids = tuple(as_text(one.get("id")) for one in rows)
    return Sheet(
        as_text(told.get("id")),
        _told(told.get("title")),
        str(told.get("spent", "")),
        str(told.get("left", "")),
        tuple(
            Exercise(
                as_text(one.get("id")),
                _told(one.get("say")),
                _told(one.get("hint")),
                one.get("passed") is True,
                as_text(one.get("kernel")),
            )
            for one in rows
        ),
    )


def check(
    client: PpioClient, exercise: str, answer: str = "", *, held: Callable[[str], Any] | None = None
) -> Verdict:
    """Have an exercise judged by the state of the account; an answer is a prediction.

    What is built in a notebook is judged here, by its name there: `held` returns it. The class is told
    only that it is as it has to be.
    """
    known = sheet(client)
    one = next((one for one in known.exercises if one.id == exercise), None)
    if one is None:
        raise input_error("no_exercise", id=exercise, known=", ".join(kernel.of(Exercises).ids))
    played: tuple[_Found, ...] = ()
    if one.kernel and answer and held is not None:
        played = _played(one.kernel, held(answer))
        if not all(ok for _code, _of, ok in played):
            return Verdict(exercise, passed=False, findings=played, hint=one.hint)
        answer = one.kernel
    told = client.ask_class(f"{CLASS}check", {"exercise": exercise, **({"answer": answer} if answer else {})})
    rows = [as_mapping(row) for row in as_rows(told.get("findings"))[:_MOST_ROWS]]
    findings = tuple(
        (as_text(row.get("code")), _params(row.get("params")), row.get("ok") is True) for row in rows
    )
    return Verdict(exercise, told.get("passed") is True, played or findings, one.hint)


def _played(what: str, form: object) -> tuple[_Found, ...]:
    from ppio_widgets.practice.classroom.judge import play  # noqa: PLC0415 - as in `start`

    return tuple((found.code, _params(found.params), found.ok) for found in play(what, form))


class Exercises:
    """The ids of the exercises that this kernel was told of last; Tab proposes them."""

    ids: tuple[str, ...] = ()


def _ask(client: PpioClient) -> Mapping[str, Any]:
    if not client.is_practice:
        raise input_error("no_class", host=client.host.name)
    try:
        return client.get_reply(LESSON, {}).value
    except ApiError as error:
        status = error.status
        if status not in (401, 404):
            raise
    if status == 401:  # nobody here joined it
        hub_user()  # whose name may be none there
        raise input_error("class_no_name")
    raise input_error("no_class", host=client.host.name)


def _told(value: object) -> Told:
    return Told(
        {str(language): text for language, text in as_mapping(value).items() if isinstance(text, str)}
    )


def _params(value: object) -> dict[str, str]:
    return {str(name): visible(str(part)) for name, part in as_mapping(value).items()}


def _found(code: str, params: Mapping[str, str], say: Words) -> str:
    """Return a finding in words; of one that nobody here knows, its code."""
    with suppress(KeyError):
        return say(f"judge.{code}{'_named' if 'named' in params else ''}", **params)
    return visible(code)


def _yuan(text: str) -> str:
    amount = read_balance(text)
    return visible(text) if amount is None else shown(amount, PRACTICE_CURRENCY)
