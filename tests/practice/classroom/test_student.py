"""What a student does in a class: joins it, is judged, is told what is allowed before anything is sent."""

import json
import stat
from decimal import Decimal
from fractions import Fraction

import pytest
from IPython.core.completer import provisionalcompleter

from ppio_widgets import Classroom, Instance, LaunchForm, RequestInvalid, launch
from ppio_widgets.api import connect, rules_of
from ppio_widgets.cards import static
from ppio_widgets.doctor.checkup import examine
from ppio_widgets.errors import AccessDenied, ApiError, HostRefused, Unreachable
from ppio_widgets.instances.listing import open_board
from ppio_widgets.locale.words import words
from ppio_widgets.magics.ppio_magic import UsageError
from ppio_widgets.practice.classroom.cloud import ClassCloud
from ppio_widgets.practice.classroom.lesson import packaged, read_lesson
from ppio_widgets.practice.classroom.roster import Roster, read_roster
from ppio_widgets.practice.classroom.student import join_as_hub_user
from ppio_widgets.practice.cloud import PracticeCloud
from ppio_widgets.practice.server import serving
from ppio_widgets.request.pricing import shown, to_cents
from ppio_widgets.runtime.times import local_time, until_morning
from ppio_widgets.secrets.credentials import kept_keys
from ppio_widgets.secrets.hosts import BASE_URL_VARIABLE, read_host
from tests.magics.conftest import run, shell
from tests.support.clock import Clock
from tests.support.kernels import own_kernel
from tests.support.leftovers import open_views
from tests.support.threads import wait_for_threads
from tests.support.wire import REAL_KEY, free_port, wait_for_launches

__all__ = ["run", "shell"]

