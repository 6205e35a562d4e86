"""What is to happen to whom on a practice cloud: the incidents of a lesson or a teacher."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from ppio_widgets.practice.failures import failure_of
from ppio_widgets.request.draft import value_at
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.runtime import forks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ppio_widgets.practice.failures import Failure

Call = Literal["create", "get", "list", "act"]


@dataclass(frozen=True)
class Incident:
    """One of them.

    Attributes
    ----------
    verb : str
        The verb of a row of `failures.FAILURES`.
    student : str
        Whom it strikes; empty for everybody.
    product : str
        Which product; empty for any.
    times : int
        How often it strikes each of them; 0 for every time.
    call : str
        Which call it strikes.
    met : dict
        How often each student has met it.
    """

    verb: str
    student: str = ""
    product: str = ""
    times: int = 1
    call: Call = "create"
    met: dict[str, int] = field(default_factory=dict)

    def strikes(self, call: Call, student: str, body: Mapping[str, Any]) -> bool:
        """Whether it strikes this call of a student about this body."""
        is_spot = value_at(body, ("billing", "mode")) == BillingMode.SPOT
        return (
            self.call == call
            and self.student in ("", student)
            and self.product in ("", value_at(body, ("product_id",)))
            and (is_spot or not failure_of(self.verb).notice)
            and (not self.times or self.met.get(student, 0) < self.times)
        )

    def is_over(self, students: Iterable[str]) -> bool:
        """Whether it has struck each of these students so often, of those whom it is for."""
        whom = [one for one in students if self.student in ("", one)]
        return bool(self.times and self.met) and all(self.met.get(one, 0) >= self.times for one in whom)


class Incidents:
    """The incidents of a cloud, those first that were added first."""

    def __init__(self, incidents: Iterable[Incident] = ()) -> None:
        self._lock = forks.lock()
        self._incidents = list(incidents)

    def add(
        self, verb: str, student: str = "", product: str = "", times: int = 1, *, call: Call = "create"
    ) -> Incident:
        """Have a failure strike; it is named by its verb, by the API's name of it or by its status."""
        incident = Incident(failure_of(verb).verb, student, product, times, call)
        with self._lock:
            self._incidents.append(incident)
        return incident

    def take(
        self, call: Call, student: str, body: Mapping[str, Any], *, connecting: bool = False
    ) -> Failure | None:
        """Return what strikes a call now, which counts; `connecting` before anything is sent."""
        with self._lock:
            for number, one in enumerate(self._incidents):
                failure = failure_of(one.verb)
                if failure.connects != connecting and one.strikes(call, student, body):
                    struck = replace(one, met={**one.met, student: one.met.get(student, 0) + 1})
                    is_over = one.student and struck.is_over([student])
                    self._incidents[number : number + 1] = [] if is_over else [struck]
                    return failure
        return None

    def pending(self) -> tuple[Incident, ...]:
        """Return those that may still strike."""
        with self._lock:
            return tuple(self._incidents)

    def call_off(self, verb: str, student: str = "") -> None:
        """Have a failure strike a student no more, also where it is for everybody; without a name nobody."""
        with self._lock:
            pending, self._incidents = self._incidents, []
            for one in pending:
                if one.verb != verb or (student and one.student not in ("", student)):
                    self._incidents.append(one)
                elif student and not one.student:
                    self._incidents.append(replace(one, met={**one.met, student: one.times}))

    def clear(self, student: str = "") -> None:
        """Call off what is to strike a student; without a name all of it."""
        with self._lock:
            self._incidents = [one for one in self._incidents if student and one.student != student]
