"""``--stop-after``, ``--stop-at`` and ``--like`` on ``%ppio_launch``."""

import pytest
from IPython.core.error import UsageError

from ppio_widgets.errors import ConsentNeeded
from ppio_widgets.practice.cloud import kernel_account
from tests.instances.test_instance import BODY, ENV
from tests.support.threads import wait_for_threads
from tests.widgets.conftest import every

LINE = "%ppio_launch --practice --name timed --product a100-80g --image ubuntu:24.04"


@pytest.fixture
def launched(run):
    """Run a line until all who listen to its launch were told; its timer is called off afterwards."""
    made = []

    def launched(line):
        made.append(run(line))
        wait_for_threads("ppio-launch")
        return made[-1]

    yield launched
    for launch in made:
        launch.instance.cancel_deadline()
        launch.stop_following()


def test_a_launch_gets_its_timer_as_soon_as_it_has_an_id(launched, capsys):
    launch = launched(f"{LINE} --stop-after 3h --yes")
    timer = launch.instance.deadline
    assert timer.state == "waiting"
    said = capsys.readouterr().out
    assert "3 h after the launch" in said
    assert "not PPIO's" in said


def test_a_time_of_day_is_said_with_its_zone(launched, capsys):
    launch = launched(f"{LINE} --stop-at 17:30 --yes")
    assert launch.instance.deadline is not None
    assert "17:30 UTC" in capsys.readouterr().out


def test_a_dry_run_says_it_and_sends_nothing(run, capsys, names):
    run(f"{LINE} --stop-at 17:30+08:00 --dry-run")
    assert "UTC" in capsys.readouterr().out
    assert names() == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("--stop-after soon", "3h, 90m"),
        ("--stop-at 25:00", "17:30"),
        ("--stop-at 17:30 --stop-after 3h", "keep one"),
        ("--stop-after", "needs a value"),
    ],
)
def test_what_cannot_be_a_timer_sends_nothing(run, names, options, why):
    with pytest.raises(UsageError, match=why):
        run(f"{LINE} --yes {options}")
    assert names() == []


def test_no_option_no_timer(launched):
    assert launched(f"{LINE} --yes").instance.deadline is None


def test_like_begins_with_an_instance_and_takes_no_env_value(run, capsys):
    identity = kernel_account().create(BODY)["id"]
    plan = run(f"%ppio_launch --practice --like {identity} --name second --gpus 1 --dry-run")
    assert plan.report.body["name"] == "second"
    assert plan.report.body["resource"] == {"gpu_num": 1, "rootfs_size_gb": 20}
    assert plan.report.body["ports"] == BODY["ports"]
    assert "HF_TOKEN" in capsys.readouterr().out
    assert ENV not in str(plan)


def test_like_launches_a_second_one_only_under_another_name(run, launched, names):
    kernel_account().create(BODY)
    with pytest.raises(ConsentNeeded, match="already there"):
        run("%ppio_launch --practice --like demo --yes")
    launched("%ppio_launch --practice --like demo --name other --yes")
    assert sorted(names()) == ["demo", "other"]


def test_like_nobody_says_so(run, names):
    with pytest.raises(Exception, match="no instance"):
        run("%ppio_launch --practice --like nobody --name x --yes")
    assert names() == []


def test_a_launch_that_waits_for_a_button_gets_its_timer_when_it_is_confirmed(run, monkeypatch):
    monkeypatch.setattr("ppio_widgets.runtime.kernel.who_answers", lambda: "buttons")
    launch = run(f"{LINE} --stop-after 3h")
    assert launch.instance is None
    launch.submit()
    wait_for_threads("ppio-launch")
    launch.stop_following()
    machine = launch.instance
    assert machine.deadline is not None
    assert machine is launch.instance
    machine.cancel_deadline()


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_question_says_the_time_first(run, monkeypatch, capsys, answer, names):
    monkeypatch.setattr("ppio_widgets.runtime.kernel.takes_input", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: answer)
    launch = run(f"{LINE} --stop-at 17:30")
    wait_for_threads("ppio-launch")
    launch.stop_following()
    assert "17:30 UTC" in capsys.readouterr().out
    assert len(names()) == (answer == "y")
    if answer == "y":
        launch.instance.cancel_deadline()


@pytest.mark.parametrize(
    ("options", "typed"), [("--stop-after 1h30m", "1h30m"), ("--form --stop-at 17:30+08:00", "17:30+08:00")]
)
def test_a_form_that_opens_instead_has_the_timer_in_its_field(run, options, typed):
    form = run(f"%ppio_launch --practice {options}")
    assert form.session.timer
    assert typed in [getattr(one, "value", None) for one in every(form)]
    form.close()