LESSON = """
id = "small"
title = { en = "A small lesson", zh = "一节小课" }
minutes = 10
clock = 1
budget = 60
[allow]
products = ["3090.8c30g.os", "4090.16c62g.os"]
billing = ["postpaid", "spot"]
max_hourly = 3
name = "{student}-*"
locked = { "resource.rootfs_size_gb" = 20 }
[[exercise]]
id = "1.1"
say = { en = "Rent one GPU.", zh = "租一张 GPU。" }
hint = { en = "One is enough.", zh = "一张就够。" }
expect = { on = 1 }
"""
BODY = {
    "name": "s07-first",
    "product_id": "3090.8c30g.os",
    "image": "ubuntu:24.04",
    "billing": {"mode": "postpaid"},
    "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cloud(clock):
    return ClassCloud(read_lesson(LESSON), Roster(), clock)


@pytest.fixture
def server(cloud, shell, monkeypatch):
    """The class, whose address the environment names; the shell cleared it before."""
    with serving(cloud) as served:
        monkeypatch.setenv(BASE_URL_VARIABLE, served.url)
        yield served


@pytest.fixture
def joined(server, run):
    run("%ppio class join s07 4711")
    return server


def launched(body=BODY):
    """Launch, and follow it no further."""
    made = launch(body)
    made.stop_following()
    wait_for_launches()
    return made.id


def ids(client):
    return [one.id for one in client.list_instances()]


# To join


@pytest.mark.usefixtures("server")
def test_a_join_says_who_takes_part_what_is_left_and_what_to_do(run, capsys):
    run("%ppio class join s07 4711")
    assert capsys.readouterr().out.splitlines() == [
        "You take part as s07.",
        "A small lesson",
        "¥0.00 spent · ¥60.00 left",
        "· 1.1 Rent one GPU.",
    ]


@pytest.mark.usefixtures("joined")
def test_a_balance_below_zero_is_shown_as_an_amount(run, capsys, cloud):
    cloud.account_of("s07").pay(Decimal("-64.06"))
    run("%ppio class")
    assert "¥0.00 spent · -¥4.06 left" in capsys.readouterr().out


@pytest.mark.usefixtures("joined")
def test_a_later_kernel_is_the_same_student_without_a_word():
    mine = launched()
    with own_kernel():
        assert ids(connect()) == [mine]


def test_a_pin_that_was_drawn_is_kept_privately_and_needed_from_elsewhere(server, run, monkeypatch, tmp_path):
    run("%ppio class join s07")
    host = read_host(server.url)
    [path] = (tmp_path / "state" / "classes").iterdir()
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    assert json.loads(path.read_text(encoding="utf-8")) == kept_keys(host)
    assert [key.rpartition(".")[0] for key in kept_keys(host).values()] == ["sk_practice_s07"]
    with own_kernel():
        run("%ppio class join s07")
    monkeypatch.setenv("PPIO_WIDGETS_STATE_DIR", str(tmp_path / "elsewhere"))
    with own_kernel():
        with pytest.raises(UsageError, match="Use the PIN of your first join"):
            run("%ppio class join s07")
        assert kept_keys(host) == {}


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("line", ["%ppio class", "%ppio check 1.1"])
def test_who_has_not_joined_is_told_to(run, line):
    with pytest.raises(UsageError, match="Say your name in the class: %ppio class join"):
        run(line)


@pytest.mark.usefixtures("server")
def test_a_wrong_pin_lets_nobody_in_and_changes_nothing(run):
    run("%ppio class join s07 4711")
    mine = launched()
    with pytest.raises(UsageError, match="PIN"):
        run("%ppio class join s07 0000")
    assert ids(connect()) == [mine]


@pytest.mark.usefixtures("server")
def test_who_joined_twice_is_who_joined_last_and_can_go_back_without_the_pin(run):
    run("%ppio class join s07 4711")
    mine = launched()
    run("%ppio class join s08 0815")
    assert ids(connect()) == []
    run("%ppio class join s07")
    assert ids(connect()) == [mine]
    with own_kernel():
        assert ids(connect()) == [mine]


def test_a_join_whose_answer_is_lost_has_its_pin_kept(server, run, monkeypatch, cloud):
    told = cloud.join
    monkeypatch.setattr(cloud, "join", lambda *given: told(*given) and {"student": "s07", "key": "…"})
    with pytest.raises(UsageError):
        run("%ppio class join s07")
    monkeypatch.undo()
    monkeypatch.setenv(BASE_URL_VARIABLE, server.url)
    assert ids(connect()) == []
    assert kept_keys(read_host(server.url))


@pytest.mark.parametrize("line", ["class join", "class join NAME? 1234", "class join s07 1"])
def test_what_is_no_name_and_no_pin_is_said(server, run, line):
    with pytest.raises(UsageError):
        run(f"%ppio {line}")
    assert kept_keys(read_host(server.url)) == {}


@pytest.mark.usefixtures("server")
def test_a_pin_that_is_too_short_is_no_wrong_one(run):
    with pytest.raises(UsageError, match="Choose a PIN of 4 to 32 letters and digits"):
        run("%ppio class join s08 12")


def test_without_an_address_no_class_is_meant(run):
    with pytest.raises(UsageError, match=BASE_URL_VARIABLE):
        run("%ppio class join s07")


def test_a_practice_cloud_that_is_no_class_says_so(monkeypatch, run):
    with serving(PracticeCloud()) as served:
        monkeypatch.setenv(BASE_URL_VARIABLE, served.url)
        for line in ("class", "class join s07", "check 1.1"):
            with pytest.raises(UsageError, match="no class"):
                run(f"%ppio {line}")
        assert rules_of(connect()).told() == {}


@pytest.mark.usefixtures("joined")
def test_a_class_is_sent_nothing_of_the_kernels_environment(monkeypatch, cloud):
    monkeypatch.setenv("HF_TOKEN", "hf_s3cret-of-the-kernel")
    made = launched({**BODY, "envs": [{"key": "TOKEN", "value": {"$env": "HF_TOKEN"}}]})
    [sent] = cloud.account_of("s07").get(made)["envs"]
    assert sent == {"key": "TOKEN", "value": "practice-placeholder-for-HF_TOKEN"}


# A hub's person


@pytest.mark.usefixtures("server")
def test_the_person_of_a_hub_takes_part_without_a_word(monkeypatch, cloud):
    monkeypatch.setenv("JUPYTERHUB_USER", "Anna.B@Uni")
    mine = launched({**BODY, "name": "anna.b-uni-1"})
    assert cloud.students() == ["anna.b-uni"]
    with own_kernel():
        assert ids(connect()) == [mine]


def test_on_a_hub_a_practice_cloud_that_is_no_class_stays_one(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_USER", "anna")
    with serving(PracticeCloud()) as served:
        monkeypatch.setenv(BASE_URL_VARIABLE, served.url)
        assert ids(connect()) == []
        join_as_hub_user()  # once
        assert kept_keys(read_host(served.url)) == {}


def test_on_a_hub_a_real_cloud_is_never_asked_to_join(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_USER", "anna")
    monkeypatch.setenv(BASE_URL_VARIABLE, "https://api.ppio.com")
    monkeypatch.setenv("PPIO_API_KEY", REAL_KEY)
    assert not connect().is_practice
    monkeypatch.setenv(BASE_URL_VARIABLE, "http://gpu.example.com")
    with pytest.raises(HostRefused):
        connect()


def test_on_a_hub_a_cloud_that_is_allowed_by_name_is_never_asked_to_join(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_USER", "anna")
    monkeypatch.setenv(BASE_URL_VARIABLE, "https://gpu.example.com")
    client = connect(allow_host="gpu.example.com", need_key=False)
    assert not client.is_practice
    assert kept_keys(client.host) == {}


def test_on_a_hub_who_comes_before_the_class_joins_it_once_it_is_there(monkeypatch, cloud):
    monkeypatch.setenv("JUPYTERHUB_USER", "anna")
    port = free_port()
    monkeypatch.setenv(BASE_URL_VARIABLE, f"http://127.0.0.1:{port}")
    with pytest.raises(Unreachable):
        ids(connect())
    with serving(cloud, port=port):
        assert ids(connect()) == []
    assert cloud.students() == ["anna"]
    again = ClassCloud(read_lesson(LESSON))  # the next lesson, at the same address
    with serving(again, port=port), own_kernel():
        assert ids(connect()) == []
    assert again.students() == ["anna"]


def test_on_a_hub_who_joined_under_another_name_stays_who_that_is(monkeypatch, server, cloud, run):
    monkeypatch.setenv("JUPYTERHUB_USER", "anna")
    run("%ppio class join s07 4711")
    mine = launched()
    assert ids(connect()) == [mine]
    with own_kernel():
        assert ids(connect()) == [mine]
    assert cloud.students() == ["s07"]


@pytest.mark.usefixtures("shell")
def test_on_a_hub_who_is_not_on_the_list_is_told_that(monkeypatch, run):
    cloud = ClassCloud(read_lesson(LESSON), Roster(read_roster("s01,Anna")))
    monkeypatch.setenv("JUPYTERHUB_USER", "anna_b")
    with serving(cloud) as served:
        monkeypatch.setenv(BASE_URL_VARIABLE, served.url)
        for line in ("class", "check 1.1", "ls"):
            with pytest.raises(UsageError, match=r"anna_b is not on the list.*%ppio class join NAME"):
                run(f"%ppio {line}")


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(("person", "student"), [("Anna", "anna"), ("Zoë", "zo")])
def test_on_a_hub_whose_name_has_another_pin_is_told_that_and_guesses_none(
    monkeypatch, run, cloud, person, student
):
    cloud.join(student, "4711")  # from a home that was lost, or by one whose name is shortened to the same
    monkeypatch.setenv("JUPYTERHUB_USER", person)
    for _each in range(7):
        with pytest.raises(UsageError, match=r"not the PIN that was first used.*%ppio class join NAME"):
            run("%ppio class")
    assert cloud.join(student, "4711")["student"] == student
    run("%ppio class join other")
    assert ids(connect()) == []
    assert cloud.students() == [student, "other"]


@pytest.mark.usefixtures("server")
def test_on_a_hub_whose_name_has_no_letter_of_a_class_is_told_to_say_one(monkeypatch, run):
    monkeypatch.setenv("JUPYTERHUB_USER", "王芳")
    for line in ("class", "class join"):
        with pytest.raises(UsageError, match=r"王芳.*a-z.*%ppio class join NAME"):
            run(f"%ppio {line}")


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(("language", "said"), [("en", "class join NAME"), ("zh", "class join 名字")])
def test_who_has_not_joined_is_told_how(monkeypatch, language, said):
    monkeypatch.setenv("PPIO_WIDGETS_LANG", language)
    with pytest.raises(AccessDenied, match=said):
        ids(connect())


@pytest.mark.usefixtures("joined")
@pytest.mark.parametrize(
    ("given", "told"),
    [(Decimal("25.20"), "25.20"), (25.2, "25.2"), (1e-05, "0.00001"), ("25.20", "25.20"), (25, "25")],
)
def test_an_answer_may_be_a_number_of_the_notebook(run, shell, cloud, monkeypatch, given, told):
    check, asked = cloud.check, []
    monkeypatch.setattr(cloud, "check", lambda *asked_for: asked.append(asked_for[1:]) or check(*asked_for))
    shell.user_ns["mine"] = given
    run("%ppio check 1.1 $mine")
    assert asked == [("1.1", told)]
    for nothing in (True, None, [1]):
        shell.user_ns["mine"] = nothing
        with pytest.raises(UsageError, match=type(nothing).__name__):
            run("%ppio check 1.1 $mine")


@pytest.mark.usefixtures("joined")
def test_a_pin_stands_in_no_label_of_its_key():
    made = launch(BODY)
    made.stop_following()
    wait_for_launches()
    client = connect()
    for told in (repr(client.require_key()), client.account, made.record.account, str(examine())):
        assert "s07" in told
        assert "4711" not in told
    assert client.require_key().last_four == ""


def test_while_somebody_types_nobody_joins(server, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_USER", "anna")
    connect(join=False, need_key=False)
    assert kept_keys(read_host(server.url)) == {}


# To be judged


@pytest.mark.usefixtures("joined")
def test_a_check_says_what_is_missing_with_the_hint_and_then_that_it_is_passed(run, capsys, clock):
    capsys.readouterr()
    run("%ppio check 1.1")
    missing, hint = capsys.readouterr().out.splitlines()
    assert missing.startswith("✗ ")
    assert hint == "Hint: One is enough."
    launched()
    clock.turn(20)
    run("%ppio check 1.1")
    assert capsys.readouterr().out.splitlines()[-1] == "✓ 1.1 is passed."
    run("%ppio class")
    assert capsys.readouterr().out.splitlines()[-1] == "✓ 1.1 Rent one GPU."


@pytest.mark.usefixtures("joined")
def test_a_check_says_which_name_it_looks_for(run, capsys, cloud):
    [exercise] = cloud.lesson.exercises
    named = exercise.model_copy(
        update={"expect": exercise.expect.model_copy(update={"named": "{student}-b"})}
    )
    cloud.lesson = cloud.lesson.model_copy(update={"exercises": (named,)})
    capsys.readouterr()
    run("%ppio check 1.1")
    assert capsys.readouterr().out.splitlines()[0] == "✗ Instances on called s07-b: 0; needed: 1."


@pytest.mark.usefixtures("joined")
def test_a_chinese_student_is_told_in_chinese(run, capsys, monkeypatch):
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "zh")
    capsys.readouterr()
    run("%ppio check 1.1")
    assert capsys.readouterr().out.splitlines()[-1] == "提示：一张就够。"
    run("%ppio class")
    assert capsys.readouterr().out.splitlines()[0] == "一节小课"


@pytest.mark.usefixtures("joined")
def test_an_exercise_that_there_is_not_is_said_with_those_that_there_are(run):
    with pytest.raises(UsageError, match=r"Choose one of: 1\.1"):
        run("%ppio check 7.7")


@pytest.mark.usefixtures("joined")
def test_what_a_class_tells_acts_on_no_terminal(run, capsys, cloud, monkeypatch):
    told = cloud.told

    def hostile(key):
        return {**told(key), "title": {"en": "\x1b[2J\u202eevil"}, "exercises": [{"id": 7, "say": "x"}, 5]}

    monkeypatch.setattr(cloud, "told", hostile)
    capsys.readouterr()
    run("%ppio class")
    assert capsys.readouterr().out.isascii() is False
    run("%ppio class")
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.usefixtures("joined")
def test_tab_completes_lessons_and_exercises(shell, run):
    run("%ppio class")
    for line, expected in (("%ppio check ", "1.1"), ("%ppio class start fir", "first-bill")):
        with provisionalcompleter():
            found = [one.text for one in shell.Completer.completions(line, len(line))]
        assert expected in found


# What is allowed


@pytest.mark.usefixtures("joined")
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--product a100-80g --name s07-x", "--product: Choose a product of this lesson"),
        ("--product 3090.8c30g.os --name x", "--name: Use a name of this lesson, like s07-*."),
        ("--product 3090.8c30g.os --name s07-x --rootfs 50", "Leave this at 20"),
        (
            "--product 3090.8c30g.os --name s07-x --billing prepaid --months 1",
            "Choose a billing mode of this lesson",
        ),
        ("--product 3090.8c30g.os --name s07-x --gpus 8", "is above this lesson's ¥3.00"),
    ],
)
def test_a_line_that_is_not_allowed_is_refused_before_anything_is_sent(run, cloud, line, told):
    with pytest.raises(UsageError) as caught:
        run(f"%ppio_launch {line} --image ubuntu:24.04 --yes")
    assert "Nothing was sent" in str(caught.value)
    assert told in str(caught.value)
    assert cloud.account_of("s07").page()["data"] == []
    assert cloud.progress("s07").last_error is None


@pytest.mark.usefixtures("joined")
@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": "x"}, "name: Use a name"),
        ({"resource": {"gpu_num": 8, "rootfs_size_gb": 20}}, "¥3.00"),
        ({"resource": {"gpu_num": 1, "rootfs_size_gb": 60}}, "resource.rootfs_size_gb: Leave this at 20"),
    ],
)
def test_a_call_that_is_not_allowed_is_refused_before_anything_is_sent(cloud, changed, told):
    with pytest.raises(RequestInvalid) as caught:
        launch({**BODY, **changed})
    assert told in str(caught.value)
    assert cloud.account_of("s07").seen() == []
    assert cloud.progress("s07").last_error is None


