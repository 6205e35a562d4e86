"""Whatever lands, is chosen or pressed around a question: each Yes sends what it named, once."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ppio_widgets import LaunchForm, PpioClient
from ppio_widgets.launches.states import BUSY, LaunchState
from ppio_widgets.practice.account import PracticeAccount
from tests.support.bodies import MINIMAL
from tests.support.consent import let_read
from tests.support.practice import KEY, RICH
from tests.support.threads import wait_for_threads

from .conftest import CountingTransport, choose, find, find_all, open_menus, press, table, type_into, until

pytestmark = pytest.mark.usefixtures("wire")


class Recording(CountingTransport):
    """The practice cloud, with the bodies of all that was created."""

    def __init__(self, account):
        super().__init__(account)
        self.bodies = []

    def handle_request(self, request):
        if request.method == "POST":
            self.bodies.append(json.loads(request.content))
        return super().handle_request(request)


class Walk:
    """A person at a form that he opened, and what he read last."""

    def __init__(self):
        self.cloud = Recording(PracticeAccount(balance=RICH))
        client = PpioClient(KEY, base_url="http://localhost", transport=self.cloud, practice=True)
        self.form = LaunchForm(client=client, language="en")
        self.asked = None
        self.load()

    def load(self):
        self.form.session.load(anew=True)
        wait_for_threads("ppio-catalogue", "ppio-names", "ppio-since")

    def launch(self):
        for button in find_all(self.form, "Launch")[:1]:
            press(button)
            press(button)  # a double click: the second one comes when the question is there
        self.read()

    def read(self):
        is_open = self.form.session.status is LaunchState.ARMED
        self.asked = self.form.value if is_open else None

    def answer(self):
        """Press Yes twice, after it could be read."""
        before = len(self.cloud.bodies)
        for yes in find_all(self.form, "Yes, launch it")[:1]:
            let_read()
            named = self.form.value
            press(yes)
            press(yes)
            until(lambda: self.form.session.status not in BUSY, "it was answered")
            wait_for_threads("ppio-launch")
            sent = self.cloud.bodies[before:]
            assert len(sent) <= 1
            assert all(body == named == self.asked for body in sent)
        assert self.form.session.status is LaunchState.ARMED or len(self.cloud.bodies) - before <= 1
        self.read()

    def another(self):
        open_menus(self.form)
        for button in find_all(self.form, "Launch another like this")[:1]:
            press(button)
            wait_for_threads("ppio-names")
        assert self.form.session.status is not LaunchState.ARMED or self.asked is not None
        self.read()

    def step(self, name):
        form, posts = self.form, self.cloud.posts
        if name == "product":
            rows = [key for _row, key in table(form).options]
            choose(table(form), rows[len(form.launches) % len(rows)])
        elif name == "name":
            type_into(find(form, "Name"), f"typed-{len(form.launches)}")
        elif name == "given":
            form.value = {**MINIMAL, "product_id": "a100-80g", "name": f"given-{len(form.launches)}"}
        else:
            getattr(self, name)()
        if name != "answer":
            assert self.cloud.posts == posts, "only a Yes sends"
        if name in ("product", "name", "given"):
            self.read()

    def close(self):
        self.form.close()
        wait_for_threads("ppio-catalogue", "ppio-names", "ppio-since", "ppio-watch")


STEPS = ("load", "launch", "launch", "answer", "answer", "another", "product", "name", "given")


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STEPS), max_size=10))
def test_what_the_question_named_is_sent_and_nothing_else(steps):
    walk = Walk()
    try:
        for name in steps:
            walk.step(name)
    finally:
        walk.close()


def test_each_yes_of_such_a_walk_sends_once():
    walk = Walk()
    for name in ("launch", "load", "answer", "another", "launch", "load", "answer"):
        walk.step(name)
    assert [body["name"][-2:] for body in walk.cloud.bodies] == ["-1", "-2"]
    walk.close()
