"""Tab in lines of ``%ppio_launch`` and ``%ppio``: a real completer, and a real kernel."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.completer import CompletionContext, provisionalcompleter

from ppio_widgets.cloud import recent
from ppio_widgets.cloud.instances import InstanceDetail
from ppio_widgets.errors import Unreachable
from ppio_widgets.formats.line.options import OPTIONS
from ppio_widgets.launches.presets import save_preset
from ppio_widgets.magics import completion
from ppio_widgets.magics.extension import COMPLETERS
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.runtime import kernel
from tests.support.kernel import environment, real_kernel

PRACTICE = "http://localhost"
PLAN = "%ppio_launch --practice --name a --product a100-80g --image i --dry-run"

PIECES = (
    *("%ppio_launch ", "%%ppio_launch", "%ppio ", "x = ", "--body ", "--product", "st", "@", "~/"),
    *(" ", "\n", "\\", "=", "'", '"', "{", "é", "\0"),
)


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """The kernel's folder is empty."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def completed(shell, monkeypatch):
    """Complete at the ``|`` and return texts with what stands beside them; no request can be made."""

    def refuse(*_args, **_kwargs):
        raise AssertionError("a matcher makes no request")

    def completed(code):
        before, _, behind = code.partition("|")
        with monkeypatch.context() as patched, provisionalcompleter():
            patched.setattr(socket, "socket", refuse)
            patched.setattr(socket, "getaddrinfo", refuse)
            patched.setattr(PracticeTransport, "handle_request", refuse)
            found = list(shell.Completer.completions(before + behind, len(before)))
        assert all(before + behind == before[: one.start] + before[one.start :] + behind for one in found)
        assert len({one.start for one in found}) <= 1
        assert all(one.end == len(before) for one in found)
        completed.start = found[0].start if found else None
        return {one.text: one.type for one in found}

    return completed


@pytest.fixture
def seen():
    """Have instances seen: pairs of id and name, the newest first."""

    def seen(*pairs, cloud=PRACTICE, **more):
        rows = [
            InstanceDetail(id=key, name=name, created_at=1000 - number, **{"status": "running", **more})
            for number, (key, name) in enumerate(pairs)
        ]
        recent.note(cloud, rows)

    return seen


@pytest.mark.parametrize(
    "code",
    [
        "%ppio_launch --pro|",
        "x = %ppio_launch --pro|",
        "x.y[0] = %ppio_launch --name demo --pro|",
        "import os\n%ppio_launch --pro|\nprint(1)",
        "if True:\n    x = %ppio_launch --name 'a b' --pro|",
        "%%ppio_launch --pro|\n{}",
        "\n%%ppio_launch --dry-run --pro|\n{}",
        "%ppio_launch --name demo \\\n  --gpus 2 \\\n  --pro|",
        "%ppio_launch --pro| --name demo",
        "变量 = 1\n%ppio_launch --name 中文 --pro|",
        "%ppio_launch -pro|",
        "%ppio_launch pro|",
    ],
)
def test_an_option_is_completed_wherever_a_line_of_ours_stands(completed, code):
    assert completed(code) == {"--product": "product to rent"}
    before = code.partition("|")[0]
    assert before[completed.start :].lstrip("-") == "pro"


@pytest.mark.parametrize(
    "code",
    [
        "%ppio_launch|",
        "%%ppio_launch|\n{}",
        "%ppio_launcher --pro|",
        "# %ppio_launch --pro|",
        "print('%ppio_launch --pro|",
        "x == %ppio_launch --pro|",
        "x %ppio_launch --pro|",
        "%%ppio_launch --yes\n%ppio_launch --pro|",
        '%%ppio_launch\n{"name": "--pro|"}',
        "x = 1\n%%ppio_launch --pro|",
        "%ppio_launch --name a\n--pro|",
        "%%ppio --pro|",
        "--pro|",
    ],
)
def test_elsewhere_nothing_of_ours_appears(completed, code):
    assert "--product" not in completed(code)


def test_other_completions_are_left_alone(completed, run):
    run("import os\nbody = {'name': 'x'}")
    assert "path" in completed("os.pat|")
    assert "%ppio_launch" in completed("%ppio_la|")
    assert "body" in completed("%ppio_launch --gpus $bod|")
    assert "--product" not in completed("bod|")


