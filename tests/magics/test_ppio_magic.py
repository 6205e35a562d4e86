"""``%ppio`` in a real shell: sign in and out, choose the cloud, see and settle launches."""

import json
import re

import pytest
from IPython.core.error import StdinNotImplementedError, UsageError

from ppio_widgets import LaunchForm, PpioClient
from ppio_widgets.formats.line.options import OPTIONS
from ppio_widgets.launches.ledger import Record, ledger_for
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.magics import completers, ppio_magic
from ppio_widgets.magics.verbs import VERBS
from tests.support.wire import faulty, nothing_there

KEY = "sk_live_0123456789abcd"
LINE = "%ppio_launch --name demo --product a100-80g --image ubuntu:24.04"


@pytest.fixture
def typed(monkeypatch):
    """What is typed at the hidden question."""
    answers = []
    monkeypatch.setattr("getpass.getpass", lambda _question: answers.pop(0))
    return answers


def written(state=LaunchState.SENDING, **more):
    record = Record("ab12cd34", "https://api.ppio.com", "…abcd", {"name": "demo"}, 1.0, state=state, **more)
    ledger_for(practice=False).claim(record)
    return record


def test_a_login_lasts_until_logout_and_shows_only_the_end(run, typed, capsys):
    typed.append(f"  {KEY}\n")
    run("%ppio login")
    client = PpioClient()
    assert (client.require_key().last_four, client.require_key().source) == ("abcd", "%ppio login")
    run("%ppio logout")
    with pytest.raises(UsageError, match="%ppio login"):
        run(f"{LINE} --yes")
    said = capsys.readouterr()
    assert "Signed in to api.ppio.com with the key ending in abcd" in said.out
    assert KEY not in said.out + said.err


