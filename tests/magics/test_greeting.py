"""On loading: one line for instances that are still on, off the main path."""

import logging
import sys
import threading

import pytest

from ppio_widgets import PpioClient, api, launch
from ppio_widgets.cloud.instances import Listing
from ppio_widgets.locale.words import words
from ppio_widgets.magics import greeting
from ppio_widgets.practice import catalogue, transport
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.cloud import kernel_account
from ppio_widgets.practice.server import serving
from ppio_widgets.runtime import kernel
from tests.instances.test_instance import BODY, GoingClock
from tests.support.clock import Clock
from tests.support.practice import RICH, OneAccount
from tests.support.threads import wait_for_threads
from tests.support.wire import REAL_KEY, faulty, says


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    kernel.current().clock = GoingClock(clock)
    return clock


@pytest.fixture
def account(clock):
    return PracticeAccount(clock, RICH)


@pytest.fixture
def client(account, monkeypatch):
    """As a live one: with a real key, over a real socket."""
    monkeypatch.setattr(transport, "is_practice_key", lambda _key: True)
    with serving(OneAccount(account)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        yield client


@pytest.fixture
def greet(monkeypatch, client):
    """Greet as if a live cloud were connected; returns what was said."""
    monkeypatch.setattr(greeting, "_has_key", lambda: True)
    monkeypatch.setattr(api, "connect", lambda: client)
    said = []

    def greet():
        greeting._greet(said.append)
        return said

    return greet


def test_it_tells_how_many_how_long_and_about_what_it_cost(greet, account, clock):
    account.create({**BODY, "name": "one"})
    clock.turn(3600)
    account.create({**BODY, "name": "two"})
    clock.turn(18 * 3600)
    (line,) = greet()
    assert line.startswith("2 instances from earlier notebooks are on, the oldest for 19 h ≈ ")
    assert line.endswith("%ppio ls")


def test_one_of_unknown_price_is_told_without_a_price(client, account, clock, monkeypatch):
    account.create(BODY)
    monkeypatch.setattr(catalogue, "_ALL", ())  # no longer on sale
    clock.turn(2 + 7200)  # it is billed from its third second on
    line = greeting.left_on(client, words("en"))
    assert line == "An instance from earlier notebooks is on, for 2 h: %ppio ls"
    assert "2 小时" in greeting.left_on(client, words("zh"))


def test_what_is_stopped_or_paid_for_is_not_told(greet, account, clock):
    account.create({**BODY, "billing": {"mode": "prepaid", "prepaid": {"months": 1}}})
    stopped = account.create(BODY)["id"]
    clock.turn(10)
    account.act(stopped, "stop")
    clock.turn(10)
    assert greet() == []


def test_what_this_kernel_launched_is_not_told(shell, client, monkeypatch):
    mine = launch(BODY, practice=True)
    monkeypatch.setattr(client, "listing", lambda: Listing((mine.instance.refresh().detail,)))
    assert greeting.left_on(client, words("en")) == ""
    mine.stop_following()


@pytest.mark.parametrize("status", [200, 401, 429, 500])
def test_a_failure_is_silent(monkeypatch, capsys, caplog, status):
    caplog.set_level(logging.WARNING)
    with faulty(says(status, {"data": "odd"})) as server:
        monkeypatch.setattr(greeting, "_has_key", lambda: True)
        monkeypatch.setattr(api, "connect", lambda: PpioClient(REAL_KEY, base_url=server.url))
        greeting._greet()
    said = capsys.readouterr()
    assert (said.out, said.err, caplog.text) == ("", "", "")


def test_it_is_silent_without_a_key_and_on_the_practice_cloud(shell, capsys, monkeypatch):
    kernel_account().create(BODY)
    for practice in ("0", "1"):
        monkeypatch.setenv("PPIO_WIDGETS_PRACTICE", practice)
        shell.run_line_magic("reload_ext", "ppio_widgets")
        wait_for_threads("ppio-greeting")
    assert capsys.readouterr().out == ""


def test_loading_does_not_wait_for_it(shell, monkeypatch):
    let_go, begun = threading.Event(), threading.Event()

    def slow():
        begun.set()
        let_go.wait(10)

    monkeypatch.setattr(greeting, "_greet", slow)
    shell.run_line_magic("reload_ext", "ppio_widgets")
    assert begun.wait(10)
    let_go.set()
    wait_for_threads("ppio-greeting")


def test_a_key_counts_unless_it_would_have_to_be_asked_for(monkeypatch):
    for name in ("PPIO_API_KEY", "PPIO_GPU_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(sys.modules, "google.colab")
    assert greeting._has_key() is False
    monkeypatch.setenv("PPIO_API_KEY", REAL_KEY)
    assert greeting._has_key() is True
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    assert greeting._has_key() is False
    monkeypatch.delitem(sys.modules, "google.colab")
    monkeypatch.setenv("PPIO_GPU_BASE_URL", "http://127.0.0.1:9")
    assert greeting._has_key() is False
