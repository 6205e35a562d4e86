import io
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from ppio_widgets.runtime import kernel, threads
from tests.support.clock import LaunchClock
from tests.support.kernels import start_kernel
from tests.support.threads import wait_for_threads


class Shell:
    execution_count = 7

    def __init__(self, parent):
        self.get_parent = lambda: parent


def parent(*, cell=None, stdin=False, session="page", **metadata):
    metadata |= {"cellId": cell} if cell else {}
    return {"header": {"session": session}, "metadata": metadata, "content": {"allow_stdin": stdin}}


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
        (parent(colab={"cell_id": "c1"}), "buttons"),
        (parent(colab={}, stdin=True), "input"),
        (parent(colab="odd"), None),
        (parent(stdin=True), "input"),
        (parent(), None),
    ],
)
def test_a_kernel_knows_who_answers_from_the_message_that_asked(inside, told, answers):
    inside(Shell(told))
    assert kernel.who_answers() == answers
    assert kernel.execution() == 7


def test_pyodide_tells_it_by_its_shells_kernel_once_it_has_a_message(inside):
    class Kernel:
        def get_parent(self):
            return self._parent_header

    shell = SimpleNamespace(kernel=Kernel(), execution_count=7)
    inside(shell)
    assert (kernel.who_answers(), kernel.cell_id()) == ("input" if sys.stdin.isatty() else None, None)
    shell.kernel._parent_header = parent(cell="c1", stdin=True)
    assert (kernel.who_answers(), kernel.cell_id()) == ("buttons", "c1")


@pytest.mark.parametrize("stdin", [False, True])
def test_one_that_tells_no_cell_has_buttons_once_a_widget_of_it_was_heard_of(inside, stdin):
    inside(Shell(parent(stdin=stdin, session="nbclassic")))
    asked_by = kernel.asker()
    before = kernel.who_answers()
    assert before == ("input" if stdin else None)
    kernel.hear_widget({"header": {"session": "nbclassic"}}, asked_by)
    assert kernel.who_answers() == "buttons"
    inside(Shell(parent(stdin=stdin, session="console")))
    assert kernel.who_answers() == before, "another front end of the same kernel"
    inside(Shell(parent(stdin=stdin, session="nbclassic")))
    start_kernel()
    assert kernel.who_answers() == before, "another kernel"


def test_a_server_that_runs_the_cells_of_a_page_has_its_buttons(inside):
    inside(Shell(parent(session="server")))
    kernel.hear_widget({"header": {"session": "page"}}, kernel.asker())
    assert kernel.who_answers() == "buttons"


@pytest.mark.parametrize("odd", [{}, {"header": None}, {"header": {"session": ""}}])
def test_who_is_not_named_is_not_known(inside, odd):
    inside(Shell({**parent(), **odd} if odd else {"content": {}}))
    kernel.hear_widget(odd, kernel.asker())
    inside(Shell(parent(session="")))
    assert kernel.who_answers() is None


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


class Made:
    """What a kernel has one of; it takes its time to be made."""

    def __init__(self):
        kernel.of(list).append(threading.current_thread().name)
        time.sleep(0)


def test_there_is_one_of_a_kind_in_a_kernel_however_many_ask_at_once():
    together, found = threading.Barrier(8), []

    def ask():
        together.wait(10)
        found.append(kernel.of(Made))

    for number in range(8):
        threads.run(ask, name=f"ppio-{number}", daemon=True)
    wait_for_threads(*(f"ppio-{number}" for number in range(8)))
    assert found == [kernel.of(Made)] * 8
    assert len(kernel.of(list)) == 1


def test_another_kernel_has_others_and_a_clock_of_its_own():
    first, made = kernel.current(), kernel.of(Made)
    first.clock = LaunchClock()
    second = start_kernel(LaunchClock())
    second.clock.turn(60)
    assert kernel.of(Made) is not made
    assert first.of(Made) is made
    assert threads.now() == threads.tick() == first.clock.now() + 60


def test_a_thread_stays_in_its_kernel_and_goes_by_its_clock():
    go, told = threading.Event(), []
    kernel.current().clock, first = LaunchClock(), kernel.current()
    threads.run(
        lambda: go.wait(10) and told.append((kernel.current(), threads.now())), name="ppio-act", daemon=True
    )
    start_kernel(LaunchClock()).clock.turn(60)
    go.set()
    wait_for_threads("ppio-act")
    assert told == [(first, first.clock.now())]


def test_no_number_is_given_twice():
    numbers = kernel.current().numbers
    assert next(numbers) != next(numbers)
