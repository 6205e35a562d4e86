"""The practice cloud as tests hold it: with an account at hand, and keys of its own."""

from __future__ import annotations

from decimal import Decimal

from ppio_widgets.practice.cloud import PracticeCloud

# Whatever is launched, this pays for it.
RICH = Decimal(1_000_000)
KEY = "sk_practice_tests.0123456789abcdef"


class OneAccount(PracticeCloud):
    """A practice cloud on which every key is of the same account."""

    def __init__(self, one):
        super().__init__()
        self.one = one

    def now(self):
        return self.one._clock()

    def account(self, _key):
        return self.one

    def is_up(self, instance_id):
        return self.one.is_up(instance_id)

    def waits(self, instance_id):
        return self.one.waits(instance_id)