@pytest.mark.usefixtures("joined")
def test_the_server_refuses_what_a_client_of_another_make_sends():
    from ppio_widgets.request.models import CreateInstanceRequest  # noqa: PLC0415

    with pytest.raises(ApiError, match="CLASS_RULE"):
        connect().create_instance(CreateInstanceRequest.model_validate({**BODY, "name": "x"}))


@pytest.fixture
def form(joined):
    before = open_views()
    made = LaunchForm(language="en")
    made._repr_mimebundle_()
    wait_for_threads("ppio-catalogue", "ppio-names")
    yield made
    for view in open_views(before):
        view.close()


def test_a_form_proposes_only_what_is_allowed_and_launches_it(form, cloud):
    assert form.errors == {}
    assert form.value["name"].startswith("s07-")
    assert form.value["product_id"] in cloud.lesson.rules("s07").products
    assert form.value["resource"]["rootfs_size_gb"] == 20
    made = form.launch()
    assert made.wait_for_answer(10).id
    form.close()
    made.stop_following()


def test_a_form_says_beside_its_fields_what_is_allowed_and_locks_what_is_locked(form):
    rules = form._preview.told.value
    for told in ("20: locked in this lesson", "named like s07-* in this lesson"):
        assert told in rules
    fields = form._sections.fields
    assert fields["resource.rootfs_size_gb"].widget.disabled
    assert not fields["resource.gpu_num"].widget.disabled
    modes = [value for _words, value in fields["billing.mode"].widget.options]
    assert modes == ["postpaid", "spot"]


