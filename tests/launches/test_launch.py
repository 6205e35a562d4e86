import logging
import threading
import time

import pytest

from ppio_widgets.cloud.client import PpioClient, Target
from ppio_widgets.cloud.instances import InstanceDetail, Listing
from ppio_widgets.cloud.outcome import Verdict
from ppio_widgets.errors import (
    ApiError,
    CredentialsError,
    NotSent,
    OutcomeUnknown,
    PpioError,
    RequestInvalid,
)
from ppio_widgets.instances.instance import Instance
from ppio_widgets.launches import launch as launch_module
from ppio_widgets.launches.launch import Launch
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.launches.states import IllegalTransition, LaunchState
from ppio_widgets.locale.words import words
from ppio_widgets.request.validation import check
from ppio_widgets.runtime import threads as worker
from ppio_widgets.secrets.hosts import Host
from tests.support.bodies import FULL, MINIMAL
from tests.support.kernels import start_kernel
from tests.support.sentences import sentence_of
from tests.support.wire import (
    PATIENCE,
    REAL_KEY,
    answers,
    closed_port,
    launching,
    resets_after_reading,
    resets_before_reading,
    says,
    stays_silent,
    wait_for_launches,
)

pytestmark = pytest.mark.usefixtures("quick")


class PretendWire:
    """What a launch needs of a client, under a test's thumb."""

    host = Host("https://gpu.example.com", "gpu.example.com", loopback=False)
    is_practice = False
    account = "…cdef"
    class_time = None
    now = staticmethod(worker.now)

    def __init__(self, verdict=None, looks=(), there=()):
        self.verdict = verdict or Verdict(sent=True, instance_id="abc")
        self.looks = list(looks)
        self.there = there
        self.sent = 0
        self.looked = 0

    def send_create(self, body, secrets=(), *, waited=0.0):
        self.sent += 1
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict

    def look(self, name, may_be):
        if isinstance(self.there, Exception):
            raise self.there
        return Listing(tuple(self.there), time.time())

    @property
    def identity(self):
        return id(self)

    def get_instance(self, instance_id):
        self.looked += 1
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(look, Exception):
            raise look
        return InstanceDetail(instance_id, "demo", look)


def launch_on(wire, body=MINIMAL):
    target = Target.of(wire) if isinstance(wire, PpioClient) else Target("gpu.example.com", practice=False)
    return Launch(LaunchPlan(check(body), target), wire)


def concluded(launch):
    assert launch.submit()
    launch.wait_for_answer(PATIENCE)
    return launch


def test_from_the_click_to_a_running_instance(client, clock):
    launch = launch_on(client)
    states = []
    launch.observe(lambda _change: states.append((launch.state, launch.seen and launch.seen.status)), "sight")
    seen = threading.Event()
    launch.observe(lambda _change: launch.seen and seen.set(), "sight")
    assert concluded(launch).state is LaunchState.SUCCEEDED
    assert seen.wait(PATIENCE)
    assert not launch.settled
    clock.turn(10)
    assert launch.wait(PATIENCE) is launch
    wait_for_launches()  # who waits is let go before the listeners are told
    assert launch.instance.status == "running"
    assert (launch.id, launch.error) == (launch.instance.id, None)
    assert states[:3] == [
        (LaunchState.CLAIMED, None),
        (LaunchState.SENDING, None),
        (LaunchState.SUCCEEDED, None),
    ]
    assert states[-1] == (LaunchState.SUCCEEDED, "running")
    assert [info.id for info in client.list_instances()] == [launch.id]
    assert sentence_of(launch) == f"demo on the practice cloud: running (id {launch.id})."


