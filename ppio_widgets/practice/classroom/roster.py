"""Who is in a class: students, their PINs as digests, and the keys that both make.

A name alone proves nothing: the first join makes the PIN, later ones need it. The key that a join returns
ends with a proof that nobody can guess: whoever has it is let in however many PINs somebody else tries.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppio_widgets.practice.failures import Refused
from ppio_widgets.runtime import forks
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TEACHER = "teacher"
MOST_STUDENTS = 500

_KEY = "sk_practice_"
_STUDENT = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
_PIN = re.compile(r"[A-Za-z0-9]{4,32}")
_LONGEST_NAME = 60

# A PIN has few digits: what protects it is that few guesses are taken, and that the file is private.
_ROUNDS = 20_000
_GUESSES = 5
_PAUSE = 60.0


@dataclass
class Student:
    """One of them; without a digest nobody has joined by this name yet.

    `list_is_old` says that the PIN of the list was forgotten: it counts no more, after a restart as well.
    """

    id: str
    name: str = ""
    list_is_old: bool = False
    salt: str = field(default="", repr=False)
    digest: str = field(default="", repr=False)


def key_of(student: str, pin: str) -> str:
    """Return the key of a student."""
    return f"{_KEY}{student}.{pin}"


def parts_of(key: str) -> tuple[str, str]:
    """Return the student and the PIN that a key names, its proof behind that; empty where it names none."""
    student, _, pin = key.removeprefix(_KEY).rpartition(".")
    return student, pin


class Roster:
    """The students of a class. Without a list everyone may join by a name of their own.

    `clock` counts seconds: after some wrong PINs none is looked at for a while.
    """

    def __init__(
        self, students: Mapping[str, Student] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.open = students is None
        self._students = dict(students or {})
        self._clock = clock
        self._lock = forks.lock()
        self._secret = secrets.token_hex(16)  # of the proofs
        self._known: set[str] = set()  # PINs found right, as keys: nobody wants to wait for each call
        self._wrong: dict[str, list[float]] = {}

    def __iter__(self) -> Iterator[Student]:
        return iter(list(self._students.values()))

    def __contains__(self, student: str) -> bool:
        return student in self._students

    def join(self, name: object, pin: object) -> tuple[str, str]:
        """Return the id and the key of a student; the first join makes the PIN."""
        student = name.strip().lower() if isinstance(name, str) else ""
        if not _STUDENT.fullmatch(student) or student == TEACHER:
            raise Refused("class_name")
        pin, _, proof = pin.partition("-") if isinstance(pin, str) else ("", "", "")
        if not _PIN.fullmatch(pin):
            raise Refused("class_pin")
        with self._lock:
            one = self._students.get(student)
            if one is None:
                one = self._new(student)
            if one.digest:
                self._prove(one, pin, proof)
            else:
                _seal(one, pin)
                self._students[student] = one
        return student, f"{key_of(student, pin)}-{self._proof(student, pin)}"

    def student(self, key: str) -> str:
        """Return whose key it is; nobody's is refused."""
        student, pin = parts_of(key)
        pin, _, proof = pin.partition("-")
        with self._lock:
            one = self._students.get(student)
            if one is None or not one.digest:
                raise Refused("class_key")
            self._prove(one, pin, proof, "class_key")
        return student

    def forget_pin(self, student: str) -> None:
        """Let the next join of a student make a new PIN; the one before opens nothing any more."""
        with self._lock:
            one = self._students[student]
            one.salt, one.digest, one.list_is_old = "", "", True
            self._known = {key for key in self._known if parts_of(key)[0] != student}
            self._wrong.pop(student, None)

    def state(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        return {"students": [vars(one) for one in self], "secret": self._secret}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Take over the PINs that a state tells, and whoever is in the class already."""
        self._secret = str(state.get("secret") or self._secret)
        for row in state["students"]:
            now = self._students.get(row["id"])
            if now is None:
                self._students[row["id"]] = Student(**row)
            elif not now.digest or row.get("list_is_old"):
                now.salt, now.digest = row["salt"], row["digest"]
                now.list_is_old = row.get("list_is_old", False)

    def _new(self, student: str) -> Student:
        if not self.open:
            raise Refused("class_unknown", student=student)
        if len(self._students) >= MOST_STUDENTS:
            raise Refused("class_full", most=MOST_STUDENTS)
        return Student(student)

    def _prove(self, one: Student, pin: str, proof: str, code: str = "class_wrong_pin") -> None:
        """Pass where a PIN is right; the lock is held.

        Without its proof it is a guess: after some wrong ones a right one passes no more than they do, as by
        that it would be found.
        """
        now, key = self._clock(), key_of(one.id, pin)
        wrong = [at for at in self._wrong.get(one.id, ()) if now - at < _PAUSE]
        is_guess = not hmac.compare_digest(proof.encode(errors="replace"), self._proof(one.id, pin).encode())
        if is_guess and len(wrong) >= _GUESSES:
            raise Refused("class_slow", seconds=int(_PAUSE))
        if key not in self._known and not hmac.compare_digest(one.digest, _digest(one.salt, pin)):
            if is_guess:
                self._wrong[one.id] = [*wrong, now]
            raise Refused(code)
        self._known.add(key)

    def _proof(self, student: str, pin: str) -> str:
        return hmac.new(self._secret.encode(), key_of(student, pin).encode(), "sha256").hexdigest()[:16]


def read_roster(text: str) -> dict[str, Student]:
    """Return the students of a CSV, ``student[,name][,pin]``; an `InputError` names the first wrong line.

    A line of these words at its head is none of them.
    """
    found: dict[str, Student] = {}
    for number, row in enumerate(csv.reader(text.removeprefix("\ufeff").splitlines()), 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells[0].lower() == "student"):
            continue
        student, name, pin = (*cells, "", "")[:3]
        student = student.lower()
        if not _STUDENT.fullmatch(student) or student == TEACHER or len(name) > _LONGEST_NAME:
            raise input_error("roster_name", line=number)
        if len(cells) > 3 or (pin and not _PIN.fullmatch(pin)):
            raise input_error("roster_pin", line=number)
        if student in found:
            raise input_error("roster_twice", line=number, student=student)
        found[student] = Student(student, name)
        if pin:
            _seal(found[student], pin)
    if not 0 < len(found) <= MOST_STUDENTS:
        raise input_error("roster_size", most=MOST_STUDENTS)
    return found


def _seal(one: Student, pin: str) -> None:
    one.salt = secrets.token_hex(8)
    one.digest = _digest(one.salt, pin)


def _digest(salt: str, pin: str) -> str:
    # Where Python has no OpenSSL, as in a browser, it is done here.
    derive = getattr(hashlib, "pbkdf2_hmac", _derived)
    return str(derive("sha256", pin.encode(), bytes.fromhex(salt), _ROUNDS).hex())


def _derived(name: str, pin: bytes, salt: bytes, rounds: int) -> bytes:
    """Return the first block of PBKDF2 (RFC 8018, 5.2)."""
    keyed = hmac.new(pin, digestmod=name)
    found, last = 0, salt + (1).to_bytes(4, "big")
    for _round in range(rounds):
        one = keyed.copy()
        one.update(last)
        last = one.digest()
        found ^= int.from_bytes(last, "big")
    return found.to_bytes(keyed.digest_size, "big")