def test_a_form_says_what_is_not_allowed_and_keeps_it_from_being_sent(form, cloud):
    size = {"resource": {"gpu_num": 1, "rootfs_size_gb": 90}}
    form.value = {**BODY, "product_id": "a100-80g", "name": "x", **size}
    assert form.value["resource"]["rootfs_size_gb"] == 20  # locked
    assert set(form.errors) == {("product_id",), ("name",)}
    with pytest.raises(RequestInvalid):
        form.launch()
    assert cloud.account_of("s07").page()["data"] == []
    rows = [row for row, key in form._sections._products._rows if key == "a100-80g"]
    assert ["not in this lesson" in row.replace("\xa0", " ") for row in rows] == [True]


@pytest.mark.usefixtures("joined")
def test_what_a_night_costs_counts_from_the_time_of_the_class(run, cloud):
    line = "%ppio_launch --name s07-a --product 3090.8c30g.os --image ubuntu:24.04 --rootfs 20 --dry-run"
    for hours in (0, 5, 7, 11):
        cloud.jump(hours * 3600)
        told = str(run(line))
        seconds, morning = until_morning(local_time(cloud.clock.time()))
        night = to_cents(Fraction("1.48") * seconds / 3600)
        assert f"left on until tomorrow {morning} ≈ {shown(night, 'CNY')}." in told