@pytest.mark.parametrize(
    ("play", "state", "error"),
    [
        (says(400, {"message": "no stock"}), LaunchState.REJECTED, ApiError),
        (says(401, b""), LaunchState.REJECTED, ApiError),
        (says(429, {"error": "slow down"}), LaunchState.REJECTED, ApiError),
        (says(500, b"<html><body>oops</body></html>"), LaunchState.UNKNOWN, OutcomeUnknown),
        (says(200, b'{"id": "ab'), LaunchState.UNKNOWN, OutcomeUnknown),
        (resets_before_reading, LaunchState.UNKNOWN, OutcomeUnknown),
        (resets_after_reading, LaunchState.UNKNOWN, OutcomeUnknown),
    ],
)
def test_each_fault_has_its_state_and_nothing_is_sent_again(play, state, error):
    with launching(play, says(500, b"")) as server, PpioClient(base_url=server.url) as client:
        launch = concluded(launch_on(client))
        launch.wait_for_outcome(PATIENCE)
        assert launch.state is state
        assert isinstance(launch.error, error)
        assert launch.id is None
        assert launch.settled
        assert launch.wait(PATIENCE) is launch
        assert not launch.submit()
        assert server.posts <= 1
        assert str(launch.error) in sentence_of(launch)


def test_a_refused_connection_is_not_sent():
    with PpioClient(base_url=f"http://127.0.0.1:{closed_port()}") as client:
        launch = concluded(launch_on(client))
    assert launch.state is LaunchState.NOT_SENT
    assert isinstance(launch.error, NotSent)


def test_a_missing_key_is_not_sent():
    launch = concluded(launch_on(PretendWire(CredentialsError("key_missing", host="h", variable="V"))))
    assert launch.state is LaunchState.NOT_SENT


def test_a_fault_of_our_own_is_unknown_and_its_words_are_not_logged(caplog):
    caplog.set_level(logging.DEBUG)
    launch = concluded(launch_on(PretendWire(RuntimeError(f"header Bearer {REAL_KEY}"))))
    assert launch.wait_for_outcome(PATIENCE).state is LaunchState.UNKNOWN
    assert "RuntimeError" in sentence_of(launch)
    assert REAL_KEY not in sentence_of(launch)
    assert "RuntimeError" in caplog.text
    assert REAL_KEY not in caplog.text


def test_what_blocks_is_raised_and_nothing_is_sent():
    wire = PretendWire()
    launch = launch_on(wire, {"name": "demo"})
    with pytest.raises(RequestInvalid):
        launch.submit()
    assert (wire.sent, launch.state) == (0, LaunchState.DRAFT)


def test_submitting_twice_sends_once(client, clock):
    clock.turn(10)
    launch = launch_on(client)
    assert launch.submit()
    assert not launch.submit()
    launch.wait_for_answer(PATIENCE)
    assert not launch.submit()
    assert len(list(client.list_instances())) == 1
    launch.stop_following()


def test_who_waited_and_the_launch_itself_have_one_instance(client, monkeypatch):
    launch = launch_on(client)
    begun, taken = threading.Event(), threading.Event()

    def made(*given, **more):
        if threading.current_thread().name == "ppio-launch":  # which goes on to watch it
            begun.set()
            assert taken.wait(PATIENCE)
        return Instance(*given, **more)

    monkeypatch.setattr(launch_module, "Instance", made)
    assert launch.submit()
    assert begun.wait(PATIENCE)
    mine = launch.wait_for_answer(PATIENCE).instance
    taken.set()
    launch.stop_following()
    wait_for_launches()
    assert launch.instance is mine


