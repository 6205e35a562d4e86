import io
import sys

import pytest

from ppio_widgets.runtime import kernel


class Shell:
    execution_count = 7

    def __init__(self, parent):
        self.get_parent = lambda: parent


def parent(*, cell=None, stdin=False):
    return {"metadata": {"cellId": cell} if cell else {}, "content": {"allow_stdin": stdin}}


@pytest.fixture
def inside(monkeypatch):
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)

    def inside(shell):
        monkeypatch.setattr(kernel, "shell", lambda: shell)

    return inside


@pytest.mark.parametrize(
    ("told", "answers"),
    [
        (parent(cell="c1"), "buttons"),
        (parent(cell="c1", stdin=True), "buttons"),
        (parent(stdin=True), "input"),
        (parent(), None),
    ],
)
def test_a_kernel_knows_who_answers_from_the_message_that_asked(inside, told, answers):
    inside(Shell(told))
    assert kernel.who_answers() == answers
    assert kernel.execution() == 7


def test_voila_has_buttons(inside, monkeypatch):
    inside(Shell(parent()))
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.8")
    assert kernel.who_answers() == "buttons"


@pytest.mark.parametrize(("tty", "answers"), [(True, "input"), (False, None)])
def test_without_a_kernel_a_terminal_answers(inside, monkeypatch, tty, answers):
    inside(None)
    stdin = io.StringIO()
    stdin.isatty = lambda: tty
    monkeypatch.setattr(sys, "stdin", stdin)
    assert kernel.who_answers() == answers
    assert kernel.cell_id() is None
    assert kernel.execution() is None