def test_a_login_goes_before_the_environment(run, typed, monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", "sk_from_environment")
    typed.append(KEY)
    run("%ppio login")
    assert PpioClient().require_key().last_four == "abcd"


@pytest.mark.parametrize("wrong", ["", "shorty", "with a blank", "ｓｋ＿full＿width"])
def test_what_cannot_be_a_key_is_one_line_without_it(run, typed, wrong):
    typed.append(wrong)
    with pytest.raises(UsageError) as caught:
        run("%ppio login")
    assert "\n" not in str(caught.value)
    assert not wrong or wrong not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("nobody", [StdinNotImplementedError, EOFError])
def test_where_nobody_can_type_it_says_what_else_there_is(run, monkeypatch, nobody):
    def cannot(_question):
        raise nobody("no stdin")

    monkeypatch.setattr("getpass.getpass", cannot)
    with pytest.raises(UsageError, match="PPIO_API_KEY") as caught:
        run("%ppio login")
    assert caught.value.__context__ is None
    with pytest.raises(UsageError, match="NOVITA_API_KEY"):
        run("%ppio login --base-url https://api.novita.ai")
    with pytest.raises(UsageError, match=r"no variable holds a key for gpu\.example\.com"):
        run("%ppio login --base-url https://gpu.example.com --allow-host gpu.example.com")


def test_the_practice_cloud_needs_no_login(run, monkeypatch):
    monkeypatch.setenv("PPIO_GPU_BASE_URL", "http://127.0.0.1:8899")
    with pytest.raises(UsageError, match=r"needs no key.* %env PPIO_GPU_BASE_URL=https://api\.ppio\.com"):
        run("%ppio login")


def test_from_a_demo_to_the_live_cloud_each_step_names_the_next_one(run, capsys, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda _question: KEY)
    monkeypatch.setenv("PPIO_WIDGETS_PRACTICE", "1")
    monkeypatch.setenv("PPIO_GPU_BASE_URL", "http://127.0.0.1:8899")
    way = "%env PPIO_GPU_BASE_URL=https://api.ppio.com, %ppio practice off, %ppio login."
    run("%ppio practice off")
    said = capsys.readouterr().out
    assert "still uses the practice cloud at 127.0.0.1:8899" in said
    assert said.rstrip().endswith(way)
    assert "live cloud: launches are billed" not in said
    run("%ppio login --base-url https://api.ppio.com")
    assert capsys.readouterr().out.rstrip().endswith(way)
    run("%env PPIO_GPU_BASE_URL=https://api.ppio.com")
    run("%ppio practice on")
    capsys.readouterr()
    run("%ppio login")
    assert capsys.readouterr().out.rstrip().endswith("For the live one: %ppio practice off.")
    run("%ppio practice off")
    assert "live cloud: launches are billed" in capsys.readouterr().out
    run("%ppio login")
    assert "practice" not in capsys.readouterr().out
    assert "api.ppio.com" in str(run(f"{LINE} --dry-run"))


def test_practice_on_and_off_choose_for_the_kernel(run, names, monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", KEY)
    run("%ppio practice on")
    launch = run(f"{LINE} --yes")
    assert names() == ["demo"]
    launch.stop_following()
    form = run("%ppio_launch")
    assert form.session.target.practice
    form.close()
    run("%ppio practice off")
    monkeypatch.setenv("PPIO_WIDGETS_PRACTICE", "1")
    assert "api.ppio.com" in str(run(f"{LINE} --dry-run"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "Say what to do, like %ppio ls; %ppio help shows all."),
        ("list", "There is no %ppio list. Did you mean ls?"),
        ("lst", "There is no %ppio lst. Did you mean ls?"),
        ("product A100", "There is no %ppio product. Did you mean products?"),
        ("what", "There is no %ppio what. %ppio help shows what there is."),
        ("sk_live_0123456789abcd", "There is no %ppio …. %ppio help shows what there is."),
        ("practice", "Write it like this: %ppio practice on|off"),
        ("practice maybe", "Write it like this: %ppio practice on|off"),
        ("login now", "Write it like this: %ppio login"),
        ("login --practice", "Write it like this: %ppio login"),
        ("stop", "Write it like this: %ppio stop ID…"),
        ("start --practice", "Write it like this: %ppio start ID…"),
        ("show", "Write it like this: %ppio show ID"),
        ("show a b", "Write it like this: %ppio show ID"),
        ("delete", "Write it like this: %ppio delete ID… [--yes]"),
        ("ls a", "Write it like this: %ppio ls [--name TEXT] [--status WORD]"),
        (
            "ls --base-url",
            "--base-url needs a value: --base-url URL. One that begins with -- goes in quotes.",
        ),
        ("products --all", "Write it like this: %ppio products [TEXT]"),
        ("launches absent x", "Write it like this: %ppio launches absent ID NAME"),
        (
            "launches x y z u",
            (
                "Write it like this: %ppio launches, %ppio launches look [ID], "
                "%ppio launches found ID INSTANCE, %ppio launches absent ID NAME, %ppio launches forget ID"
            ),
        ),
    ],
)
def test_what_cannot_be_done_is_one_line_that_shows_how_it_is_written(run, line, said):
    with pytest.raises(UsageError) as caught:
        run(f"%ppio {line}")
    assert str(caught.value) == said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_verb_has_its_use_in_one_line(run, monkeypatch, language):
    monkeypatch.setenv("PPIO_WIDGETS_LANG", language)
    for verb in {name.partition(" ")[0] for name in VERBS}:
        with pytest.raises(UsageError, match=f"%ppio {verb}") as caught:
            run(f"%ppio {verb} --x a b c d e f g")
        assert "\n" not in str(caught.value)


def test_every_verb_has_its_function_and_whatever_takes_a_word_has_what_tab_proposes():
    assert [one.run for one in VERBS.values() if not callable(getattr(ppio_magic, one.run, None))] == []
    takers = [*OPTIONS, *VERBS.values(), *(option for verb in VERBS.values() for option in verb.options)]
    assert {one.source for one in takers} - {""} == {*completers.SOURCES}


@pytest.mark.parametrize("acting", ["start", "stop", "delete"])
def test_no_hint_proposes_what_bills_or_destroys(run, acting):
    slips = [
        acting[:-1],
        acting + acting[-1],
        acting[1:],
        acting.upper(),
        f"{acting[0]}{acting[2:]}",
        "status",
    ]
    for slip in slips:
        with pytest.raises(UsageError, match="There is no %ppio") as caught:
            run(f"%ppio {slip} i-1")
        assert not re.search(r"mean (start|stop|delete)", str(caught.value))


def test_the_list_shows_unresolved_launches_first(run):
    assert "No launches" in str(run("%ppio launches"))
    written(instance_id=None)
    ledger_for(practice=False).claim(
        Record(
            "ffff0000",
            "https://api.ppio.com",
            "…abcd",
            {"name": "later"},
            2.0,
            state=LaunchState.SUCCEEDED,
            instance_id="i-9",
        )
    )
    lines = str(run("%ppio launches")).splitlines()
    assert lines[0].startswith("demo on api.ppio.com")
    assert lines[0].endswith("(%ppio launches look ab12cd34).")
    assert "launched, id i-9 (launch ffff0000)" in lines[1]


def test_loading_tells_of_launches_left_open_and_the_form_too(shell, monkeypatch, capsys):
    written()
    shell.run_line_magic("reload_ext", "ppio_widgets")
    assert "it is not known whether it was launched" in capsys.readouterr().out
    monkeypatch.setenv("PPIO_API_KEY", KEY)
    form = LaunchForm()
    assert "%ppio launches look ab12cd34" in form.children[0].value
    form.close()


def test_a_launch_of_another_kernel_is_looked_up_by_its_id(run, capsys, monkeypatch):
    with faulty(nothing_there) as server:
        monkeypatch.setenv("PPIO_GPU_BASE_URL", server.url)
        monkeypatch.setenv("PPIO_WIDGETS_PRACTICE_KEY", "sk_practice_me.money")
        record = Record("0badcafe", server.url, "me", {"name": "demo"}, 1.0)
        ledger_for(practice=False).claim(record)
        run("%ppio launches look 0badcafe")
        assert "it is not known" in capsys.readouterr().out
        assert ledger_for(practice=False).get("0badcafe").absences == 1
        assert [request.method for request in server.received] == ["GET"]


def test_another_accounts_key_is_not_asked(run, monkeypatch):
    written()
    monkeypatch.setenv("PPIO_API_KEY", "sk_live_of_another_account")
    with pytest.raises(UsageError, match="ending in …abcd"):
        run("%ppio launches look ab12cd34")


def test_a_person_says_that_it_is_not_there_by_typing_its_name(run, capsys):
    written()
    with pytest.raises(UsageError, match="type its name exactly: demo"):
        run("%ppio launches absent ab12cd34 domo")
    run("%ppio launches absent ab12cd34 demo")
    assert "looked up, and not there" in capsys.readouterr().out
    assert ledger_for(practice=False).get("ab12cd34").source == "person"
    run("%ppio launches look")
    assert (
        "The outcome of every launch recorded here is known. %ppio ls shows the account."
        in capsys.readouterr().out
    )


def test_where_nothing_is_recorded_a_look_says_where_to_look(run, capsys, monkeypatch):
    none = "No launches are recorded here. %ppio ls shows what the account has."
    assert str(run("%ppio launches")) == none
    capsys.readouterr()
    run("%ppio launches look")
    assert capsys.readouterr().out.strip() == none
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "zh")
    run("%ppio launches look")
    assert "账户中的实例见 %ppio ls" in capsys.readouterr().out


