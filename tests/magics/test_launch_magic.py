import json
import re
import shlex

import pytest
from IPython.core.error import UsageError
from IPython.core.oinspect import getdoc

from ppio_widgets import (
    ApiError,
    ConsentNeeded,
    EnvRef,
    Launch,
    LaunchForm,
    LaunchPlan,
    LaunchRefused,
    RequestInvalid,
)
from ppio_widgets.formats.line.options import OPTIONS
from ppio_widgets.launches.ledger import ledger_for
from ppio_widgets.launches.presets import save_preset
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.failures import Refused
from ppio_widgets.request.envref import on_wire
from tests.support.bodies import FULL

LINE = "%ppio_launch --practice --name demo --product a100-80g --image ubuntu:24.04"


def test_yes_launches_once_and_returns_the_launch(run, names):
    launch = run(f"x = {LINE} --yes\nx")
    assert isinstance(launch, Launch)
    assert launch.id
    assert names() == ["demo"]
    assert run("x").id == launch.id
    launch.stop_following()


def test_dry_run_shows_the_body_and_sends_nothing(run, names):
    plan = run(f"{LINE} --port 8888/http --dry-run")
    assert isinstance(plan, LaunchPlan)
    assert '"port": 8888' in str(plan)
    assert "Nothing blocks it." in str(plan)
    assert names() == []


TYPED = [
    ("--env HF_TOKEN=tulip-garden-77", "HF_TOKEN"),
    ("--env API=hf_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123a1b2", "API"),
    ("""--body '{"envs": [{"key": "DB_PASSWORD", "value": "tulip-garden-77"}]}'""", "DB_PASSWORD"),
]


@pytest.mark.parametrize(("typed", "name"), TYPED)
def test_a_secret_that_is_typed_into_the_line_is_told_with_the_way_out_and_not_repeated(run, typed, name):
    plan = run(f"{LINE} {typed} --dry-run")
    for shown in (str(plan), plan._repr_html_()):
        assert "tulip" not in shown
        assert "aBcDeFgHiJkL" not in shown
        assert "••••(" in shown
        assert "Nothing blocks it." in shown
    assert f"Looks secret, yet its value is written out: {name}." in str(plan)
    assert f"--env {name}," in str(plan)
    assert "getpass" in str(plan)
    assert plan.body["envs"][0]["value"] not in ("", "••••"), "it is hidden in what is shown alone"


