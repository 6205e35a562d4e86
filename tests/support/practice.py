"""The practice cloud as tests hold it: with an account at hand, and keys of its own."""

from __future__ import annotations

from decimal import Decimal

from ppio_widgets.practice.cloud import PracticeCloud
from ppio_widgets.practice.failures import FAILURES, Refused

# Whatever is launched, this pays for it.
RICH = Decimal(1_000_000)
KEY = "sk_practice_tests.0123456789abcdef"
# The image that loses its answer, with any tag.
LOST_ANSWER = FAILURES["answer_lost"].image


def refusal(code, **params):
    """The status and the JSON of the answer by which a practice cloud refuses."""
    refused = Refused(code, **params)
    return refused.status, refused.answer


class OneAccount(PracticeCloud):
    """A practice cloud on which every key is of the same account."""

    def __init__(self, one):
        super().__init__(one.clock)
        self.one = one

    def account(self, _key):
        return self.one

    def is_up(self, instance_id):
        return self.one.is_up(instance_id)

    def waits(self, instance_id):
        return self.one.waits(instance_id)
