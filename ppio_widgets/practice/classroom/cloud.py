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
from ppio_widgets.practice.failures import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppio_widgets.practice.classroom.lesson import Exercise, Lesson
    from ppio_widgets.practice.clock import Clock, PracticeClock


@dataclass
class Progress:
    """What a student has passed, each with the time of the class; and what was refused last."""

    passed: dict[str, float] = field(default_factory=dict)
    last_error: str = ""


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
            self.progress(student).last_error = str(refusal)
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
                    **({"kernel": one.expect.kernel} if one.expect.kernel else {}),
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
        if passed:
            self._pass(student, exercise)
        return {
            "exercise": exercise.id,
            "passed": passed,
            "findings": [one.told() for one in findings],
        }

    def progress(self, student: str) -> Progress:
        """Return what a student has passed."""
        return self._progress.setdefault(student, Progress())

    def _pass(self, student: str, exercise: Exercise) -> None:
        self.progress(student).passed.setdefault(exercise.id, self.clock.time())

    def _account_of(self, student: str) -> PracticeAccount:
        with self._lock:
            if student not in self._accounts:
                self._accounts[student] = PracticeAccount(self.clock, self.lesson.budget)
            return self._accounts[student]