# Alone


def test_alone_a_class_is_in_the_kernel_with_the_same_judge(run, capsys, monkeypatch):
    monkeypatch.setenv(BASE_URL_VARIABLE, "http://127.0.0.1:9")  # such as of a demo
    run("%ppio class start first-bill")
    assert packaged("first-bill").title.en in capsys.readouterr().out
    assert rules_of(connect()).name == "me-*"
    made = launched({**BODY, "name": "me-1"})
    Classroom.connect().jump("2m")
    assert [one.on for one in Classroom.connect().progress().students] == [("me-1",)]
    run("%ppio check 1.2")
    assert "✓ 1.2 is passed." in capsys.readouterr().out
    assert made in ids(connect())
    run("%ppio practice off")
    assert not connect(api_key=REAL_KEY, base_url="https://api.ppio.com").is_practice


def test_a_lesson_that_is_begun_again_in_its_kernel_goes_on(run, capsys):
    run("%ppio class start first-bill")
    made = launched({**BODY, "name": "me-1"})
    capsys.readouterr()
    run("%ppio class start first-bill")
    assert capsys.readouterr().out.startswith(
        "The class of this kernel goes on; Classroom.connect().reset() "
    )
    assert ids(connect()) == [made]
    run("%ppio class start prices")
    assert "The class is in this kernel, and ends with it." in capsys.readouterr().out
    assert ids(connect()) == []