def test_every_option_is_offered_with_its_words_and_those_used_only_if_they_repeat(completed):
    assert list(completed("%ppio_launch |")) == [option.flag for option in OPTIONS]
    left = completed("%ppio_launch --name a --port 80 --yes | --gpus=2")
    used = {"--name", "--yes", "--gpus"}
    assert list(left) == [option.flag for option in OPTIONS if option.flag not in used]
    assert completed("%ppio_launch --jupyter |").keys() == completed("%ppio_launch --jupyter --|").keys()


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("--billing |", ["postpaid", "prepaid", "spot"]),
        ("--billing=p|", ["postpaid", "prepaid"]),
        ("--billing 'p|", ["'postpaid'", "'prepaid'"]),
        ("--type |", ["gpu", "cpu"]),
        ("--port 8080/|", ["8080/http", "8080/tcp"]),
        ("--port 8080/t|", ["8080/tcp"]),
        ("--jupyter 8888/|", ["8888/http", "8888/tcp"]),
        ("--volume |", ["local:", "network:"]),
        ("--volume n|", ["network:"]),
        ("--base-url |", ["https://api.ppio.com", "https://api.novita.ai"]),
        ("--base-url=https://api.n|", ["https://api.novita.ai"]),
    ],
)
def test_choices_are_completed(completed, code, texts):
    assert list(completed(f"%ppio_launch {code}")) == texts


def test_where_nothing_is_known_what_is_typed_stays_and_no_file_or_name_of_python_comes(completed, folder):
    (folder / "import_me.py").write_text("")
    for code in ("--name impo|", "--product impo|", "--gpus impo|", "--yes=impo|", "--qqq=impo|"):
        assert list(completed(f"%ppio_launch {code}")) == ["impo"]
    assert list(completed("%ppio_launch --name |")) == [""]
    assert list(completed("%ppio stop |")) == [""]


def test_products_come_from_what_was_loaded_with_gpu_stock_and_price(completed, run):
    assert list(completed("%ppio_launch --practice --product |")) == [""]
    run(PLAN)
    found = completed("%ppio_launch --practice --product |")
    assert "A100" in found["a100-80g"]
    assert "free" in found["a100-80g"]
    assert "¥" in found["a100-80g"]
    assert completed("%ppio_launch --practice --product=a100|").keys() == {"a100-80g"}
    assert "a100-80g" in completed("%ppio_launch --product A100| --practice")
    assert list(completed("%ppio_launch --product a1|")) == ["a1"], "another cloud's products"
    run("%ppio practice on")
    assert "a100-80g" in completed("%ppio_launch --product a1|")


def test_what_can_be_rented_is_completed_where_the_catalogue_is_known(completed, run):
    run("%ppio products --practice")
    assert "a100-80g" in completed("%ppio products A1| --practice").values()
    assert "a100-80g" in completed("%ppio_launch --base-url http://localhost --product a100|")


def test_an_old_price_says_how_old_it_is(completed, run, monkeypatch):
    run(PLAN)
    at = recent.told(PRACTICE, "offers").at
    monkeypatch.setattr(kernel.current().clock, "monotonic", lambda: at + 3 * 3600)
    assert completed("%ppio_launch --practice --product a100|")["a100-80g"].endswith("(3 h ago)")


def test_storages_that_were_listed_are_completed(completed, run):
    run("%ppio practice on")
    assert list(completed("%ppio_launch --volume network:|")) == ["network:"]
    run("%ppio storages")
    assert "network:ns-datasets:" in completed("%ppio_launch --volume network:|")
    assert "storages" in completed("%ppio sto|")


def test_what_the_account_has_is_completed_by_id_or_by_its_label(completed, run):
    run(
        "from ppio_widgets.api import connect\n"
        "from ppio_widgets.cloud.catalogue import KINDS, Catalogue\n"
        "from ppio_widgets.runtime.threads import tick\n"
        "for kind in KINDS: Catalogue(connect(practice=True), clock=tick).load(kind)\n"
        "%ppio practice on"
    )
    storage = recent.told(PRACTICE, "storages").value[0]
    network = recent.told(PRACTICE, "networks").value[0]
    auth = recent.told(PRACTICE, "auths").value[0]
    offer = next(one for one in recent.told(PRACTICE, "offers").value if one.regions)
    template = recent.told(PRACTICE, "templates").value[0]
    assert completed("%ppio_launch --volume network:|")[f"network:{storage.id}:"] == storage.label
    assert f"network:{storage.id}:" in completed(f"%ppio_launch --volume network:{storage.name.upper()}|")
    assert completed("%ppio_launch --network |")[network.id] == network.label
    assert completed("%ppio_launch --registry-auth |")[auth.id] == auth.label
    assert completed("%ppio_launch --image |")[template.image] == template.name
    line = f"%ppio_launch --product {offer.id}"
    assert set(completed(f"{line} --region |")) == set(offer.regions)
    assert offer.regions[0] not in completed(f"{line} --region {offer.regions[0]} --region |")


