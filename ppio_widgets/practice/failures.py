"""Everything that the practice cloud does to a person: refuse a call, lose its answer, or end an instance.

One table names them all. Some can be asked for by a verb. The image ``lessons/VERB`` does that, as a shop's
test card asks for a refusal: the same in a form, in a line, in Python and with curl, and nobody meets it by
chance. So does an incident of a lesson or a teacher (`incidents`).
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REGISTRY = "registry.practice.invalid"
Result = TypeVar("Result")

LESSONS = f"{REGISTRY}/lessons/"


@dataclass(frozen=True)
class Failure:
    """One of them.

    Attributes
    ----------
    reason : str
        The API's name of it; without one no answer of the API is given.
    message : str
        The API's sentence, or that of the gateway in its place.
    status : int
        The status of the answer; 0 for no answer at all.
    verb : str
        What it is asked for by; empty where it is never met on purpose.
    asked : str
        The API's sentence when it was asked for, where `message` is about something in the request.
    field : str
        The field that is at fault when it was asked for.
    done : bool
        Whether the call is carried out first.
    connects : bool
        Whether the request leaves at all.
    walk : str
        The way that the new instance takes; then the answer is as always.
    notice : float
        Seconds after which the new instance is taken away, if it is a spot one; the answer is as always.
    listed : bool
        Whether the listing tells of the new instance.
    slow : float
        Seconds until the answer leaves; then it is as always.
    retry_after : int
        Seconds that the answer asks to wait.
    """

    reason: str = ""
    message: str = ""
    status: int = 400
    verb: str = ""
    asked: str = ""
    field: str = ""
    done: bool = False
    connects: bool = True
    walk: str = ""
    notice: float = 0.0
    listed: bool = True
    slow: float = 0.0
    retry_after: int = 0

    @property
    def image(self) -> str:
        """The image that asks for it, with any tag; empty for none."""
        return f"{LESSONS}{self.verb}" if self.verb else ""

    def ending(self, product: object = "") -> Exception:
        """Return what takes the place of an answer, whatever the call did."""
        return Refused(self, product=product) if self.status else AnswerLost()

    def strike(self, carry_out: Callable[[], Result]) -> Result:
        """Carry out a call that this strikes, if it is to be, and end it."""
        if not self.done:
            raise self.ending()
        return self.ended(carry_out())

    def ended(self, result: Result) -> Result:
        """End a call that was carried out: with its result, late or as always, or with something else."""
        if self.slow:
            raise AnswerLate(result, self.slow)
        if self.walk or self.notice:
            return result
        raise self.ending()


_MISSING = "{field}: there is no {key}"
_ELSEWHERE = "{field}: {key} is in {home}, and the instance would be elsewhere"

FAILURES: Mapping[str, Failure] = {
    # the key
    "no_key": Failure("UNAUTHORIZED", "no API key: send the header Authorization: Bearer KEY", status=401),
    "other_key": Failure("FAILED_TO_AUTH", "failed to authenticate API key", status=401, verb="wrong-key"),
    "no_right": Failure("FORBIDDEN", "this API key has no right to do this", status=403, verb="no-right"),
    "no_real_name": Failure(
        "IDENTIFY_NOT_DONE", "real-name verification is not done", status=403, verb="real-name"
    ),
    "too_often": Failure(
        "RATE_LIMIT_EXCEEDED", "too many requests", status=429, verb="rate-limit", retry_after=30
    ),
    "accounts_full": Failure(
        "RATE_LIMIT_EXCEEDED",
        "this practice cloud has {most} accounts, and each has instances",
        status=429,
    ),
    # the request
    "no_json": Failure("REQUEST", "the body is not JSON"),
    "no_object": Failure("REQUEST", "the body is not a JSON object"),
    "invalid": Failure("VALIDATOR_PARAM", "{field}: {problem}"),
    "query_missing": Failure("VALIDATOR_PARAM", "{field} is required"),
    "port_reserved": Failure(
        "VALIDATOR_PARAM",
        "{field}: ports 2222, 2223 and 2224 are reserved (as v1 documents)",
        verb="port-reserved",
        field="ports[0].port",
    ),
    "disk": Failure(
        "VALIDATOR_PARAM",
        "{field}: larger than {product} has it",
        verb="disk-too-large",
        field="resource.rootfs_size_gb",
    ),
    # what a launch names
    "no_product": Failure(
        "RESOURCE_NOT_FOUND",
        _MISSING,
        verb="unknown-product",
        asked="{field}: there is no {product}",
        field="product_id",
    ),
    "no_network": Failure(
        "NETWORK_NOT_FOUND",
        _MISSING,
        verb="unknown-network",
        asked="{field}: there is no such network",
        field="network.id",
    ),
    "no_storage": Failure("NETWORK_STORAGE_NOT_FOUND", _MISSING),
    "no_auth": Failure("IMAGE_URL_OR_AUTH_ERROR", _MISSING),
    "private_image": Failure(
        "IMAGE_URL_OR_AUTH_ERROR",
        "{field}: it is private, and registry_auth_id names no key to its registry",
        verb="private-image",
        field="image",
    ),
    "no_image": Failure("IMAGE_NOT_FOUND", _MISSING),
    "network_elsewhere": Failure("NETWORK_NOT_FOUND", _ELSEWHERE),
    "storage_elsewhere": Failure(
        "CUR_CLUSTER_NETWORK_STORAGE_NOT_SUPPORT",
        _ELSEWHERE,
        verb="storage-elsewhere",
        asked="{field}: the storage is in another region than the instance would be",
        field="volumes[0].id",
    ),
    # what is sold, and what is free
    "cuda": Failure(
        "CUDA_VERSION_INCOMPATIBLE",
        "{field}: {product} has CUDA {newest} at most",
        verb="cuda-too-new",
        asked="{field}: newer than {product} has it",
        field="resource.min_cuda_version",
    ),
    "mode": Failure("UNSUPPORTED_BILLING_MODE", "{problem}"),
    "not_offered": Failure("INSUFFICIENT_RESOURCE", "{problem}"),
    "sold_out": Failure(
        "INSUFFICIENT_RESOURCE", "{problem}", verb="sold-out", asked="{product}: no GPU is free"
    ),
    "instances_full": Failure(
        "CREATE_INSTANCE_LIMIT",
        "the account has {most} instances",
        verb="quota",
        asked="the account may have no more instances",
    ),
    "no_money": Failure(
        "BALANCE_NOT_ENOUGH",
        "{needed:.2f} needed for now and for an hour of all that is on; {left:.2f} left",
        verb="no-balance",
        asked="the balance is too low for {product}",
    ),
    # an instance that exists, or does not
    "no_instance": Failure("RESOURCE_NOT_FOUND", "instance not found"),
    "wrong_state": Failure("OPERATION_LIMIT", "cannot {action} an instance that is {status}"),
    "prepaid": Failure("PREPAID_INSTANCE_NOT_SUPPORT_RELEASE", "a prepaid instance cannot be released early"),
    "not_prepaid": Failure("OPERATION_LIMIT", "only a prepaid instance renews"),
    # a class
    "class_room": Failure("CLASS_ROOM", "all instances that were ever made here take too much room"),
    "class_key": Failure("CLASS_KEY", "nobody has joined this class with this key", status=401),
    "no_class": Failure("RESOURCE_NOT_FOUND", "this practice cloud is no class", status=404),
    "class_rule": Failure("CLASS_RULE", "{field}: {problem}", status=403),
    "class_name": Failure("CLASS_NAME", "a name has 1 to 40 letters a-z, digits, dots, dashes"),
    "class_pin": Failure("CLASS_PIN_FORM", "a PIN has 4 to 32 letters and digits"),
    "class_unknown": Failure("CLASS_NAME", "{student} is not on the list of this class", status=403),
    "class_wrong_pin": Failure("CLASS_PIN", "this is not the PIN that was first used", status=403),
    "class_slow": Failure("CLASS_GUESSES", "too many wrong PINs: wait {seconds} s", status=429),
    "class_full": Failure("CLASS_NAME", "the class is full: {most} students", status=403),
    "no_exercise": Failure("RESOURCE_NOT_FOUND", "there is no exercise {exercise}", status=404),
    "no_student": Failure("RESOURCE_NOT_FOUND", "there is no student {student}", status=404),
    "no_teacher": Failure("CLASS_TEACHER", "only the teacher's key does this", status=403),
    # the way of an instance
    "stuck": Failure(
        "IMAGE_NOT_FOUND",
        "the image cannot be pulled: its registry has no such image",
        verb="image-not-found",
        done=True,
        walk="stuck",
    ),
    "reclaimed": Failure(verb="spot-reclaimed", done=True, notice=40.0),
    # answers
    "answer_lost": Failure(status=0, verb="lost-answer", done=True),
    "answer_absent": Failure(status=0, verb="lost-answer-absent"),
    "answer_unknown": Failure(status=0, verb="lost-answer-unknown", done=True, listed=False),
    "answer_late": Failure(verb="slow-answer", done=True, slow=8.0),
    "gateway": Failure(message="502 Bad Gateway", status=502, verb="gateway-502", done=True),
    "off": Failure(status=0, verb="cloud-off", connects=False),
}


class AnswerLost(Exception):
    """Nobody gets an answer, whether the call was carried out or not."""


class AnswerLate(Exception):
    """The call was carried out, and its answer leaves so many seconds later."""

    def __init__(self, result: object, seconds: float) -> None:
        super().__init__()
        self.result = result
        self.seconds = seconds


class Refused(Exception):
    """A call that is answered by a row of the table, in the API's own shape or as the page of a gateway.

    The row is named by its code, and fills its sentence from what is given; or it is the row itself, as
    somebody asked for it.
    """

    def __init__(self, row: str | Failure, **params: object) -> None:
        asked = isinstance(row, Failure)
        failure = row if isinstance(row, Failure) else FAILURES[row]
        if asked and failure.field:
            params["field"] = failure.field
        message = failure.asked if asked and failure.asked else failure.message
        super().__init__(message.format(**params))
        self.status = failure.status
        self.retry_after = failure.retry_after
        self.is_page = not failure.reason
        at_fault = {name: str(value) for name, value in params.items() if name in ("field", "id")}
        told = {"code": self.status, "reason": failure.reason, "message": str(self)}
        self.answer = {**told, "metadata": at_fault}


def verbs() -> tuple[str, ...]:
    """Return what can be asked for."""
    return tuple(failure.verb for failure in FAILURES.values() if failure.verb)


def failure_of(asked: str) -> Failure:
    """Return the failure of a verb, of the API's name for it or of a status.

    Raises
    ------
    ValueError
        When there is none; it names the nearest.
    """
    word = asked.strip().replace("_", "-").lower()
    rows = [row for row in FAILURES.values() if row.verb]
    for row in rows:
        if row.verb == word:
            return row
    for row in rows:
        if word and word in (row.reason.replace("_", "-").lower(), str(row.status or "")):
            return row
    raise ValueError(get_close_matches(word, verbs(), 1, 0.0)[0])


def lesson_of(image: str) -> Failure | None:
    """Return the failure that an image asks for, with any tag; None for any other image."""
    asked = image.partition(":")[0]
    return next((one for one in FAILURES.values() if one.verb and one.image == asked), None)
