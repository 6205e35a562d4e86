"""A price that is old by the time it matters: in a line, at a prompt, and in a plan that was kept."""

import pytest

from ppio_widgets import LaunchRefused, PpioClient
from ppio_widgets.launches.launch import Launch
from ppio_widgets.locale.words import words
from ppio_widgets.runtime import kernel
from tests.support.clock import LaunchClock
from tests.support.prices import pricing
from tests.support.threads import wait_for_threads

HOURS = 2 * 3600.0


@pytest.fixture
def time():
    time = LaunchClock()
    kernel.current().clock = time
    return time


@pytest.fixture
def cloud(time):
    with pricing(time.now) as cloud:
        yield cloud
        wait_for_threads("ppio-launch", "ppio-watch", "ppio-catalogue")


@pytest.fixture
def line(cloud):
    address = f"--base-url {cloud.server.url}"
    return f"%ppio_launch {address} --name demo --product a100-80g --image ubuntu:24.04"


@pytest.mark.parametrize(("cents", "why"), [(2520, r"25\.20"), (None, "unknown")])
def test_a_ceiling_holds_the_price_of_now_though_the_kernel_knows_another(run, line, cloud, time, cents, why):
    assert "¥12.60 per hour" in str(run(f"{line} --dry-run"))
    time.turn(HOURS)
    cloud.cents = cents
    with pytest.raises(LaunchRefused, match=why):
        run(f"{line} --max-price 15 --yes")
    assert cloud.posts == 0
    cloud.cents = 1500
    run(f"{line} --max-price 15 --yes").stop_following()
    assert cloud.posts == 1


def test_a_plan_that_was_kept_says_of_when_its_price_is_and_is_not_launched(run, line, cloud, time):
    plan = run(f"{line} --dry-run")
    assert "This price is of" not in str(plan)
    time.turn(HOURS)
    for text in plan._repr_mimebundle_().values():
        assert "This price is of 22:13 UTC" in text.replace("2023-11-14 ", "")
    assert "这是 " in " ".join(plan.costs(words("zh")))
    with PpioClient(base_url=cloud.server.url) as client, pytest.raises(LaunchRefused, match="plan it again"):
        Launch(plan, client).submit()
    assert cloud.posts == 0


def test_a_plan_that_was_kept_counts_as_unknown_under_its_ceiling(run, line, cloud, time):
    plan = run(f"{line} --max-price 15 --dry-run")
    with PpioClient(base_url=cloud.server.url) as client:
        time.turn(HOURS)
        with pytest.raises(LaunchRefused, match="The price is old, and may exceed the price ceiling of ¥15"):
            Launch(plan, client).submit()
        assert cloud.posts == 0
        time.turn(-HOURS)
        launch = Launch(plan, client)
        assert launch.submit()
        assert launch.wait_for_answer(10).id
        launch.stop_following()


def test_the_body_of_such_a_plan_is_planned_again(run, line, cloud, time):
    run(f"plan = {line} --dry-run")
    time.turn(HOURS)
    cloud.cents = 2520
    where = f"--base-url {cloud.server.url}"
    assert "¥25.20 per hour" in str(run(f"%ppio_launch {where} --body @plan --dry-run"))
    with pytest.raises(LaunchRefused, match=r"25\.20"):
        run(f"%ppio_launch {where} --body @plan --max-price 15 --yes")
    assert cloud.posts == 0


def asked_at_a_prompt(monkeypatch, *answers):
    """Answer one question after the other, each by what happens first and what is typed then."""
    left, asked = list(answers), []

    def answer(question):
        asked.append(question)
        happens, typed = left.pop(0)
        happens()
        return typed

    monkeypatch.setattr("ppio_widgets.runtime.kernel.takes_input", lambda: True)
    monkeypatch.setattr("builtins.input", answer)
    return asked


def test_a_prompt_that_waited_for_hours_asks_again_with_old_and_new(
    run, line, cloud, time, monkeypatch, capsys
):
    def hours_go_by():
        time.turn(HOURS)
        cloud.cents = 2520

    asked = asked_at_a_prompt(monkeypatch, (hours_go_by, "y"), (lambda: None, "y"))
    launch = run(line)
    launch.stop_following()
    assert len(asked) == 2
    said = capsys.readouterr().out
    assert "it was ¥12.60 per hour, now it is ¥25.20" in said
    assert said.count("¥25.20 per hour") >= 1
    assert cloud.posts == 1


@pytest.mark.parametrize(("cents", "posts"), [(1260, 1), (1600, 0), (None, 0)])
def test_a_prompt_that_waited_takes_the_same_price_and_no_other_above_its_ceiling(
    run, line, cloud, time, monkeypatch, cents, posts
):
    def hours_go_by():
        time.turn(HOURS)
        cloud.cents = cents

    asked = asked_at_a_prompt(monkeypatch, (hours_go_by, "y"))
    if posts:
        run(f"{line} --max-price 15").stop_following()
    else:
        with pytest.raises(LaunchRefused):
            run(f"{line} --max-price 15")
    assert len(asked) == 1
    assert cloud.posts == posts


def test_a_changed_price_may_be_declined(run, line, cloud, time, monkeypatch):
    def hours_go_by():
        time.turn(HOURS)
        cloud.cents = 2520

    asked_at_a_prompt(monkeypatch, (hours_go_by, "y"), (lambda: None, "n"))
    run(line)
    assert cloud.posts == 0
