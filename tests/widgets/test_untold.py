"""A page that could not be told goes on saying nothing false, and hears the truth as soon as it can."""

from __future__ import annotations

import logging
import threading

import comm
import pytest
from comm.base_comm import BaseComm

from ppio_widgets.launches.session import Repriced
from ppio_widgets.widgets.instance_card import LaunchCard
from ppio_widgets.widgets.launch_controls import ConfirmCard
from tests.support.bodies import MINIMAL
from tests.support.consent import let_read
from tests.support.front_end import Page
from tests.support.threads import wait_for_threads

from .conftest import click, find, press, type_into


@pytest.fixture
def page(wire, monkeypatch):
    """What the page shows; while `deaf`, a message from any thread but this one raises as in 7.0.1."""
    page = Page()
    page.deaf = False
    shell = threading.current_thread()

    class Comm(BaseComm):
        def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
            if page.deaf and threading.current_thread() is not shell:
                raise LookupError("shell_parent")
            page.take(msg_type, {"comm_id": self.comm_id, "data": data, **keys})

    monkeypatch.setattr(comm, "create_comm", Comm)
    return page


@pytest.fixture
def failures(caplog):
    """What the deaf page makes the log say is meant; it is looked at, and then no fault of the test."""
    yield
    logged = caplog.get_records("call")
    texts = [one.getMessage() for one in logged if one.levelno >= logging.ERROR]
    assert texts
    assert all("LookupError" in text for text in texts), texts
    logged.clear()


def sent(view, page):
    """Confirm a launch while no thread can tell the page; returns once the server has answered."""
    page.deaf = True
    let_read()
    press(find(view, "Yes, launch it"))
    launch = view.session.launch.wait_for_answer(10)
    assert launch.id
    launch.stop_following()
    wait_for_threads("ppio-launch", "ppio-watch")
    return launch


def test_before_anything_leaves_the_page_no_longer_says_that_nothing_was_sent(make_form, page, cloud):
    form = make_form(MINIMAL)
    press(find(form, "Launch"))
    let_read()
    cloud.hold = threading.Event()
    press(find(form, "Yes, launch it"))
    assert "nothing has been sent" not in page.html(form.model_id)
    cloud.hold.set()
    form.session.launch.wait_for_answer(10)


def test_a_price_that_no_thread_could_tell_is_told_to_whoever_clicks(make_form, page, cloud, failures):
    """Until then no answer counts: the page asks about another price."""
    form = make_form(MINIMAL)
    press(find(form, "Launch"))
    let_read()
    page.deaf = True
    landing = threading.Thread(target=setattr, args=(form.session, "repriced", Repriced(None)))
    landing.start()
    landing.join()
    let_read()
    older = find(form, "Yes, launch it").model_id
    click(older)
    assert cloud.posts == 0
    assert "Read first" in page.html(form.model_id)
    let_read()
    click(older)
    assert cloud.posts == 0
    page.deaf = False
    click(find(form, "Yes, launch it").model_id)
    assert form.session.launch.wait_for_answer(10).id
    assert cloud.posts == 1


def test_a_form_whose_threads_cannot_tell_says_where_to_look(make_form, page, cloud, failures):
    form = make_form(MINIMAL)
    press(find(form, "Launch"))
    sent(form, page)
    assert cloud.posts == 1
    shown = page.html(form.model_id)
    assert "sending it to the practice cloud … Its outcome stands in %ppio launches." in shown
    assert "nothing has been sent" not in shown


@pytest.mark.parametrize("how", ["types", "clicks"])
def test_the_truth_is_shown_as_soon_as_somebody_types_or_clicks(make_form, page, failures, how):
    form = make_form(MINIMAL)
    press(find(form, "Launch"))
    stale = find(form, "Yes, launch it")
    launch = sent(form, page)
    assert launch.id not in page.html(form.model_id)
    page.deaf = False
    if how == "types":
        type_into(find(form, "Name"), "another")
    else:
        press(stale)
    assert launch.id in page.html(form.model_id)
    assert form.launches == (launch,)


def test_news_that_can_be_told_bring_along_what_could_not(make_form, page, failures):
    form = make_form(MINIMAL)
    press(find(form, "Launch"))
    launch = sent(form, page)
    page.deaf = False
    launch.late = True
    launch.tell()
    assert launch.id in page.html(form.model_id)


def test_the_card_of_a_line_says_where_to_look(wire, client, page, failures):
    card = ConfirmCard(MINIMAL, client, language="en")
    sent(card, page)
    shown = page.html(card.model_id)
    assert "Its outcome stands in %ppio launches" in shown
    assert "nothing has been sent" not in shown
    card.close()


def test_the_card_of_a_launch_says_where_to_look(make_form, page, failures):
    form = make_form(MINIMAL)
    launch = form.session.begin()
    card = LaunchCard(launch, language="en")
    assert "nothing has been sent" in page.html(card.model_id)
    sent(form, page)
    assert "nothing has been sent" not in page.html(card.model_id)
    card.close()