@pytest.mark.parametrize(
    "given", ["HF_TOKEN", "HF_TOKEN=your-token", "HF_TOKEN=<token>", "EPOCHS=3", "HF_TOKEN="]
)
def test_what_is_no_typed_secret_is_not_told_as_one(run, given, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_0123456789abcdef")
    assert "written out" not in str(run(f"{LINE} --env {given} --dry-run"))


def test_a_secret_that_is_typed_is_told_before_it_is_sent_and_sent_as_typed(run, names, capsys):
    launch = run(f"{LINE} --env HF_TOKEN=tulip-garden-77 --yes")
    assert names() == ["demo"]
    assert capsys.readouterr().out.count("yet its value is written out: HF_TOKEN") == 1
    assert launch.plan.body["envs"] == [{"key": "HF_TOKEN", "value": "tulip-garden-77"}]
    launch.stop_following()


def test_a_terminal_is_told_of_a_typed_secret_and_does_not_show_it(run, monkeypatch, capsys):
    monkeypatch.setattr("ppio_widgets.runtime.kernel.takes_input", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: "n")
    launch = run(f"{LINE} --env HF_TOKEN=tulip-garden-77")
    shown = capsys.readouterr().out
    assert "yet its value is written out: HF_TOKEN" in shown
    assert "tulip" not in shown
    launch.stop_following()


def test_dry_run_shows_what_blocks_and_needs_no_key(run):
    plan = run("%ppio_launch --name demo --gpus 0 --dry-run")
    assert "Product: Say which product to rent." in str(plan)
    assert "GPUs: A whole number, at least 1." in str(plan)
    assert "api.ppio.com" in str(plan)


@pytest.mark.parametrize("product", ["a100-80g", "A100"])
def test_a_dry_run_says_what_the_price_ceiling_would_refuse(run, names, product):
    line = f"%ppio_launch --practice --name demo --product {product} --image ubuntu:24.04 --max-price 5"
    with pytest.raises(LaunchRefused) as caught:
        run(f"{line} --yes")
    refused = str(caught.value).removesuffix(" Nothing was sent.")
    shown = str(run(f"{line} --dry-run"))
    assert f"Still to do:\n  - Price ceiling per hour: {refused}" in shown
    assert "Nothing blocks it." not in shown
    assert names() == []


def test_a_dry_run_that_is_not_whole_says_nothing_of_an_unknown_price(run):
    shown = str(run("%ppio_launch --practice --name demo --max-price 5 --dry-run"))
    assert "Product: Say which product to rent." in shown
    assert "Price ceiling" not in shown


def test_a_dry_run_says_which_variables_a_live_launch_would_miss(run, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    line = "%ppio_launch --name demo --product p --image ubuntu:24.04 --env HF_TOKEN --dry-run"
    with pytest.raises(RequestInvalid) as caught:
        on_wire({"envs": [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}]}, practice=False)
    shown = str(run(line))
    assert f"Still to do:\n  - {caught.value}" in shown
    assert "sent along" not in shown
    monkeypatch.setenv("HF_TOKEN", "a value")
    shown = str(run(line))
    assert "Nothing blocks it.\nTaken from the kernel's environment and sent along: HF_TOKEN" in shown


def test_a_dry_run_on_the_practice_cloud_misses_no_variable(run, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    assert "Nothing blocks it." in str(run(f"{LINE} --env HF_TOKEN --dry-run"))


def test_a_slip_in_an_address_is_shown_corrected_and_nothing_is_sent(run, names):
    line = "%ppio_launch --practice --name demo --product prod-1 --image nginx：1.27"
    shown = "Image: An image address has no blanks and no full-width characters. Write nginx:1.27"
    assert shown in str(run(f"{line} --dry-run"))
    with pytest.raises(UsageError, match=r"Write nginx:1\.27"):
        run(f"{line} --yes")
    assert names() == []


def test_numbers_are_read_as_they_are_typed_or_refused_with_the_reason(run, names):
    plan = run("%ppio_launch --practice --name demo --gpus ２ --rootfs '６０ GB' --port 8080.0 --dry-run")
    assert plan.report.body["resource"] == {"gpu_num": 2, "rootfs_size_gb": 60}
    assert plan.report.body["ports"] == [{"port": 8080, "protocol": "http"}]
    for option, reason in (
        ("--gpus 1,5", "two ways"),
        ("--rootfs 1TB", "in GB"),
        ("--env 'A = b'", "around the ="),
    ):
        with pytest.raises(UsageError, match=reason):
            run(f"%ppio_launch --practice --name demo {option} --yes")
    assert names() == []


def test_dry_run_escapes_html(run):
    plan = run("%ppio_launch --practice --name '<img src=x onerror=alert(1)>' --dry-run")
    html = plan._repr_mimebundle_()["text/html"]
    assert "<img" not in html


def test_values_arrive_untouched(run):
    value = 'a=b "c" $HOME {x} 100% 中文 \\ \''
    quoted = shlex.quote(value)
    plan = run(f"x = 1\n%ppio_launch --practice --name a --env K={quoted} --dry-run")
    assert plan.report.body["envs"] == [{"key": "K", "value": value}]


def test_names_of_the_notebook_are_taken_when_unquoted(run):
    plan = run(
        "n = 4\nbody = {'name': 'from-body'}\n"
        "%ppio_launch --practice --body {body} --gpus $n --env K='$n' --dry-run"
    )
    assert plan.report.body["name"] == "from-body"
    assert plan.report.body["resource"]["gpu_num"] == 4
    assert plan.report.body["envs"] == [{"key": "K", "value": "$n"}]


def test_a_whole_body_in_json(run):
    plan = run(f"%ppio_launch --practice --body {shlex.quote(json.dumps(FULL))} --dry-run")
    assert plan.report.body == FULL


@pytest.mark.parametrize("line", ["%ppio_launch", "%ppio_launch --practice", f"{LINE} --form"])
def test_no_option_or_form_opens_the_form(run, line):
    form = run(line)
    assert isinstance(form, LaunchForm)
    assert form.session.target.practice
    assert form.value.get("name") == ("demo" if "--form" in line else None)
    form.close()


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (f"{LINE} --gpuss 2 --yes", "--gpus"),
        (f"{LINE} --gpus 0 --yes", "--gpus: A whole number, at least 1."),
        (f"{LINE} --port 80 --port 70000 --yes", "--port (2): A whole number from 1 to 65535."),
        (f"{LINE} --months 2 --yes", "--months: Choose billing mode prepaid for this"),
        (f"{LINE} --auto-renew 2 --yes", "--auto-renew: Choose billing mode prepaid for this"),
        (f"{LINE} --billing prepaid --yes", "--months: Give the months to buy with prepaid"),
        ("%ppio_launch --practice --name demo --yes", "--product: Say which product to rent."),
        ("%ppio_launch --practice --yes", "--name: Give the instance a name."),
        ("%ppio_launch --name demo --product p --image i --yes", "PPIO_API_KEY"),
    ],
)
def test_a_bad_line_is_one_usage_error_that_names_the_option(run, names, line, hint):
    with pytest.raises(UsageError) as caught:
        run(line)
    assert hint in str(caught.value)
    assert caught.value._render_traceback_() == [f"UsageError: {caught.value}"]  # one line, no stack
    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None
    assert names() == []