def test_products_of_both_types_are_completed(completed, run):
    run(PLAN)
    run("%ppio_launch --practice --name a --product cpu.8c16g --type cpu --image i --dry-run")
    both = list(completed("%ppio_launch --practice --product |"))
    assert "a100-80g" in both
    assert both[-2:] == ["cpu.8c16g", "cpu.32c64g"]
    cpus = completed("%ppio_launch --practice --type cpu --product |")
    assert list(cpus) == ["cpu.8c16g", "cpu.32c64g"]
    assert cpus["cpu.8c16g"] == "CPU 8C16G · 8 cores · 16 GB · ¥0.64/h"
    assert "cpu.8c16g" not in completed("%ppio_launch --practice --type gpu --product |")


def test_a_load_that_fails_takes_old_values_away(completed, run, monkeypatch):
    run(PLAN)
    monkeypatch.setattr("ppio_widgets.cloud.resources.CatalogueReader.offers", _fail)
    run(PLAN)
    assert list(completed("%ppio_launch --practice --product a1|")) == ["a1"]


def _fail(_self, **_what):
    raise Unreachable("unreachable", host="x", kind="y")


def test_names_of_the_environment_are_completed_and_never_a_value(completed, monkeypatch):
    for name, value in {"DEMO_A": "s3cret", "DEMO_B": "x", "PPIO_API_KEY": "sk_12345678"}.items():
        monkeypatch.setenv(name, value)
    found = completed("%ppio_launch --env DEMO_B --env DEMO|")
    assert found == {"DEMO_A": "of the kernel's environment"}
    assert list(completed("%ppio_launch --env DEMO_A=|")) == ["DEMO_A="]
    assert list(completed("%ppio_launch --env PPIO_API|")) == ["PPIO_API"]


def test_files_are_completed_for_body_and_env_file(completed, folder):
    for name in ("body.json", "notes.txt", ".env", "prod.env", "my body.json"):
        (folder / name).write_text("")
    (folder / "sub").mkdir()
    (folder / "sub" / "deep.json").write_text("")
    (folder / ".git").mkdir()
    assert list(completed("%ppio_launch --body |")) == ["body.json", "'my body.json'", "sub/"]
    assert list(completed("%ppio_launch --body=sub/|")) == ["sub/deep.json"]
    assert list(completed("%ppio_launch --env-file |")) == [".env", "prod.env", "sub/"]
    assert list(completed("%ppio_launch --env-file .e|")) == [".env"]
    assert list(completed("%ppio_launch --env-file no|")) == ["notes.txt"]
    assert list(completed("%ppio_launch --body nowhere/|")) == ["nowhere/"]


def test_presets_are_completed_by_name(completed):
    assert set(completed("%ppio_launch --preset |")) <= {""}
    for name in ("train", "train two", "infer"):
        save_preset(name, {"image": "ubuntu:24.04"})
    assert set(completed("%ppio_launch --preset tr|")) == {"train", "'train two'"}
    assert set(completed("%ppio preset show |")) == {"train", "'train two'", "infer"}
    assert set(completed("%ppio preset |")) == {"save", "list", "show", "delete"}
    assert "preset" in completed("%ppio pr|")


def test_names_that_can_be_a_body_are_completed_without_asking_them(completed, run):
    run(
        "from ppio_widgets import CreateInstanceRequest, LaunchForm\n"
        "class LaunchPlan:\n"
        "    def __getattribute__(self, name): raise SystemExit\n"
        "strange, number, _hidden = LaunchPlan(), 3, {}\n"
        "body = {'name': 'x'}\n"
        f"plan = {PLAN}\n"
        "form = LaunchForm(practice=True)"
    )
    assert completed("%ppio_launch --body @|") == {
        "@body": "dict",
        "@form": "LaunchForm",
        "@plan": "LaunchPlan",
    }
    assert completed("%ppio_launch --body=@bo|") == {"@body": "dict"}
    run("form.close()")


def test_verbs_and_what_they_take_are_completed(completed):
    assert list(completed("%ppio st|")) == ["storages", "stop", "start"]
    assert "launches" in completed("%ppio |")
    assert list(completed("%ppio practice |")) == ["on", "off"]
    assert list(completed("%ppio launches |")) == ["look", "found", "absent", "forget"]
    assert list(completed("%ppio launches look |")) == [""]
    assert list(completed("%ppio products --p|")) == ["--practice"]
    assert list(completed("%ppio ls --base-url https://api.p|")) == ["https://api.ppio.com"]
    assert list(completed("%ppio ls --allow-host |")) == [""]
    assert list(completed("%ppio ls |")) == [
        "--name",
        "--status",
        "--practice",
        "--base-url",
        "--allow-host",
    ]
    assert list(completed("%ppio ls --status r|")) == ["running"]
    assert list(completed("%ppio delete i-1 --y|")) == ["--yes"]
    assert "--product" not in completed("%ppio |")