def test_a_torn_record_is_loud_until_it_is_forgotten(run, capsys):
    written()
    folder = ledger_for(practice=False).folder
    (folder / "ab12cd34.json").write_text('{"version": 1, "launch')
    run("%ppio launches look")
    assert "unreadable record" in capsys.readouterr().out
    assert "unreadable record" in str(run("%ppio launches"))
    run("%ppio launches forget ab12cd34")
    assert "is no longer listed" in capsys.readouterr().out
    assert "No launches" in str(run("%ppio launches"))
    assert (folder / "ab12cd34.unreadable").exists()
    run("%ppio launches forget ../../etc/passwd")
    assert "stays listed" in capsys.readouterr().out


def test_an_id_that_is_not_there(run):
    with pytest.raises(UsageError, match="no launch nothere"):
        run("%ppio launches look nothere")


def test_a_ledger_of_practice_is_thrown_away(run):
    launch = run(f"{LINE} --practice --yes")
    launch.stop_following()
    assert "demo on the practice cloud" in str(run("%ppio launches"))
    assert ledger_for(practice=False).read().records == ()
    text = (ledger_for(practice=True).folder / f"{launch.launch_id}.json").read_text()
    assert json.loads(text)["practice"] is True
    assert ledger_for(practice=True).folder.stat().st_mode & 0o777 == 0o700
