"""What an exception of ours keeps: nothing of ours, and all that was the caller's."""

from __future__ import annotations

import traceback

import pytest

from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.errors import PpioError
from ppio_widgets.secrets.frames import without_frames

SECRET = "sk_secret_value"


def users_own():
    """Raise from a frame with something to look at."""
    rows = [1, 2, 3]
    raise ValueError(rows)


def locals_of(error):
    return [frame.f_locals for frame, _line in traceback.walk_tb(error.__traceback__)]


def ours(*, chain=False):
    held = SECRET
    if not chain:
        raise PpioError("forked")
    try:
        behind(held)
    except KeyError as error:
        raise PpioError("forked") from error


def behind(held):
    raise KeyError(held)


def generated(*, chain=False):
    yield 1
    ours(chain=chain)


FUNCTION, GENERATOR = without_frames(ours), without_frames(generated)


def listed(*, chain=False):
    return list(GENERATOR(chain=chain))


def test_what_a_person_was_handling_stays_whole():
    try:
        users_own()
    except ValueError as error:
        handled = error
        with pytest.raises(PpioError) as caught:
            PpioClient(base_url="http://somewhere.example")
    assert caught.value.__context__ is handled
    assert not caught.value.__suppress_context__
    assert "rows" in locals_of(handled)[-1]
    assert "During handling of the above" in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("chain", [False, True])
@pytest.mark.parametrize("call", [FUNCTION, listed])
def test_ours_goes_and_the_callers_stays(call, chain):
    try:
        users_own()
    except ValueError as error:
        handled = error
        handled.__context__ = KeyError("the caller's as well")
        with pytest.raises(PpioError) as caught:
            call(chain=chain)
    assert caught.value.__context__ is handled
    assert isinstance(handled.__context__, KeyError)
    assert caught.value.__cause__ is None
    assert SECRET not in repr([*locals_of(caught.value), *locals_of(handled)])
    assert locals_of(handled)[-1] == {"rows": [1, 2, 3]}


@pytest.mark.parametrize("call", [FUNCTION, listed])
def test_with_nothing_handled_nothing_stands_behind(call):
    with pytest.raises(PpioError) as caught:
        call(chain=True)
    assert (caught.value.__context__, caught.value.__cause__) == (None, None)
    assert SECRET not in repr(locals_of(caught.value)[1:])


def test_a_callers_exception_that_comes_back_keeps_its_own_frames():
    def raises_again(held, error):
        raise error

    again = without_frames(raises_again)
    try:
        users_own()
    except ValueError as error:
        handled, before = error, KeyError()
        handled.__context__ = before
        with pytest.raises(ValueError, match="1, 2, 3") as caught:
            again(SECRET, handled)
    assert caught.value is handled
    assert handled.__context__ is before
    assert {"rows": [1, 2, 3]} in locals_of(handled)
    assert SECRET not in repr([one for one in locals_of(handled) if "held" in one])


def test_a_generator_is_asked_by_whoever_handles_something_by_then():
    values = GENERATOR()
    assert next(values) == 1
    try:
        users_own()
    except ValueError as error:
        handled = error
        with pytest.raises(PpioError) as caught:
            next(values)
    assert caught.value.__context__ is handled
