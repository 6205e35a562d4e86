"""Everything that the practice cloud does to a person: refuse a call, or lose the answer of one.

One table names them all. Some are met on purpose: such a lesson is asked for by the image, as a shop's test
card asks for a refusal. So it is asked for in the same way in a form, in a line, in Python and with curl, and
nobody meets it by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

REGISTRY = "registry.practice.invalid"

# With any tag. The instance is made; the connection breaks before its answer.
LOST_ANSWER = f"{REGISTRY}/lessons/lost-answer"


@dataclass(frozen=True)
class Failure:
    """One of them: the API's name of it, its sentence, its status, and the image that asks for it.

    Without a name no answer is given at all, though the call was carried out.
    """

    reason: str = ""
    message: str = ""
    status: int = 400
    image: str = ""


_MISSING = "{field}: there is no {key}"
_ELSEWHERE = "{field}: {key} is in {home}, and the instance would be elsewhere"

FAILURES: Mapping[str, Failure] = {
    # the key
    "no_key": Failure("UNAUTHORIZED", "no API key: send the header Authorization: Bearer KEY", status=401),
    "other_key": Failure("FAILED_TO_AUTH", "failed to authenticate API key", status=401),
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
    # what a launch names
    "no_product": Failure("RESOURCE_NOT_FOUND", _MISSING),
    "no_network": Failure("NETWORK_NOT_FOUND", _MISSING),
    "no_storage": Failure("NETWORK_STORAGE_NOT_FOUND", _MISSING),
    "no_auth": Failure("IMAGE_URL_OR_AUTH_ERROR", _MISSING),
    "no_image": Failure("IMAGE_NOT_FOUND", _MISSING),
    "network_elsewhere": Failure("NETWORK_NOT_FOUND", _ELSEWHERE),
    "storage_elsewhere": Failure("CUR_CLUSTER_NETWORK_STORAGE_NOT_SUPPORT", _ELSEWHERE),
    # what is sold, and what is free
    "cuda": Failure("CUDA_VERSION_INCOMPATIBLE", "{field}: {product} has CUDA {newest} at most"),
    "mode": Failure("UNSUPPORTED_BILLING_MODE", "{problem}"),
    "not_offered": Failure("INSUFFICIENT_RESOURCE", "{problem}"),
    "sold_out": Failure("INSUFFICIENT_RESOURCE", "{problem}"),
    "instances_full": Failure("CREATE_INSTANCE_LIMIT", "the account has {most} instances"),
    "no_money": Failure(
        "BALANCE_NOT_ENOUGH",
        "{needed:.2f} needed for now and for an hour of all that is on; {left:.2f} left",
    ),
    # an instance that exists, or does not
    "no_instance": Failure("RESOURCE_NOT_FOUND", "instance not found"),
    "wrong_state": Failure("OPERATION_LIMIT", "cannot {action} an instance that is {status}"),
    "prepaid": Failure("PREPAID_INSTANCE_NOT_SUPPORT_RELEASE", "a prepaid instance cannot be released early"),
    "not_prepaid": Failure("OPERATION_LIMIT", "only a prepaid instance renews"),
    # a class
    "no_class": Failure("RESOURCE_NOT_FOUND", "this practice cloud is no class", status=404),
    "class_rule": Failure("CLASS_RULE", "{field}: {problem}", status=403),
    "class_name": Failure("CLASS_NAME", "a name has 1 to 40 letters a-z, digits, dots, dashes"),
    "class_pin": Failure("CLASS_PIN", "a PIN has 4 to 32 letters and digits"),
    "class_unknown": Failure("CLASS_NAME", "{student} is not on the list of this class", status=403),
    "class_wrong_pin": Failure("CLASS_PIN", "this is not the PIN that was first used", status=403),
    "class_slow": Failure("RATE_LIMIT_EXCEEDED", "too many wrong PINs: wait {seconds} s", status=429),
    "class_full": Failure("CLASS_NAME", "the class is full: {most} students", status=403),
    "no_exercise": Failure("RESOURCE_NOT_FOUND", "there is no exercise {exercise}", status=404),
    "no_student": Failure("RESOURCE_NOT_FOUND", "there is no student {student}", status=404),
    "no_teacher": Failure("FAILED_TO_AUTH", "only the teacher's key does this", status=403),
    # lessons
    "answer_lost": Failure(image=LOST_ANSWER),
}


class AnswerLost(Exception):
    """The call was carried out, and its answer is to reach nobody."""


class Refused(Exception):
    """A call that the account refuses by a row of the table, in the API's own shape."""

    def __init__(self, code: str, **params: object) -> None:
        failure = FAILURES[code]
        super().__init__(failure.message.format(**params))
        self.status = failure.status
        at_fault = {name: str(value) for name, value in params.items() if name in ("field", "id")}
        told = {"code": self.status, "reason": failure.reason, "message": str(self)}
        self.answer = {**told, "metadata": at_fault}


def lesson_of(image: str) -> Refused | AnswerLost | None:
    """Return the failure that an image asks for, with any tag; None for any other image."""
    asked = image.partition(":")[0]
    code = next((code for code, failure in FAILURES.items() if failure.image == asked), None)
    if code is None or not asked:
        return None
    return Refused(code) if FAILURES[code].reason else AnswerLost()
