"""``%ppio ls``, ``show``, ``stop``, ``start``, ``delete`` in a real shell, on the practice cloud."""

import pytest
from IPython.core.error import UsageError

from ppio_widgets.errors import ActionUnconfirmed, ApiError, LaunchRefused
from ppio_widgets.practice.cloud import PracticeCloud, kernel_account, put_kernel_cloud
from ppio_widgets.runtime import kernel
from tests.instances.test_instance import BODY, ENV, GoingClock
from tests.support.clock import Clock
from tests.support.practice import KEY as PRACTICE_KEY
from tests.support.practice import RICH
from tests.support.wire import faulty, says


@pytest.fixture
def clock(shell, run):
    """One clock, of the practice account and of the kernel; it goes while somebody waits."""
    clock = Clock()
    put_kernel_cloud(PracticeCloud(clock))
    kernel_account().pay(RICH)
    kernel.current().clock = GoingClock(clock)
    run("%ppio practice on")
    return clock


@pytest.fixture
def made(clock):
    """Make running instances by name; returns their ids."""

    def made(*names, **more):
        ids = []
        for name in names:
            ids.append(kernel_account().create({**BODY, "name": name, **more})["id"])
            clock.turn(60)
        return ids

    return made


def status_of(identity):
    return kernel_account().get(identity)["status"]["status"]


def test_a_table_newest_first_with_hours_and_cost(run, made, clock):
    first, second = made("older", "newer")
    clock.turn(7200)
    board = run("%ppio ls")
    text = str(board)
    assert text.index(second) < text.index(first)
    assert "2 instances" in text
    assert "≈ ¥" in text
    assert " 2.0 " in text
    assert [one.name for one in run("%ppio ls --name old").instances] == ["older"]
    assert ENV not in text + board._repr_html_()


def test_a_filter_never_says_that_nothing_is_there(run, made):
    made("one", "two", "off")
    kernel_account().act(kernel_account().page()["data"][0]["id"], "stop")
    assert str(run("%ppio ls --name typo")).startswith(
        "Instances on the practice cloud that fit: 0 of 3. Of all, not stopped: "
    )
    for word in ("running", "RUNNING"):
        board = run(f"%ppio ls --status {word}")
        assert {one.name for one in board.instances} == {"one", "two"}
        assert str(board).startswith("Instances on the practice cloud that fit: 2 of 3. ")
    assert len(run("%ppio ls")) == 3


def test_a_status_is_the_word_that_is_shown_or_the_apis(run, made, monkeypatch):
    (identity,) = made("one")
    run("%ppio stop one")
    for word in ("stopped", "exited", "Stopped"):
        assert [one.id for one in run(f"%ppio ls --status {word}").instances] == [identity]
    with pytest.raises(UsageError, match=r"--status wrongword: .* running, .*stopped"):
        run("%ppio ls --status wrongword")
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "zh")
    for word in ("已停止", "stopped", "exited"):
        assert [one.id for one in run(f"%ppio ls --status {word}").instances] == [identity]


@pytest.mark.parametrize(
    "line",
    [
        "ls --nam x",
        "ls --name a --name b",
        "show",
        "stop",
        "delete --yes",
        "stop --all",
        "auto-renew off",
        "auto-renew one",
        "auto-renew one on",
    ],
)
def test_what_is_not_understood_shows_how_it_goes(run, clock, line):
    with pytest.raises(UsageError, match=f"like this: %ppio {line.split()[0]} ") as caught:
        run(f"%ppio {line}")
    assert "\n" not in str(caught.value)


def test_help_shows_every_verb(run, capsys):
    run("%ppio help")
    said = capsys.readouterr().out
    assert all(
        f"%ppio {verb}" in said
        for verb in ("ls", "show", "stop", "start", "delete", "auto-renew", "login", "help")
    )


def test_show_is_one_instance_freshly_looked_at(run, made):
    (identity,) = made("demo")
    card = str(run("%ppio show demo"))
    assert identity in card
    assert "running" in card
    assert "ssh -p" in card