def test_where_nobody_can_answer_it_refuses_and_sends_nothing(run, names, monkeypatch):
    monkeypatch.setattr("ppio_widgets.runtime.kernel.who_answers", lambda: None)
    with pytest.raises(UsageError, match="add --yes"):
        run(LINE)
    assert names() == []


@pytest.mark.parametrize(
    ("answer", "launched"),
    [("y", ["demo"]), ("yes", ["demo"]), ("是", ["demo"]), ("", []), ("n", []), ("maybe", [])],
)
def test_a_terminal_is_asked(run, names, monkeypatch, capsys, answer, launched):
    asked = []
    monkeypatch.setattr("ppio_widgets.runtime.kernel.takes_input", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or answer)
    launch = run(f"x = {LINE}\nx")
    assert "Launch demo on a100-80g" in asked[0]
    assert names() == launched
    assert bool(launch.id) == bool(launched)
    assert '"name": "demo"' in capsys.readouterr().out
    launch.stop_following()


def test_a_closed_stdin_is_nobody(run, names, monkeypatch):
    def closed(_question):
        raise EOFError

    monkeypatch.setattr("ppio_widgets.runtime.kernel.takes_input", lambda: True)
    monkeypatch.setattr("builtins.input", closed)
    with pytest.raises(UsageError, match="add --yes"):
        run(LINE)
    assert names() == []


def test_a_name_that_is_taken_is_refused_and_again_or_another_name_launches(run, names):
    first = run(f"{LINE} --yes")
    with pytest.raises(ConsentNeeded, match=f"id {first.id}.* --again"):
        run(f"{LINE} --yes")
    assert names() == ["demo"]
    second = run(f"{LINE} --yes --again")
    third = run(f"{LINE} --yes --unique-name")
    assert second.id != first.id
    assert re.fullmatch("demo-[0-9a-f]{6}", third.name)
    assert len(names()) == 3
    for launch in (first, second, third):
        launch.stop_following()


def torn():
    """A record of the practice ledger that cannot be read."""
    folder = ledger_for(practice=True).folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "abcd1234.json").write_bytes(b"{")
    return folder / "abcd1234.json"


