"""The money in a line and in a call: the plan says it, a ceiling holds it."""

import re
from decimal import Decimal

import pytest
from IPython.core.error import UsageError

from ppio_widgets import LaunchRefused, RequestInvalid, launch
from tests.support.bodies import MINIMAL
from tests.support.wire import REAL_KEY, closed_port, faulty, says

LINE = "%ppio_launch --practice --name demo --product a100-80g --image ubuntu:24.04"
A100 = {**MINIMAL, "product_id": "a100-80g"}


def test_a_dry_run_says_what_it_costs(run):
    plan = str(run(f"{LINE} --gpus 2 --dry-run"))
    assert "¥12.60 per GPU and hour × 2 GPUs = ¥25.20 per hour" in plan
    assert "The balance of" in plan
    html = run(f"{LINE} --dry-run")._repr_mimebundle_()["text/html"]
    assert "¥12.60 per hour" in html


def test_a_dry_run_says_what_does_not_fit_and_what_is_worth_knowing(run):
    plan = str(run(f"{LINE} --gpus 9 --port 2222 --billing spot --dry-run"))
    assert "  - GPUs:" in plan
    assert "Worth knowing:" in plan
    assert "2222" in plan


def test_a_dry_run_without_a_network_says_that_the_price_is_unknown(run, monkeypatch):
    monkeypatch.setenv("PPIO_GPU_BASE_URL", f"http://127.0.0.1:{closed_port()}")
    assert "price of a100-80g is unknown" in str(run(f"{LINE.replace(' --practice', '')} --dry-run"))


@pytest.mark.parametrize("ceiling", ["12.59", "¥1", "0", "１２.５９", "￥12"])
def test_above_the_ceiling_nothing_is_sent(run, names, ceiling):
    with pytest.raises(LaunchRefused, match=r"12\.60"):
        run(f"{LINE} --max-price {ceiling} --yes")
    assert names() == []


def test_at_the_ceiling_it_is_sent(run, names):
    run(f"{LINE} --max-price 12.60 --yes").stop_following()
    assert names() == ["demo"]


def test_an_unknown_price_is_above_every_ceiling(run, names):
    with pytest.raises(LaunchRefused, match="unknown"):
        run(f"{LINE.replace('a100-80g', 'typed-by-hand')} --max-price 1000 --yes")
    assert names() == []


def test_a_number_of_the_notebook_is_taken(run):
    with pytest.raises(LaunchRefused):
        run(f"limit = 12.5\n{LINE} --max-price $limit --yes")


PREPAID = LINE.replace("a100-80g", "own") + " --gpus 8 --billing prepaid --months 12 --auto-renew 3"
TERMS = "prepaid for 12 months, charged now, renewing by 3 months until turned off"


def test_without_a_price_the_question_names_all_that_it_commits_to(run, names, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr("ppio_widgets.runtime.kernel.takes_input", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "n")
    run(PREPAID)
    assert asked == [f"Launch demo on own, 8 GPUs, on the practice cloud: {TERMS}? [y/N] "]
    said = capsys.readouterr().out
    assert "The price of own is unknown." in said
    assert f"Commits to 8 GPUs, {TERMS}." in said
    assert names() == []


def test_a_dry_run_without_a_price_names_it_as_well(run):
    bundle = run(f"{PREPAID} --dry-run")._repr_mimebundle_()
    for text in bundle.values():
        assert f"Commits to 8 GPUs, {TERMS}." in text


def test_what_is_above_its_ceiling_is_not_even_asked(run, names, monkeypatch):
    for answers in ("input", "buttons"):
        monkeypatch.setattr("ppio_widgets.runtime.kernel.who_answers", lambda answers=answers: answers)
        with pytest.raises(LaunchRefused, match=r"12\.60"):
            run(f"{LINE} --max-price 12")
    assert names() == []


def test_a_price_that_was_not_asked_is_not_called_unknown(run):
    launched = run(f"{LINE} --yes")
    launched.stop_following()
    texts = [*launched._repr_mimebundle_().values(), *launched.plan._repr_mimebundle_().values()]
    texts += [*launched.instance._repr_mimebundle_().values(), str(launched.plan), repr(launched)]
    assert [text for text in texts if re.search("unknown|not known", text)] == []
    assert "The price was not looked up." in str(launched.plan)
    assert "Commits to 1 GPU, postpaid, billed from pulling until stopped." in str(launched.plan)


CPU = LINE.replace("a100-80g", "cpu.8c16g") + " --type cpu"


def test_a_cpu_instance_is_planned_with_its_price_and_without_gpus(run, names):
    plan = run(f"{CPU} --dry-run")
    assert "Nothing blocks it." in str(plan)
    assert "Costs ¥0.64 per hour, by the second, from pulling until stopped" in str(plan)
    assert "GPU" not in str(plan)
    with pytest.raises(LaunchRefused, match=r"0\.64"):
        run(f"{CPU} --max-price 0.63 --yes")
    run(f"{CPU} --max-price 0.64 --yes").stop_following()
    assert names() == ["demo"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"{LINE} --type cpu", "Type: This is a GPU product: set the type to gpu"),
        (CPU.replace("--type cpu", "--type gpu"), "Type: This is a CPU product: set the type to cpu"),
        (CPU.replace("--type cpu", ""), "Product: This is a CPU product: set the type to cpu"),
    ],
)
def test_a_product_of_another_type_blocks_with_the_way_out(run, names, line, why):
    assert f"  - {why}" in str(run(f"{line} --dry-run"))
    with pytest.raises(RequestInvalid):
        run(f"{line} --max-price 100 --yes")
    assert names() == []


@pytest.mark.parametrize("text", ["dear", "-1", "1e3", "1,000", "NaN", "15 yuan", "1e400", ""])
def test_what_is_no_amount_is_one_line(run, text):
    with pytest.raises(UsageError, match="--max-price takes an amount"):
        run(f"{LINE} --max-price '{text}' --yes")


def test_the_form_takes_the_ceiling_of_the_line(run):
    form = run(f"{LINE} --max-price 15 --form")
    assert form.session.ceiling == Decimal(15)
    form.close()


def test_a_terminal_is_told_the_price_before_it_is_asked(run, monkeypatch, capsys):
    monkeypatch.setattr("ppio_widgets.runtime.kernel.takes_input", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: "n")
    run(LINE)
    assert "¥12.60 per hour" in capsys.readouterr().out


@pytest.mark.parametrize("ceiling", [12, "12.59", Decimal("12.59")])
def test_a_call_has_a_ceiling(run, names, ceiling):
    with pytest.raises(LaunchRefused, match=r"12\.60"):
        launch(A100, practice=True, max_hourly_price=ceiling)
    assert names() == []
    launch(A100, practice=True, max_hourly_price=13).stop_following()
    assert names() == ["demo"]


@pytest.mark.parametrize(
    "ceiling",
    [
        "dear",
        -1,
        "NaN",
        "Infinity",
        True,
        "1,000",
        "15 yuan",
        "1e400",
        "",
        "ten",
        float("nan"),
        pytest.param(10**5000, id="huge"),
    ],
)
def test_a_ceiling_that_is_no_amount_is_refused(ceiling):
    with pytest.raises(LaunchRefused, match="The price ceiling takes an amount"):
        launch(A100, practice=True, max_hourly_price=ceiling)


def test_a_call_without_a_ceiling_waits_for_no_price():
    with faulty(says(500, b"")) as server:
        with pytest.raises(Exception, match="could not be checked"):
            launch(A100, base_url=server.url, api_key=REAL_KEY)
        assert [request.target.split("?")[0] for request in server.received] == ["/gpus/v2/instances"]