def test_stop_and_start_by_name_say_what_was_read_back(run, made, capsys):
    one, two = made("one", "two")
    run(f"%ppio stop one {two} {one}")
    said = capsys.readouterr().out
    assert f"one ({one}): confirmed stopped at " in said
    assert said.count("confirmed stopped") == 2
    assert [status_of(one), status_of(two)] == ["exited", "exited"]
    run("%ppio start one")
    assert "confirmed running at " in capsys.readouterr().out


def test_a_slip_in_one_name_stops_everything_before_anything_is_done(run, made):
    (identity,) = made("one")
    with pytest.raises(UsageError, match="no instance"):
        run("%ppio stop one tow")
    assert status_of(identity) == "running"


def test_delete_refuses_where_nobody_can_be_asked(run, made):
    (identity,) = made("one")
    with pytest.raises(UsageError, match="add --yes") as caught:
        run("%ppio delete one")
    assert f"one ({identity})" in str(caught.value)
    assert "network volumes" in str(caught.value)
    assert status_of(identity) == "running"


@pytest.mark.parametrize(("answer", "left"), [("n", 1), ("", 1), ("y", 0)])
def test_delete_asks_and_names_what_is_lost(run, made, monkeypatch, names, answer, left):
    made("one")
    asked = []
    monkeypatch.setattr("ppio_widgets.runtime.kernel.takes_input", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or answer)
    run("%ppio delete one")
    assert len(names()) == left
    assert "network volumes" in asked[0]


def test_stopping_what_is_prepaid_is_said_to_save_nothing(run, made, capsys):
    made("hourly")
    made("paid", billing={"mode": "prepaid", "prepaid": {"months": 1}})
    run("%ppio stop hourly")
    assert "prepaid" not in capsys.readouterr().out
    run("%ppio stop paid")
    assert "What is prepaid is paid for already: stopping it saves nothing." in capsys.readouterr().out


def test_delete_with_yes_deletes_each(run, made, names, capsys):
    made("one", "two", "three")
    run("%ppio delete one two --yes")
    assert names() == ["three"]
    assert capsys.readouterr().out.count("confirmed deleted") == 2


def test_what_was_just_deleted_keeps_its_last_cost(run, made, clock, capsys):
    (identity,) = made("one")
    clock.turn(2 + 3600 - 60)  # it is billed from its third second on
    run("%ppio delete one --yes")
    told = "was on for 60 min until last seen, ≈ ¥25.21 (¥25.20 per hour, no disk)"
    said = capsys.readouterr().out
    assert f"one ({identity}): confirmed deleted at " in said
    assert said.endswith(f"; {told}\n")
    clock.turn(3600)
    for word in ("one", identity):
        card = str(run(f"%ppio show {word}"))
        assert card.startswith(f"one on the practice cloud: deleted (id {identity})")
        assert told in card
    for line in ("show tow", "stop one", f"delete {identity} --yes"):
        with pytest.raises(UsageError, match="no instance"):
            run(f"%ppio {line}")


def test_one_that_is_refused_keeps_the_others_from_nothing(run, made, capsys, names):
    made("one")
    made("paid", billing={"mode": "prepaid", "prepaid": {"months": 1}})
    with pytest.raises(ActionUnconfirmed, match="1 of 2"):
        run("%ppio delete one paid --yes")
    said = capsys.readouterr().out
    assert "confirmed deleted" in said
    assert "cannot be released early" in said
    assert names() == ["paid"]


def test_a_refusal_of_one_is_said_as_it_is(run, made):
    made("paid", billing={"mode": "prepaid", "prepaid": {"months": 1}})
    with pytest.raises((UsageError, ApiError), match="cannot be released early"):
        run("%ppio delete paid --yes")


def test_auto_renew_is_turned_off_and_read_back(run, made, capsys):
    renewing = {"mode": "prepaid", "prepaid": {"months": 1, "auto_renew": {"enabled": True, "months": 1}}}
    one, two = made("one", "two", billing=renewing)
    run(f"%ppio auto-renew one {two} off")
    said = capsys.readouterr().out
    assert f"one ({one}): auto-renew confirmed off at " in said
    assert said.count("auto-renew confirmed off") == 2
    for identity in (one, two):
        assert kernel_account().get(identity)["billing"]["prepaid"]["auto_renew"]["enabled"] is False
    assert "does not renew" in str(run("%ppio show one"))