def test_each_fact_is_agreed_to_by_its_own_word(run, names):
    first = run(f"{LINE} --yes")
    file = torn()
    try:
        with pytest.raises(ConsentNeeded, match="--again unreadable"):
            run(f"{LINE} --yes --again")
        for word in ("unreadable", "unchecked", "unrecorded"):
            with pytest.raises(ConsentNeeded, match=f"id {first.id}"):
                run(f"{LINE} --yes --again {word}")
        assert names() == ["demo"]
        second = run(f"{LINE} --yes --again --again unreadable")
        assert second.id not in (None, first.id)
    finally:
        file.unlink()
    with pytest.raises(UsageError, match="copy, unchecked, unreadable, unrecorded"):
        run(f"{LINE} --yes --again all")
    assert names() == ["demo", "demo"]
    for launch in (first, second):
        launch.stop_following()


def test_a_terminal_is_asked_about_each_fact_by_itself(run, names, monkeypatch):
    asked = []
    first = run(f"{LINE} --yes")
    file = torn()
    monkeypatch.setattr("ppio_widgets.runtime.kernel.takes_input", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "y")
    try:
        second = run(LINE)
    finally:
        file.unlink()
    assert second.id not in (None, first.id)
    _plan, copy, unread = asked
    assert f"Yes agrees to a copy of {first.id} and to nothing else" in copy
    assert "abcd1234" not in copy
    assert "Yes agrees to leave abcd1234 unread and to nothing else" in unread
    assert "Launch without that record?" in unread
    for launch in (first, second):
        launch.stop_following()


@pytest.mark.parametrize("start", ["--preset taking", "--body taking.json", "--body @taking", "a cell"])
def test_yes_names_what_is_taken_from_the_kernel_before_anything_is_sent(
    start, run, monkeypatch, capsys, tmp_path
):
    envs = [{"key": "HF_TOKEN", "value": {"$env": "HF_TOKEN"}}]
    body = {"product_id": "a100-80g", "image": "ubuntu:24.04", "envs": envs}
    monkeypatch.setenv("HF_TOKEN", "hf_0123456789abcdef")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PPIO_WIDGETS_CONFIG_DIR", str(tmp_path))
    (tmp_path / "taking.json").write_text(json.dumps(body))
    run(f"taking = {body!r}")
    save_preset("taking", body)
    said = []
    create = PracticeAccount.create

    def created(self, *given):
        said.append(capsys.readouterr().out)
        return create(self, *given)

    monkeypatch.setattr(PracticeAccount, "create", created)
    line = "%ppio_launch --practice --name demo --yes"
    launch = run(f"%{line}\n{json.dumps(body)}" if start == "a cell" else f"{line} {start}")
    launch.stop_following()
    assert "HF_TOKEN" in said[0]
    assert "hf_0123456789abcdef" not in said[0]


def test_a_terminal_is_asked_once_more_when_the_name_is_taken(run, names, monkeypatch, capsys):
    asked = []
    first = run(f"{LINE} --yes")
    monkeypatch.setattr("ppio_widgets.runtime.kernel.takes_input", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "y")
    second = run(LINE)
    assert first.id in asked[1]
    assert "Launch a copy?" in asked[1]
    assert second.id != first.id
    assert names() == ["demo", "demo"]
    monkeypatch.setattr("builtins.input", lambda question: "y" if "already there" not in question else "n")
    assert run(LINE).id is None
    assert "nothing was sent" in capsys.readouterr().out
    assert names() == ["demo", "demo"]
    for launch in (first, second):
        launch.stop_following()


def test_a_refusal_of_the_server_is_raised_so_that_run_all_stops(run, monkeypatch):
    def refuse(self, *_given):
        raise Refused("no_money", needed=20, left=1)

    monkeypatch.setattr(PracticeAccount, "create", refuse)
    with pytest.raises(ApiError, match="needed for now") as caught:
        run(f"{LINE} --yes")
    assert caught.value._render_traceback_() == [f"ApiError: {caught.value}"]


def test_unload_takes_the_magic_away(shell):
    shell.run_line_magic("unload_ext", "ppio_widgets")
    assert "ppio_launch" not in shell.magics_manager.magics["line"]
    shell.run_line_magic("load_ext", "ppio_widgets")
    assert "ppio_launch" in shell.magics_manager.magics["line"]


def test_the_help_names_every_option(shell):
    text = getdoc(shell.find_line_magic("ppio_launch"))
    assert all(option.flag in text for option in OPTIONS)