@pytest.mark.usefixtures("server")
def test_who_has_not_joined_the_class_that_is_named_begins_none_alone(run):
    with pytest.raises(UsageError, match="Say your name in the class"):
        run("%ppio class start first-bill")


def test_who_has_joined_a_class_that_does_not_answer_begins_none_alone(cloud, shell, run, monkeypatch):
    with serving(cloud, port=free_port()) as served:
        monkeypatch.setenv(BASE_URL_VARIABLE, served.url)
        run("%ppio class join s07 4711")
    with own_kernel(), pytest.raises(UsageError, match=r"127\.0\.0\.1"):
        run("%ppio class start first-bill")


def test_a_lesson_that_does_not_exist_is_said_with_those_that_do(run):
    with pytest.raises(UsageError, match="first-bill"):
        run("%ppio class start nope")
    with pytest.raises(UsageError, match="no class"):
        run("%ppio practice on\n%ppio class")


@pytest.mark.usefixtures("joined")
def test_who_is_in_a_class_goes_on_there_when_a_notebook_begins_its_lesson(run, capsys):
    mine = launched(BODY)
    capsys.readouterr()
    run("%ppio class start first-bill")
    assert capsys.readouterr().out.splitlines()[:2] == [
        "You are in a class already: the lesson goes on there.",
        "A small lesson",
    ]
    assert ids(connect()) == [mine]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.usefixtures("joined")
def test_the_way_back_to_a_class_is_to_join_it_by_name(language, server):
    say = words(language)
    made = launch(BODY)
    made.stop_following()
    wait_for_launches()
    board = static.of_board(open_board(made.instance.client), say, made.instance.target)
    where = f"--practice --base-url {server.url}"
    ways = [
        (static.of_launch(made, say), f"%ppio show {made.id} {where}"),
        (static.of_instance(made.instance, say), f"%ppio show {made.id} {where}"),
        (board, f"%ppio ls {where}"),
    ]
    for card, line in ways:
        assert card.ways[0].code == f"%load_ext ppio_widgets\n%ppio class join s07\n{line}"
        for hidden in ("PPIO_WIDGETS_PRACTICE_KEY", "4711", "sk_practice"):
            assert hidden not in str(card.kept(say))


@pytest.mark.usefixtures("joined")
def test_the_way_back_leads_back_in_a_later_kernel(run, capsys):
    one = Instance(launched(), connect())
    way = static.of_instance(one, words("en")).ways[0]
    capsys.readouterr()
    with own_kernel():
        assert run(way.code).id == one.id
    assert "You take part as s07." in capsys.readouterr().out
