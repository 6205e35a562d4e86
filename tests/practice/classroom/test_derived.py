"""A PIN is sealed alike where Python has no OpenSSL."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.practice.classroom.roster import _derived


@given(st.binary(max_size=80), st.binary(max_size=20), st.integers(1, 40))
def test_what_is_derived_without_openssl_is_the_same(pin, salt, rounds):
    assert _derived("sha256", pin, salt, rounds) == hashlib.pbkdf2_hmac("sha256", pin, salt, rounds)