def test_fifty_threads_send_one_post():
    with (
        launching(says(200, {"id": "abc", "status": "running"})) as server,
        PpioClient(base_url=server.url) as client,
    ):
        launch = launch_on(client)
        start = threading.Barrier(50)
        accepted = []

        def click():
            start.wait(PATIENCE)
            accepted.append(launch.submit())

        threads = [threading.Thread(target=click) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        launch.wait(PATIENCE)
        assert sorted(accepted) == [False] * 49 + [True]
        assert server.posts == 1
        assert launch.state is LaunchState.SUCCEEDED


def test_arming_sends_nothing_and_does_not_reopen_a_launch():
    wire = PretendWire(looks=["running"])
    launch = launch_on(wire)
    launch.arm()
    assert (launch.state, wire.sent) == (LaunchState.ARMED, 0)
    assert "nothing has been sent" in sentence_of(launch)
    concluded(launch).wait(PATIENCE)
    with pytest.raises(IllegalTransition):
        launch.arm()
    assert launch.state is LaunchState.SUCCEEDED
    assert not launch.submit()
    assert wire.sent == 1


def test_waiting_has_a_timeout():
    with launching(stays_silent, says(500, b"")) as server, PpioClient(base_url=server.url) as client:
        launch = launch_on(client)
        sending = threading.Event()
        launch.observe(lambda _change: launch.state is LaunchState.SENDING and sending.set(), "sight")
        assert launch.submit()
        assert sending.wait(PATIENCE)
        assert launch.wait_for_answer(0.01).state is LaunchState.SENDING
        assert launch.wait(0.01).state is LaunchState.SENDING
        assert not launch.settled
        server.let_go.set()
        assert launch.wait(PATIENCE).state is LaunchState.UNKNOWN


def test_following_survives_faults_and_never_creates_again():
    looks = [
        says(500, b""),
        resets_before_reading,
        resets_after_reading,
        says(200, b"<html>"),
        says(200, {"id": "abc", "status": {"status": "pulling"}}),
        says(429, {"message": "slow down"}),
        says(200, {"id": "abc", "status": {"status": "running"}}),
    ]
    with launching(says(200, {"id": "abc"}), *looks) as server, PpioClient(base_url=server.url) as client:
        launch = concluded(launch_on(client)).wait(PATIENCE)
        assert launch.instance.status == "running"
        assert server.posts == 1
        assert server.connections == 2 + len(looks)


def test_following_survives_a_fault_of_our_own(caplog):
    wire = PretendWire(looks=[RuntimeError(f"Bearer {REAL_KEY}"), "pulling", "running"])
    launch = concluded(launch_on(wire)).wait(PATIENCE)
    assert launch.instance.status == "running"
    assert REAL_KEY not in caplog.text


@pytest.mark.parametrize("status", ["running", "exited", "stopped", "removed"])
def test_following_ends_where_nothing_more_is_to_come(status):
    wire = PretendWire(looks=["toCreate", "something new", status])
    launch = concluded(launch_on(wire)).wait(PATIENCE)
    assert (launch.instance.status, wire.looked) == (status, 3)


def test_following_ends_with_the_servers_own_error():
    status = {"status": "creating", "error": "IMAGE", "message": "no such <image>"}
    with (
        launching(says(200, {"id": "abc"}), says(200, {"id": "abc", "status": status})) as server,
        PpioClient(base_url=server.url) as client,
    ):
        launch = concluded(launch_on(client)).wait(PATIENCE)
        assert launch.settled
    assert "IMAGE no such <image>" in sentence_of(launch)
    assert "no such &lt;image&gt;" in launch._repr_html_()


def test_an_instance_that_was_deleted_elsewhere_is_not_waited_for_forever(client, account, clock):
    launch = launch_on(client)
    seen = threading.Event()
    launch.observe(lambda _change: launch.seen and seen.set(), "sight")
    concluded(launch)
    assert seen.wait(PATIENCE)
    account.act(launch.id, "delete")
    clock.turn(10)
    assert launch.wait(PATIENCE).settled
    assert launch.instance.status == "removed"


def test_an_instance_that_is_not_to_be_seen_yet_is_looked_for_again():
    missing = {"code": 400, "reason": "RESOURCE_NOT_FOUND", "message": "instance not found"}
    with (
        launching(
            says(200, {"id": "abc"}),
            says(400, missing),
            says(404, missing),
            says(200, {"id": "abc", "status": "running"}),
        ) as server,
        PpioClient(base_url=server.url) as client,
    ):
        assert concluded(launch_on(client)).wait(PATIENCE).instance.status == "running"


def test_to_stop_following_releases_who_waits():
    wire = PretendWire(looks=["pulling"])
    launch = concluded(launch_on(wire))
    waiting = threading.Thread(target=launch.wait, daemon=True)
    waiting.start()
    launch.stop_following()
    waiting.join(PATIENCE)
    assert not waiting.is_alive()
    assert not launch.settled


def test_to_stop_following_does_not_stop_what_is_being_sent():
    arrived, go = threading.Event(), threading.Event()

    def slowly(_request):
        arrived.set()
        go.wait(PATIENCE)
        return 200, {"id": "abc"}

    with launching(answers(slowly)) as server, PpioClient(base_url=server.url) as client:
        launch = launch_on(client)
        assert launch.submit()
        assert arrived.wait(PATIENCE)
        launch.stop_following()
        assert launch.state is LaunchState.SENDING
        go.set()
        assert launch.wait(PATIENCE).id == "abc"
        wait_for_launches()
        assert len(server.received) == 2


def test_a_listener_that_fails_stops_neither_the_launch_nor_the_others(caplog):
    def fail(_change):
        raise ValueError(REAL_KEY)

    states = []
    launch = launch_on(PretendWire(looks=["running"]))
    launch.observe(fail, "sight")
    launch.observe(lambda _change: states.append(launch.state), "sight")
    assert concluded(launch).wait(PATIENCE).instance.status == "running"
    assert states[:2] == [LaunchState.CLAIMED, LaunchState.SENDING]
    assert "ValueError" in caplog.text
    assert REAL_KEY not in caplog.text


def test_the_listeners_of_before_are_told_and_warned_of_one_release_longer():
    launch, told = launch_on(PretendWire()), []
    with pytest.warns(DeprecationWarning, match="observe"):
        launch.subscribe(told.append)
    launch.tell()
    with pytest.warns(DeprecationWarning, match="unobserve"):
        launch.unsubscribe(told.append)
    launch.tell()
    assert told == [launch]


def test_the_request_goes_out_on_a_thread_that_keeps_the_process_and_looks_do_not():
    kinds = {}

    class Watched(PretendWire):
        def send_create(self, body, secrets=(), *, waited=0.0):
            kinds["send"] = threading.current_thread().daemon
            return super().send_create(body, secrets)

        def get_instance(self, instance_id):
            kinds["look"] = threading.current_thread().daemon
            return super().get_instance(instance_id)

    concluded(launch_on(Watched(looks=["running"]))).wait(PATIENCE)
    assert kinds == {"send": False, "look": True}


def test_where_there_are_no_threads_it_runs_inline():
    start_kernel(threads=False)
    wire = PretendWire(looks=["running"])
    launch = launch_on(wire)
    assert launch.submit()
    assert (launch.state, launch.instance.status) == (LaunchState.SUCCEEDED, "running")


def test_a_thread_that_cannot_start_sends_nothing_and_says_so(monkeypatch):
    def refuse(*_given, **_options):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(worker, "run", refuse)
    wire = PretendWire()
    launch = launch_on(wire)
    assert launch.submit()
    assert (launch.state, wire.sent) == (LaunchState.NOT_SENT, 0)
    assert launch.settled


def test_what_the_server_and_the_person_say_is_shown_as_text(client):
    launch = concluded(launch_on(client, {**MINIMAL, "name": "<i>demo</i>"}))
    launch.stop_following()
    launch.instance.see(InstanceDetail(launch.id, "<i>demo</i>", "<s>\x1b[31m"), launch.instance.begin_look())
    assert "<i>" not in launch._repr_html_()
    assert "<s>" not in launch._repr_html_()
    assert "\x1b" not in launch._repr_html_() + sentence_of(launch) + repr(launch)


def test_its_instance_is_there_once_its_id_is_known(client, clock):
    launch = launch_on(client)
    assert launch.instance is None
    assert repr(launch) == f"Launch('demo', draft, launch_id={launch.launch_id!r})"
    concluded(launch)
    clock.turn(10)
    launch.wait(PATIENCE)
    wait_for_launches()
    assert repr(launch) == f"Launch('demo', succeeded, id={launch.id!r})"
    seen = launch.instance
    assert (seen.id, seen.name, seen.status, seen.message) == (launch.id, "demo", "running", "")
    assert (seen.at_rest, seen.is_gone, seen.created_at) == (True, False, seen.detail.created_at)
    with pytest.deprecated_call(match="Launch.instance"):
        assert launch.machine() is seen


def test_what_becomes_of_its_instance_later_is_not_waited_for():
    launch = concluded(launch_on(PretendWire(looks=["running"]))).wait(PATIENCE)
    wait_for_launches()
    launch.instance.see(InstanceDetail("abc", "demo", "restarting"), launch.instance.begin_look())
    began = time.monotonic()
    launch.wait(PATIENCE)
    assert time.monotonic() - began < PATIENCE / 2
    assert launch.seen.status == "restarting"


def test_a_launch_speaks_both_languages():
    launch = concluded(launch_on(PretendWire(looks=["running"]))).wait(PATIENCE)
    assert sentence_of(launch, words("en")) == "demo on gpu.example.com: running (id abc)."
    assert "运行中" in sentence_of(launch, words("zh"))


def test_a_status_nobody_knows_is_shown_as_it_is():
    launch = concluded(launch_on(PretendWire(looks=["warping", "running"]))).wait(PATIENCE)
    launch.instance.see(InstanceDetail("abc", status="warping"), launch.instance.begin_look())
    assert "in progress (warping)" in sentence_of(launch)


def test_every_state_has_its_sentence():
    for state in LaunchState:
        launch = launch_on(PretendWire())
        launch.state, launch.id, launch.error = state, "abc", PpioError("fault", kind="K")
        for language in ("en", "zh"):
            assert "demo" in sentence_of(launch, words(language))


def test_a_plan_shows_the_body_and_what_blocks_and_sends_nothing():
    plan = LaunchPlan(check(FULL), Target("gpu.example.com", practice=False))
    assert "gpu.example.com" in str(plan)
    assert '"gpu_num": 2' in str(plan)
    assert "Nothing blocks it." in str(plan)
    blocked = LaunchPlan(check({"name": "<b>x</b>"}), Target("h", practice=True))
    assert "  - Image: Say which image to run." in str(blocked)
    html = blocked._repr_mimebundle_()["text/html"]
    assert "&lt;b&gt;x" in html
    assert "<b>x" not in html
    assert "<li>Image:" in html


def test_the_question_says_what_where_and_how_it_is_billed():
    plan = LaunchPlan(check(FULL), Target("gpu.example.com", practice=False))
    assert plan.facts(words("en")) == {
        "name": "example-instance",
        "product": "a100-80g",
        "gpus": "2 GPUs",
        "mode": "prepaid for 1 month, charged now, renewing until turned off (months not set)",
        "cloud": "gpu.example.com",
    }
    with pytest.raises(RequestInvalid):
        LaunchPlan(check({}), plan.target).question(words("en"))


def test_what_is_sent_and_recorded_is_what_was_checked_whatever_became_of_the_shown_body():
    class Noting(PretendWire):
        def send_create(self, body, secrets=(), *, waited=0.0):
            self.body = body
            return super().send_create(body, secrets, waited=waited)

    wire = Noting(looks=["running"])
    launch = launch_on(wire)
    launch.plan.body["resource"] = {"gpu_num": 999}
    launch.plan.body["name"] = "other"
    concluded(launch)
    wait_for_launches()
    assert wire.body == check(MINIMAL).require().body()
    assert launch.record.body == wire.body
