"""A practice cloud that is a class: a lesson, its students, what they have passed, what its teacher does."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppio_widgets.practice.account import PracticeAccount, Terms
from ppio_widgets.practice.bill import HOUR
from ppio_widgets.practice.classroom.judge import judge
from ppio_widgets.practice.classroom.roster import TEACHER, Roster, key_of
from ppio_widgets.practice.clock import PracticeClock, Stretch
from ppio_widgets.practice.cloud import PracticeCloud
from ppio_widgets.practice.failures import AnswerLost, Refused, failure_of, verbs
from ppio_widgets.practice.incidents import Incident, Incidents
from ppio_widgets.runtime import forks
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from ppio_widgets.practice.account import Seen
    from ppio_widgets.practice.classroom.lesson import Exercise, Lesson
    from ppio_widgets.practice.classroom.record import Record
    from ppio_widgets.practice.clock import Clock
    from ppio_widgets.practice.failures import Failure

# While somebody asks, it is written so often that the class is still there: after a crash its time goes on
# from the latest that anybody could have been told.
ALIVE_SECONDS = 5.0

# What a teacher may ask for at most: the rate of the clock, how often an incident strikes, yuan to pay.
FASTEST = 3600.0
MOST_TIMES = 1000
MOST_YUAN = 1_000_000

# For all instances of one student until a reset: some hundred, as all of them are written with each call.
ROOM = 500_000


@dataclass
class Progress:
    """What a student has tried and passed, with the time of the class; and what was refused last."""

    passed: dict[str, float] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)
    last_error: dict[str, str] | None = None

    def marks(self) -> dict[str, bool]:
        """Return what was tried, and whether it was passed."""
        return {key: key in self.passed for key in self.tried}


class ClassCloud(PracticeCloud):
    """A class on one lesson; without a roster everyone may join.

    With a record it goes on from that, and each call is written there before its answer leaves. While it was
    not served, no time has passed in class.
    """

    def __init__(
        self,
        lesson: Lesson,
        roster: Roster | None = None,
        clock: Clock = time.time,
        record: Record | None = None,
    ) -> None:
        parts = record.parts if record is not None else {}
        super().__init__(PracticeClock(clock, _past(parts, clock())))
        self.lesson = lesson
        self.roster = roster or Roster()
        self.teacher_key: str = parts.get("teacher") or key_of(TEACHER, secrets.token_hex(16))
        self._record = record
        self._keeping, self._selling = forks.lock(), forks.lock()
        self._progress: dict[str, Progress] = {}
        self._struck: list[int] = parts.get("struck", [])
        if parts:
            try:
                self._go_on(parts)
            except (KeyError, TypeError, ValueError):  # it is of something else
                raise input_error("class_file_damaged", file=str(record)) from None
        else:
            self.clock.set(lesson.clock)
        self._begun = self.clock.past[0].time
        self.keep(self.students())

    # What a student asks

    def join(self, name: object, pin: object) -> dict[str, str]:
        """Return a student's id and key; the first join makes the PIN."""
        student, key = self.roster.join(name, pin)
        self.keep([student])
        return {"student": student, "key": key}

    def account(self, key: str) -> PracticeAccount:
        """Return the account of a student, who has joined."""
        return self.account_of(self.roster.student(key))

    @contextmanager
    def call(self, key: str) -> Iterator[PracticeAccount]:
        """Yield the account of a student for one call; a refusal is noted."""
        self._strike()
        student = self.roster.student(key)
        try:
            yield self.account_of(student)
        except Refused as refusal:
            told = refusal.answer
            self.progress(student).last_error = {key: str(told[key]) for key in ("reason", "message")}
            raise
        except AnswerLost:
            self.progress(student).last_error = {"reason": "lost-answer", "message": ""}
            raise
        finally:
            self.keep([student])

    def told(self, key: str) -> dict[str, Any]:
        """Return the lesson as a student sees it, with the budget and what is done."""
        with self.call(key) as account:
            return {
                **self._told(account),
                "allow": self.lesson.rules(account.student).told(),
                "exercises": [
                    {
                        "id": one.id,
                        "say": one.say.told(account.student),
                        "hint": one.hint.told(account.student) if one.hint else {},
                        "passed": one.id in self.progress(account.student).passed,
                        **({"kernel": one.expect.kernel} if one.expect.kernel else {}),
                    }
                    for one in self.lesson.exercises
                ],
            }

    def _told(self, account: PracticeAccount) -> dict[str, Any]:
        lesson = self.lesson
        return {
            "id": lesson.id,
            "title": lesson.title.model_dump(),
            "minutes": lesson.minutes,
            "budget": f"{lesson.budget:f}",
            "spent": _cents(account.spent),
            "left": _cents(account.left),
            "now": self.clock.time(),
            "rate": self.clock.rate,
        }

    def check(self, key: str, exercise_id: object, answer: object = None) -> dict[str, Any]:
        """Judge an exercise by the state of a student's account."""
        with self.call(key) as account:
            exercise = self.lesson.exercise(exercise_id) if isinstance(exercise_id, str) else None
            if exercise is None:
                raise Refused("no_exercise", exercise=str(exercise_id)[:40])
            findings = judge(exercise.expect_of(account.student), account, answer)
            passed = all(one.ok for one in findings)
            self._judged(account.student, exercise, passed=passed)
            told = [one.told() for one in findings]
            return {"exercise": exercise.id, "passed": passed, "findings": told}

    # What a teacher does

    def board(self) -> dict[str, Any]:
        """Return all that the teacher's page shows."""
        self._strike()
        lesson = self.lesson
        told = {
            "lesson": {
                "id": lesson.id,
                "title": lesson.title.model_dump(),
                "minutes": lesson.minutes,
                "budget": f"{lesson.budget:f}",
                "exercises": [{"id": one.id, "say": one.say.model_dump()} for one in lesson.exercises],
            },
            "now": self.clock.time(),
            "rate": self.clock.rate,
            "students": [self._row(one.id, one.name) for one in self.roster],
            "incidents": [
                _incident(one) for one in self.incidents.pending() if not one.is_over(self.students())
            ],
            "verbs": list(verbs()),
        }
        self.keep()  # no restart takes back the time that was shown
        return told

    def set_rate(self, rate: float) -> None:
        """Let class time go so many times as fast as true time; 0 freezes it."""
        self.clock.set(rate)
        self.keep()

    def jump(self, seconds: float) -> None:
        """Let so many seconds pass in class at once."""
        self.clock.jump(seconds)
        self.keep()

    def incident(self, verb: str, student: str = "", product: str = "", times: int = 1) -> None:
        """Have a failure strike one student or all."""
        chosen = self._chosen(student)
        self._begin(failure_of(verb), student, product, times)
        self.keep(chosen)

    def call_off(self, verb: str, student: str = "") -> None:
        """Have a failure strike one student no more, or nobody."""
        self._require(student)
        self.incidents.call_off(verb, student)
        self.keep()

    def reclaim(self, student: str = "", notice: float = 0.0) -> int:
        """Want spot instances back after so many seconds in class; returns how many there are."""
        chosen = self._chosen(student)
        found = sum(len(self.account_of(one).reclaim(notice)) for one in chosen)
        self.keep(chosen)
        return found

    def pay(self, student: str, yuan: Decimal) -> None:
        """Pay into a student's account."""
        self._require(student, needed=True)
        self.account_of(student).pay(yuan)
        self.keep([student])

    def forget_pin(self, student: str) -> None:
        """Let the next join of a student make a new PIN; instances, money and progress stay."""
        self._require(student, needed=True)
        self.roster.forget_pin(student)
        self.keep()

    def reset(self, student: str = "") -> None:
        """Let a student, or all, begin anew: no instances, the whole budget, nothing passed."""
        chosen = self._chosen(student)
        with self._lock:
            for one in chosen:
                self._accounts[one] = self._new(one)
                self._progress[one] = Progress()
        self.incidents.clear(student)
        self.keep(chosen)

    # What is written down

    def keep(self, students: Iterable[str] = ()) -> None:
        """Have written what is common to all, and what became of these students."""
        if self._record is None:
            return
        with self._keeping:
            parts: dict[str, Any] = {
                "lesson": self.lesson.id,
                "teacher": self.teacher_key,
                "clock": [list(one) for one in self.clock.past],
                "roster": self.roster.state(),
                "incidents": [vars(one) for one in self.incidents.pending()],
                "struck": self._struck,
                "alive": self.clock.now() // ALIVE_SECONDS * ALIVE_SECONDS,
            }
            for one in students:
                parts[f"account {one}"] = self.account_of(one).state()
                parts[f"progress {one}"] = vars(self.progress(one))
            self._record.write(parts)

    def _go_on(self, parts: Mapping[str, Any]) -> None:
        """Go on from what was written; an `InputError` where that is of another lesson."""
        if parts["lesson"] != self.lesson.id:
            raise input_error("class_file_other", file=str(self._record), id=parts["lesson"])
        self.roster.resume(parts["roster"])
        self.incidents = Incidents(Incident(**one) for one in parts["incidents"])
        for key, part in parts.items():
            kind, _, student = key.partition(" ")
            if kind == "account":
                self._accounts[student] = self._new(student)
                self._accounts[student].restore(part)
            elif kind == "progress":
                self._progress[student] = Progress(**part)

    def students(self) -> list[str]:
        """Return the ids of all students."""
        return [one.id for one in self.roster]

    def account_of(self, student: str) -> PracticeAccount:
        """Return a student's account."""
        with self._lock:
            if student not in self._accounts:
                self._accounts[student] = self._new(student)
            return self._accounts[student]

    def progress(self, student: str) -> Progress:
        """Return what a student has tried and passed."""
        return self._progress.setdefault(student, Progress())

    def _new(self, student: str) -> PracticeAccount:
        rules = self.lesson.rules(student)
        is_shared = self.lesson.stock == "shared"
        terms = Terms(rules, self._taken, self._selling, ROOM) if is_shared else Terms(rules, room=ROOM)
        return PracticeAccount(self.clock, self.lesson.budget, self.incidents, student, terms)

    def _taken(self) -> Mapping[str, int]:
        """Return how many GPUs of each product the class has."""
        with self._lock:
            accounts = list(self._accounts.values())
        taken: Counter[str] = Counter()
        for account in accounts:
            for product, count in account.taken():
                taken[product] += count
        return taken

    def _judged(self, student: str, exercise: Exercise, *, passed: bool) -> None:
        progress = self.progress(student)
        if exercise.id not in progress.tried:
            progress.tried.append(exercise.id)
        if passed and exercise.id not in progress.passed:
            progress.passed[exercise.id] = self.clock.time()
            for one in self.lesson.incidents:
                if one.after == exercise.id:
                    self._begin(failure_of(one.do), student, one.product or "", one.times)

    def _strike(self) -> None:
        """Begin those incidents of the lesson whose time has come."""
        since = self.clock.time() - self._begun
        with self._keeping:
            due = [
                number
                for number, one in enumerate(self.lesson.incidents)
                if one.at is not None and one.at <= since and number not in self._struck
            ]
            self._struck = [*self._struck, *due]
        for number in due:
            one = self.lesson.incidents[number]
            self.incident(one.do, "", one.product or "", one.times)

    def _begin(self, failure: Failure, student: str, product: str, times: int) -> None:
        """Have a failure wait for a launch; one with a notice gives an hour's to what is on."""
        if failure.notice:
            for one in self._chosen(student):
                self.account_of(one).reclaim(HOUR, product)
        else:
            self.incidents.add(failure.verb, student, product, times)

    def _row(self, student: str, name: str) -> dict[str, Any]:
        account, progress = self.account_of(student), self.progress(student)
        now, most = self.clock.time(), self.lesson.allow.on_for
        on = [one for one in account.seen() if one.on]
        return {
            "student": student,
            "name": name,
            "spent": _cents(account.spent),
            "left": _cents(account.left),
            "on": [_on(one) for one in on],
            "exercises": progress.marks(),
            "last_error": progress.last_error,
            "yellow": most is not None and any(now - one.since > most for one in on),
        }

    def _chosen(self, student: str) -> list[str]:
        self._require(student)
        return [student] if student else self.students()

    def _require(self, student: str, *, needed: bool = False) -> None:
        if (student or needed) and student not in self.roster:
            raise Refused("no_student", field="student", student=student[:40])


def _past(parts: Mapping[str, Any], now: float) -> list[Stretch]:
    """Return a clock's past, to which none of the time is added in which the class was not served."""
    past = [Stretch(*one) for one in parts.get("clock", ())]
    if not past:
        return []
    until = min(now, max(parts["alive"] + ALIVE_SECONDS, past[-1].true))
    last = past[-1]
    stopped_at = last.time + (until - last.true) * last.rate
    return [*past, Stretch(until, stopped_at, 0.0), Stretch(now, stopped_at, last.rate)]


def _cents(yuan: Decimal) -> str:
    return f"{round(yuan, 2) + 0:.2f}"  # nothing has no sign


def _on(one: Seen) -> dict[str, Any]:
    told = {"id": one.id, "name": one.body["name"], "product": one.product}
    return {**told, "since": one.since, "hourly": f"{one.hourly:f}"}


def _incident(one: Incident) -> dict[str, Any]:
    told = {"verb": one.verb, "student": one.student, "product": one.product}
    return {**told, "times": one.times, "met": sum(one.met.values())}