def test_instances_are_completed_by_id_and_by_name_from_what_was_seen(completed, run, seen):
    run("%ppio practice on")
    seen(("i-new", "train"), ("i-old", "train-2"), ("i-two", "my data"), ("i-x", "twin"), ("i-y", "twin"))
    for line in ("%ppio stop", "%ppio show", "%ppio delete", "%ppio_launch --like"):
        found = completed(f"{line} |")
        assert list(found) == ["i-new", "i-old", "i-two", "i-x", "i-y"]
        assert found["i-new"] == "train · running"
        assert list(completed(f"{line} i-n|")) == ["i-new"]
        assert completed(f"{line} TRA|") == {"train": "i-new · running", "train-2": "i-old · running"}
        assert list(completed(f"{line} my|")) == ["'my data'"]
        assert list(completed(f'{line} "my d|')) == ['"my data"']
        assert list(completed(f"{line} tw|")) == ["i-x", "i-y"], "a name of several means none"
    assert list(completed("%ppio stop i-new train-2 |")) == ["i-two", "i-x", "i-y"]
    assert list(completed("%ppio show i-new |")) == [""]
    assert list(completed("%ppio ls --name tr|")) == ["train", "train-2"]


def test_what_a_verb_is_for_comes_first(completed, run, seen):
    run("%ppio practice on")
    seen(("i-off", "a"), status="exited")
    seen(("i-on", "b"))
    assert list(completed("%ppio stop |")) == ["i-on", "i-off"]
    assert list(completed("%ppio start |")) == ["i-off", "i-on"]


def test_names_of_strangers_cannot_act(completed, run, seen):
    run("%ppio practice on")
    hostile = [("i-1", "x\n!rm -rf ~"), ("i-2", "x'; $HOME {y} \\"), ("i-3", "-x --yes"), ("i-4\n!ls", "x4")]
    seen(*hostile)
    assert list(completed("%ppio stop x|")) == ["i-1", """'x'"'"'; $HOME {y} '"\\\\\"""", "x4"]
    found = completed("%ppio stop |")
    assert list(found) == ["i-1", "i-2", "i-3"]
    assert all(about.isprintable() for about in found.values())
    assert list(completed("%ppio stop -|")) == ["--practice", "--base-url", "--allow-host"]


def test_a_fault_of_ours_is_no_fault_of_the_completer(completed, run, monkeypatch, capsys):
    monkeypatch.setattr(completion, "_bodies", _fault)
    run("import os")
    assert "--product" not in completed("%ppio_launch --pro|")
    assert capsys.readouterr().err == ""


def _fault(*_args):
    raise RuntimeError


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.integers(0, 60))
def test_any_text_and_any_cursor_are_answered(code, position):
    position = min(position, len(code))
    before = code[:position]
    line = before.rpartition("\n")[2]
    context = CompletionContext("", code, len(line), before.count("\n"), 20)
    found = completion._matches(context, COMPLETERS, [("body", "dict")])
    assert line.endswith(found.get("matched_fragment", ""))
    assert len(found["completions"]) <= 20
    assert not any("\n" in one.text for one in found["completions"])


def test_unload_takes_the_matcher_away_and_loading_twice_adds_one(shell, completed):
    def ours():
        found = [getattr(one, "matcher_identifier", "") for one in shell.Completer.custom_matchers]
        return found.count(completion.MATCHER)

    shell.run_line_magic("reload_ext", "ppio_widgets")
    completion.install(shell, COMPLETERS)
    assert ours() == 1
    shell.run_line_magic("unload_ext", "ppio_widgets")
    assert ours() == 0
    assert "--product" not in completed("%ppio_launch --pro|")


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    manager, client = real_kernel(env=environment(tmp_path_factory.mktemp("kernel")))
    client.execute_interactive("%load_ext ppio_widgets", timeout=60)
    client.execute_interactive(f"%ppio practice on\nplan = {PLAN}", timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("y = 1\nx = %ppio_launch --pro|\nz = 2", ["--product"]),
        ("%%ppio_launch --billing=s|\n{}", ["spot"]),
        ("s = '😀'\n%ppio_launch --name 😀 --product a100-8|", ["a100-80g"]),
        ("%ppio st|", ["storages", "stop", "start"]),
    ],
)
def test_a_kernel_answers_a_front_end(client, code, found):
    before, _, behind = code.partition("|")
    reply = client.complete(before + behind, len(before), reply=True, timeout=60)["content"]
    assert reply["matches"] == found
    assert reply["cursor_end"] == len(before)
    typed = before[reply["cursor_start"] :]
    assert all(one.startswith(typed) for one in found)
    told = reply["metadata"]["_jupyter_types_experimental"]
    assert [one["text"] for one in told] == found
    assert all(one["type"] for one in told)
