"""The teacher's levers from Python: the same calls as the page's, over a socket or within this kernel."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppio_widgets import environment
from ppio_widgets.cloud.answers import as_flag, as_mapping, as_rows, as_text, as_whole
from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.cloud.display import Displayed
from ppio_widgets.errors import OutcomeUnknown
from ppio_widgets.locale.words import Phrase
from ppio_widgets.practice.classroom.cloud import FASTEST, MOST_TIMES, MOST_YUAN, ClassCloud
from ppio_widgets.practice.classroom.page import sheet
from ppio_widgets.practice.cloud import kernel_cloud
from ppio_widgets.practice.failures import failure_of
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.request.pricing import read_amount, read_balance
from ppio_widgets.runtime.files import reason, written
from ppio_widgets.runtime.times import as_given, read_span
from ppio_widgets.secrets.credentials import PRACTICE_ADDRESS, hidden
from ppio_widgets.secrets.frames import without_frames
from ppio_widgets.secrets.hosts import BASE_URL_VARIABLE
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from ppio_widgets.secrets.credentials import KeySource

TEACHER = "/practice/v1/teacher"


@dataclass(frozen=True)
class StudentProgress:
    """Where one student stands; amounts in yuan."""

    student: str
    name: str
    spent: Decimal
    left: Decimal
    on: tuple[str, ...]  # names of what is on
    passed: tuple[str, ...]  # exercises
    last_error: str  # the API's name of it
    yellow: bool  # on for longer than the lesson allows


@dataclass(frozen=True)
class Waiting:
    """An incident that may still strike: everybody or one student, on any product or one, so often each."""

    verb: str
    student: str  # empty for everybody
    product: str  # empty for any
    times: int


@dataclass(frozen=True)
class Progress(Displayed):
    """Where a class stands, as it was when it was asked for; `now` is class time in Unix seconds."""

    lesson: str
    now: float
    rate: float
    exercises: tuple[str, ...]
    students: tuple[StudentProgress, ...] = field(repr=False)
    waiting: tuple[Waiting, ...] = field(default=(), repr=False)


@without_frames
class Classroom:
    """A class, with all that its teacher can do while it runs.

    Each call is carried out before it returns, and sent once. `Classroom.connect` makes one.
    """

    def __init__(self, client: PpioClient) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"Classroom({self._client.host.base_url})"

    @classmethod
    def connect(cls, url: str | None = None, key: KeySource | None = None) -> Classroom:
        """Return the class at an address, or the one of this kernel.

        Parameters
        ----------
        url : str, optional
            The teacher's page as the command prints it, with its key; or the students' address. By default
            the class that ``%ppio class start`` began here, and where there is none ``PPIO_GPU_BASE_URL``.
        key : str, ApiKey or callable, optional
            The teacher's key, where the address has none; by default ``PPIO_WIDGETS_PRACTICE_KEY``.

        Raises
        ------
        InputError
            When there is no class in this kernel.
        HostRefused, CredentialsError
        """
        cloud = kernel_cloud()
        named = "" if isinstance(cloud, ClassCloud) else environment.variable(BASE_URL_VARIABLE)
        address, _, fragment = (url or named or "").partition("#key=")
        given = hidden(fragment or key)
        if address:
            return cls(PpioClient(given, base_url=address.removesuffix("/page").removesuffix(TEACHER)))
        if not isinstance(cloud, ClassCloud):
            raise input_error("class_none")
        mine = given or hidden(cloud.teacher_key)
        return cls(PpioClient(mine, base_url=PRACTICE_ADDRESS, transport=PracticeTransport(cloud)))

    def progress(self) -> Progress:
        """Return where the class stands now, and which incidents are still to strike."""
        state = self._state()
        lesson = as_mapping(state.get("lesson"))
        exercises = tuple(as_text(as_mapping(one).get("id")) for one in as_rows(lesson.get("exercises")))
        students = tuple(_student(as_mapping(row)) for row in as_rows(state.get("students")))
        waiting = tuple(_waiting(as_mapping(row)) for row in as_rows(state.get("incidents")))
        now, rate = (float(read_amount(state.get(name)) or 0) for name in ("now", "rate"))
        return Progress(as_text(lesson.get("id")), now, rate, exercises, students, waiting)

    def clock(self, rate: float) -> None:
        """Let class time go so many times as fast as true time; 0 freezes it."""
        number = read_amount(rate)
        if number is None or number > FASTEST:
            raise input_error("class_rate", value=as_given(rate), most=int(FASTEST))
        self._do("clock", rate=float(number))

    def jump(self, span: str | float | timedelta) -> None:
        """Let class time pass at once: ``"8h"``, or a number of seconds. It never goes back."""
        self._do("jump", seconds=read_span(span))

    def incident(self, verb: str, *, student: str = "", product: str = "", times: int = 1) -> None:
        """Have a failure strike: everybody or one student, on any product or one, so many times each.

        It is named by its verb, by the API's name of it or by its status.
        """
        named = _verb(verb)
        if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= MOST_TIMES:
            raise input_error("class_times", value=as_given(times))
        self._do("incident", verb=named, times=times, student=student, product=product)

    def call_off(self, verb: str, *, student: str = "") -> None:
        """Have a failure that is set off strike nobody any more, or one student; what it did stays."""
        self._do("call_off", verb=_verb(verb), student=student)

    def reclaim(self, student: str = "", *, notice: str | float | timedelta = "1h") -> int:
        """Take spot instances away after a notice in class time (0: none); returns how many there are."""
        notice = 0.0 if notice == 0 else read_span(notice)
        return as_whole(self._do("reclaim", student=student, notice=notice).get("count")) or 0

    def pay(self, student: str, yuan: Decimal | float | str) -> None:
        """Add to the balance of a student."""
        amount = read_amount(yuan)
        if not amount or amount > MOST_YUAN:
            raise input_error("class_yuan", value=as_given(yuan))
        self._do("pay", student=student, yuan=f"{amount:f}")

    def forget_pin(self, student: str) -> None:
        """Let the next join of a student make a new PIN; instances, money and progress stay."""
        self._do("forget_pin", student=student)

    def reset(self, student: str = "") -> None:
        """Let everybody, or one student, begin anew: instances, money and progress. It asks no question."""
        self._do("reset", student=student)

    def export(self, file: str) -> Path:
        """Write a line of CSV for each student, and return where it is; another file of that name goes.

        Raises
        ------
        InputError
            When it cannot be written.
        """
        path = Path(os.path.expanduser(file))  # noqa: PTH111 - `Path`'s raises where there is no such home
        text = sheet(self._state())
        try:
            with written(path.parent, path.name, text) as spare:
                spare.replace(path)
        except (OSError, ValueError) as error:
            failure = reason(error)
        else:
            return path
        raise input_error("class_unwritable", file=str(path), reason=failure)

    def _state(self) -> Mapping[str, Any]:
        return self._client.get_reply(TEACHER, {}).value

    def _do(self, act: str, /, **body: object) -> Mapping[str, Any]:
        given = {name: part for name, part in body.items() if part != ""}
        try:
            return self._client.ask_class(f"{TEACHER}/{act}", given)
        except OutcomeUnknown as error:
            told = {**error.params, "action": Phrase(f"lever.{act}"), "look": "progress()"}
            lost = OutcomeUnknown("class_lost", **told)
        raise lost


def _verb(asked: str) -> str:
    try:
        return failure_of(str(asked)).verb
    except ValueError as error:
        raise input_error("class_verb", value=as_given(asked), nearest=str(error)) from None


def _student(row: Mapping[str, Any]) -> StudentProgress:
    exercises = as_mapping(row.get("exercises"))
    return StudentProgress(
        as_text(row.get("student")),
        as_text(row.get("name")),
        read_balance(row.get("spent")) or Decimal(0),
        read_balance(row.get("left")) or Decimal(0),
        tuple(as_text(as_mapping(one).get("name")) for one in as_rows(row.get("on"))),
        tuple(key for key, passed in exercises.items() if passed is True),
        as_text(as_mapping(row.get("last_error")).get("reason")),
        bool(as_flag(row.get("yellow"))),
    )


def _waiting(row: Mapping[str, Any]) -> Waiting:
    verb, student, product = (as_text(row.get(name)) for name in ("verb", "student", "product"))
    return Waiting(verb, student, product, as_whole(row.get("times")) or 0)