def test_without_a_key_it_explains(run):
    with pytest.raises(UsageError, match="%ppio login"):
        run("%ppio ls")


def test_an_instance_by_its_id_is_on_the_cloud_that_a_line_would_use(run, made):
    (identity,) = made("one")
    run("from ppio_widgets import Instance")
    assert run(f"Instance('{identity}').status") == "running"
    assert run(f"Instance('{identity}').stop()").outcome.startswith("confirmed stopped")


def test_an_unquoted_name_of_the_notebook_stands_for_its_text(run, made, shell, clock):
    kept, gone = made("kept", "gone")
    shell.user_ns.update(name="gone", identity=kept)
    assert run("%ppio show $name").id == gone
    assert run("%ppio show $identity").id == kept
    assert run("%ppio ls --name '$name'").instances == ()
    run("%ppio delete $name --yes")
    assert [one.name for one in run("%ppio ls").instances] == ["kept"]


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("$nobody", "no variable nobody"),
        ("$flag", "not a bool"),
        ("$several", "not a list"),
        ("$name.upper()", r"\$name inside a word is not filled in"),
        ("re-$name", r"\$name inside a word is not filled in"),
        ('"$name"', r"\$name inside a word is not filled in"),
        ("{name}", r"\{name\} inside a word is not filled in"),
        ("'$name'", r"\$name"),
        ("$", r"\$"),
    ],
)
def test_a_word_that_stands_for_no_text_acts_on_nothing(run, made, shell, clock, word, sentence):
    (there,) = made("there")
    shell.user_ns.update(flag=True, several=[there], name="there")
    with pytest.raises(UsageError, match=sentence):
        run(f"%ppio stop {word}")
    assert status_of(there) == "running"


@pytest.mark.parametrize("word", ["''", "' '", ".", ".."])
@pytest.mark.parametrize("line", ["stop {}", "start {}", "delete {} --yes", "show {}", "auto-renew {} off"])
def test_what_is_no_id_and_no_name_is_refused_before_anything_is_asked(run, made, monkeypatch, line, word):
    made("demo")
    monkeypatch.setattr(kernel_account(), "page", lambda **_given: pytest.fail("asked"))
    with pytest.raises(UsageError, match="so nothing was sent"):
        run(f"%ppio {line.format(word)}")


@pytest.mark.parametrize("word", ["''", "' '", "..", "a/b", "i?x=1"])
def test_nothing_is_launched_like_what_is_no_instance(run, made, word):
    made("demo")
    with pytest.raises((UsageError, LaunchRefused)):
        run(f"%ppio_launch --practice --like {word} --name new --yes")
    assert len(kernel_account().page()["data"]) == 1


LISTED = {"id": "i-1", "name": "demo", "status": {"status": "running"}, "created_at": 1}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"data": None, "has_more": False}, "leaves its list of instances out"),
        ({"data": [], "has_more": False, "total": 3}, "counts other rows"),
        ({"data": [{**LISTED, "id": ""}], "has_more": False}, "a row that cannot be read"),
        ({"code": 500, "message": "busy", "data": None}, "an error beside its data"),
        ({"data": [LISTED]}, "does not say whether there are more"),
        (b'{"data": [], "has_more": fal', "is no JSON"),
    ],
)
def test_a_listing_that_is_not_certain_says_what_could_not_be_read(shell, run, monkeypatch, answer, told):
    monkeypatch.setenv("PPIO_WIDGETS_PRACTICE_KEY", PRACTICE_KEY)
    with faulty(says(200, answer)) as server:
        try:
            said = str(run(f"%ppio ls --base-url {server.url}"))
        except UsageError as error:
            said = str(error)
    assert told in said
    assert "Not certain" in said
    assert "No instances" not in said
