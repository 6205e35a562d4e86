"""A practice cloud that is a class: a lesson, its students, what they have passed, and what a teacher does."""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.classroom.judge import judge
from ppio_widgets.practice.classroom.roster import TEACHER, Roster, key_of
from ppio_widgets.practice.cloud import PracticeCloud
from ppio_widgets.practice.failures import AnswerLost, Refused, verbs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from ppio_widgets.practice.classroom.lesson import Exercise, Lesson
    from ppio_widgets.practice.classroom.roster import Student
    from ppio_widgets.practice.clock import Clock, PracticeClock

# What a teacher may ask for at most: the rate of the clock, yuan to pay, how often an incident strikes.
FASTEST = 3600.0
MOST_YUAN = 1_000_000
MOST_TIMES = 1000


@dataclass
class Progress:
    """What a student has tried and passed, each with the time of the class; and what went wrong last."""

    tried: dict[str, float] = field(default_factory=dict)
    passed: dict[str, float] = field(default_factory=dict)
    last_error: dict[str, str] | None = None


class ClassCloud(PracticeCloud):
    """A class on one lesson; without a roster everyone may join."""

    def __init__(
        self, lesson: Lesson, roster: Roster | None = None, clock: Clock | PracticeClock = time.time
    ) -> None:
        super().__init__(clock)
        self.lesson = lesson
        self.roster = roster or Roster()
        self.teacher_key = key_of(TEACHER, secrets.token_hex(16))
        self._progress: dict[str, Progress] = {}
        self.clock.set(lesson.clock)

    # What a student asks

    def join(self, name: object, pin: object) -> dict[str, str]:
        """Return a student's id and key; the first join makes the PIN."""
        student, key = self.roster.join(name, pin)
        return {"student": student, "key": key}

    def account(self, key: str) -> PracticeAccount:
        """Return the account of a student, who has joined."""
        return self._account_of(self.roster.student(key))

    @contextmanager
    def call(self, key: str) -> Iterator[PracticeAccount]:
        """Yield the account of a student for one call; a refusal is noted."""
        student = self.roster.student(key)
        try:
            yield self._account_of(student)
        except Refused as refusal:
            self.progress(student).last_error = {"reason": refusal.answer["reason"], "message": str(refusal)}
            raise
        except AnswerLost:
            self.progress(student).last_error = {"reason": "lost-answer", "message": ""}
            raise

    def told(self, key: str) -> dict[str, Any]:
        """Return the lesson as a student sees it, with the budget and what is done."""
        student = self.roster.student(key)
        account, passed = self._account_of(student), self.progress(student).passed
        lesson = self.lesson
        return {
            "id": lesson.id,
            "title": lesson.title.model_dump(),
            "minutes": lesson.minutes,
            "budget": f"{lesson.budget:f}",
            "spent": f"{account.spent():.2f}",
            "left": f"{account.left():.2f}",
            "allow": lesson.rules(student).told(),
            "exercises": [
                {
                    "id": one.id,
                    "say": one.say.model_dump(),
                    "hint": one.hint.model_dump() if one.hint else {},
                    "passed": one.id in passed,
                }
                for one in lesson.exercises
            ],
            "now": self.clock.time(),
            "rate": self.clock.rate,
        }

    def check(self, key: str, exercise_id: object, answer: object = None) -> dict[str, Any]:
        """Judge an exercise by the state of a student's account."""
        student = self.roster.student(key)
        exercise = self.lesson.exercise(exercise_id) if isinstance(exercise_id, str) else None
        if exercise is None:
            raise Refused("no_exercise", exercise=str(exercise_id)[:40])
        findings = judge(exercise.expect_of(student), self._account_of(student), answer)
        passed = all(one.ok for one in findings)
        self.progress(student).tried.setdefault(exercise.id, self.clock.time())
        if passed:
            self._pass(student, exercise)
        return {
            "exercise": exercise.id,
            "passed": passed,
            "findings": [one.told() for one in findings],
        }

    # What a teacher sees and does

    def board(self) -> dict[str, Any]:
        """Return all that a teacher sees."""
        lesson = self.lesson
        incidents = ({**vars(one), "met": sum(one.met.values())} for one in self.incidents.pending())
        return {
            "lesson": {
                "id": lesson.id,
                "title": lesson.title.model_dump(),
                "exercises": [{"id": one.id, "say": one.say.model_dump()} for one in lesson.exercises],
            },
            "now": self.clock.time(),
            "rate": self.clock.rate,
            "students": [self._row(one) for one in sorted(self.roster, key=lambda one: one.id)],
            "incidents": list(incidents),
            "verbs": list(verbs()),
        }

    def reclaim(self, student: str, notice: float) -> None:
        """Want spot instances back after so many seconds of class time; without a name everybody's."""
        for one in self._named(student):
            self._account_of(one).reclaim(notice)

    def pay(self, student: str, yuan: Decimal) -> None:
        """Pay money into the account of a student, or into everybody's."""
        for one in self._named(student):
            self._account_of(one).pay(yuan)

    def reset(self, student: str) -> None:
        """Let a student, or everybody, begin anew."""
        for one in self._named(student):
            with self._lock:
                self._accounts.pop(one, None)
                self._progress.pop(one, None)
        self.incidents.clear(student)

    def strike(self, verb: str, student: str, product: str, times: int) -> None:
        """Have a failure strike a student, or everybody."""
        self._named(student)
        self.incidents.add(verb, student, product, times)

    def _named(self, student: str) -> list[str]:
        """Return the student of this name, or all."""
        if student and student not in self.roster:
            raise Refused("no_student", student=student[:40])
        return [student] if student else [one.id for one in self.roster]

    def _row(self, student: Student) -> dict[str, Any]:
        """Return where a student stands; yellow is who has something on for longer than the lesson allows."""
        account, progress = self._account_of(student.id), self.progress(student.id)
        now, longest = self.clock.time(), self.lesson.allow.on_for
        on = [one for one in account.seen() if one.on]
        return {
            "student": student.id,
            "name": student.name,
            "spent": f"{account.spent():.2f}",
            "left": f"{account.left():.2f}",
            "on": [
                {
                    "id": one.id,
                    "name": one.body["name"],
                    "product": one.product,
                    "since": one.started,
                    "hourly": f"{one.hourly:f}",
                }
                for one in on
            ],
            "exercises": {key: key in progress.passed for key in progress.tried},
            "last_error": progress.last_error,
            "yellow": longest is not None and any(now - one.started > longest for one in on),
        }

    # Within

    def progress(self, student: str) -> Progress:
        """Return what a student has passed."""
        return self._progress.setdefault(student, Progress())

    def _pass(self, student: str, exercise: Exercise) -> None:
        self.progress(student).passed.setdefault(exercise.id, self.clock.time())

    def _account_of(self, student: str) -> PracticeAccount:
        with self._lock:
            if student not in self._accounts:
                self._accounts[student] = PracticeAccount(
                    self.clock, self.lesson.budget, self.incidents, student
                )
            return self._accounts[student]
