"""What watches over all tests: a thread or a view that outlives its test is found, named and ended."""

import ast
import threading
from pathlib import Path

import pytest

import ppio_widgets
from ppio_widgets import Instance, LaunchForm
from ppio_widgets.instances.watcher import watch
from ppio_widgets.runtime import threads as worker
from tests.support import threads
from tests.support.bodies import MINIMAL
from tests.support.leftovers import left_behind, open_views
from tests.support.threads import OURS, threads_going, wait_for_threads

SOURCES = Path(ppio_widgets.__file__).parent
THREADS = ("threading.Thread", "kernel.OwnThread")


@pytest.fixture
def left(monkeypatch):
    """Tell what is left beside what is there by now; `hastily` hardly waits for its end."""
    earlier, views = threading.enumerate(), open_views()

    def left(*, hastily=False):
        with monkeypatch.context() as patch:
            if hastily:
                patch.setattr(threads, "PATIENCE", 0.05)
            return list(left_behind(earlier, views))

    return left


@pytest.fixture
def go():
    """What a thread waits for; set in the end."""
    event = threading.Event()
    yield event
    event.set()


def test_what_ends_by_itself_is_waited_for(left, go):
    worker.run(lambda: go.wait(0.05), name="ppio-act", daemon=True)
    assert left() == []
    assert threads_going("ppio-act") == []


def test_a_thread_that_stays_is_named_with_its_place(left, go):
    there = threading.Event()

    def stay():
        there.set()
        go.wait()

    worker.run(stay, name="ppio-act", daemon=True)
    assert there.wait(threads.PATIENCE)
    (said,) = left(hastily=True)
    assert said.startswith("a thread outlives the test: ppio-act at test_leftovers.py:")


def test_a_watch_that_was_left_is_named_and_ended(left, client, account):
    watch(Instance(account.create(MINIMAL)["id"], client), lambda: None)
    said = left(hastily=True)  # beside the watch's own thread one that looks, for a moment
    assert len([one for one in said if "ppio-watch at " in one]) == 1
    wait_for_threads("ppio-watch")


def test_a_form_that_was_left_is_named_and_closed(left, client):
    form = LaunchForm(client=client)
    assert left() == ["a LaunchForm was left open"]
    assert form.session.closed
    assert left() == []


def test_what_was_there_earlier_is_no_fault_of_this_test(go, request):
    worker.run(go.wait, name="ppio-act", daemon=True)
    assert request.getfixturevalue("left")(hastily=True) == []


@pytest.mark.long
def test_every_thread_of_the_product_has_a_name_that_is_watched():
    named = []
    for path in SOURCES.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in (
                "threads.run",
                "threads.try_run",
                "threads.keep",
                "threads.try_help",
                "try_help",
                "run",
                *THREADS,
            ):
                name = next((one.value for one in call.keywords if one.arg == "name"), None)
                named.append((path.name, ast.unparse(name) if name else None))
    own = [(path, name) for path, name in named if (path, name) != ("threads.py", "name")]
    assert len(own) > 10
    assert [(path, name) for path, name in own if not (name or "").startswith(f"'{OURS}")] == []


@pytest.mark.long
def test_every_thread_of_the_product_begins_in_a_copy_of_its_callers_context():
    targets = []
    for path in SOURCES.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in THREADS:
                targets += [ast.unparse(one.value) for one in call.keywords if one.arg == "target"]
            elif isinstance(call, ast.Call) and ast.unparse(call.func) == "threading.Timer":
                targets.append(ast.unparse(call.args[1]).replace("contextvars.copy_context()", "context"))
            elif isinstance(call, ast.Call) and "Executor" in ast.unparse(call.func):
                targets.append(ast.unparse(call.func))
    assert len(targets) == 3
    assert set(targets) == {"context.run", "_own_context().run"}
