"""``%ppio preset`` and ``--preset`` in a real shell, on the practice cloud."""

import json

import pytest
from IPython.core.error import UsageError

from ppio_widgets import EnvRef
from ppio_widgets.launches.presets import load_preset, preset_names, presets_folder, save_preset
from tests.support.bodies import FULL, MINIMAL

TOKEN = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
LINE = "%ppio_launch --practice --name demo --product a100-80g --image ubuntu:24.04"


def put(name, text):
    presets_folder().mkdir(parents=True, exist_ok=True)
    (presets_folder() / f"{name}.json").write_text(text)


@pytest.fixture
def said(run, capsys):
    """Run a line of ``%ppio preset`` and return what it prints."""

    def said(line):
        capsys.readouterr()
        assert run(f"%ppio preset {line}") is None
        return capsys.readouterr().out

    return said


def test_a_secret_in_what_is_saved_becomes_a_name(run, said):
    run(f"x = {LINE} --gpus 2 --env HF_TOKEN=typed --env A=1 --yes\nx.stop_following()")
    told = said("save mine @x")
    assert str(presets_folder() / "mine.json") in told
    assert "HF_TOKEN" in told
    assert "typed" not in told
    body = load_preset("mine")
    assert body["resource"] == {"gpu_num": 2, "rootfs_size_gb": 20}
    assert body["envs"] == [{"key": "HF_TOKEN", "value": {"$env": "HF_TOKEN"}}, {"key": "A", "value": "1"}]


def test_save_takes_what_a_form_says_now(run, said):
    form = run(f"from ppio_widgets import LaunchForm\nform = LaunchForm({MINIMAL!r}, practice=True)\nform")
    form.session.set(("image",), "pytorch:2")
    said("save after @form")
    form.close()
    assert load_preset("after")["image"] == "pytorch:2"


def test_a_preset_is_saved_from_something(run):
    run(f"x = {LINE} --yes\nx.stop_following()")
    with pytest.raises(UsageError, match="save NAME @VAR, %ppio preset save NAME --gpus"):
        run("%ppio preset save mine")
    assert preset_names() == []


@pytest.mark.parametrize(
    "cell",
    [
        "x = dict(body)",
        "from ppio_widgets import check\nx = check(body).require()",
        "x = %ppio_launch --practice --body $body --dry-run",
        "x = %ppio_launch --practice --body $body --yes\nx.stop_following()",
        "from ppio_widgets import LaunchForm\nx = LaunchForm(body, practice=True)\nx.close()",
        "from ppio_widgets import LaunchForm\nf = LaunchForm(body, practice=True)\nx = f.value\nf.close()",
    ],
)
def test_save_takes_what_a_variable_holds(shell, run, said, cell):
    shell.user_ns["body"] = {**MINIMAL, "image": "pytorch:2"}
    run(cell)
    said("save 'my preset' @x")
    assert load_preset("my preset") == {**MINIMAL, "image": "pytorch:2"}


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("save a @nothing", "no variable nothing"),
        ("save a @b.c", "no variable b.c"),
        ("save a @number", "a dict"),
        ("save a b", '"b"'),
        ("save a --gpuss 2", "--gpus"),
        ("save a --name demo --yes --practice", "leave out --practice, --yes"),
        ("save a --like x", "leave out --like"),
        ("save ../a @body", "letters"),
        ("save a --command 'curl -H \"Authorization: Bearer abcd1234efgh5678ijkl\"'", "command holds"),
        ("show zzz", "no preset zzz"),
        ("delete zzz", "no preset zzz"),
        ("", "%ppio preset save"),
        ("save", "%ppio preset save"),
        ("list x", "%ppio preset list"),
        ("show", "%ppio preset show NAME"),
        ("delete a b", "%ppio preset delete NAME"),
        ("what", "%ppio preset save"),
    ],
)
def test_what_cannot_be_done_is_one_usage_error(run, line, hint):
    run(f"number = 5\nbody = {MINIMAL!r}")
    with pytest.raises(UsageError) as caught:
        run(f"%ppio preset {line}")
    assert hint in str(caught.value)
    assert caught.value.__context__ is None
    assert preset_names() == []


def test_save_takes_options_as_the_launch_line_does(run, said):
    run("n = 4\nfull = " + repr(FULL))
    said("save opt --name 'a b' --gpus $n --env K='$n' --env HF_TOKEN")
    assert load_preset("opt") == {
        "name": "a b",
        "billing": {"mode": "postpaid"},
        "resource": {"gpu_num": 4, "rootfs_size_gb": 20},
        "envs": [{"key": "K", "value": "$n"}, {"key": "HF_TOKEN", "value": {"$env": "HF_TOKEN"}}],
    }
    assert "Replaced" in said('save "opt" --body $full --gpus 3')
    assert load_preset("opt")["resource"]["gpu_num"] == 3


def test_list_is_a_line_for_each_and_one_that_is_broken_says_so(said):
    assert "no presets yet" in said("list")
    save_preset("train", FULL)
    save_preset("part", {"name": "x"})
    put("broken", '{"name"')
    put("odd", '{"billing": 5, "resource": [1], "image": "a\\u202e\\u001bb"}')
    broken, odd, part, train = said("list").splitlines()
    assert train == "train: a100-80g · registry.example.com/namespace/image:tag · GPUs: 2 · prepaid"
    assert part == "part: - · - · GPUs: - · -"
    assert broken.startswith("broken: The preset broken is not JSON: a colon is missing before line 1")
    assert odd == "odd: - · a\\u202e\\u001bb · GPUs: - · -"


def test_show_is_the_json(said):
    save_preset("train", FULL)
    assert json.loads(said("show train")) == FULL


def test_show_keeps_a_secret_that_somebody_typed_into_the_file(said):
    put("shared", json.dumps({**MINIMAL, "envs": [{"key": "HF_TOKEN", "value": "hush"}]}))
    told = said("show shared")
    assert "hush" not in told
    assert "The file holds the values of HF_TOKEN" in told


def test_list_shows_no_secret_that_somebody_typed_into_a_file(said, monkeypatch):
    monkeypatch.setenv("DB_PASSWORD", "hunter2Zq91xx")
    put("hand", json.dumps({"image": f"reg/x:{TOKEN}", "product_id": "a hunter2Zq91xx b"}))
    put("odd", json.dumps({"image": {"password": "s3cret"}}))
    hand = "hand: ••••(env DB_PASSWORD) · ••••(token?) · GPUs: - · -"
    assert said("list").splitlines() == [hand, "odd: - · … · GPUs: - · -"]


def test_delete_deletes(said):
    save_preset("train", FULL)
    assert "Deleted" in said("delete TRAIN")
    assert preset_names() == []


# --preset


def test_a_launch_begins_with_a_preset_and_options_replace_its_fields(run, names):
    save_preset("full", {**FULL, "billing": {"mode": "postpaid"}})
    plan = run("%ppio_launch --practice --preset full --gpus 1 --port 80 --dry-run")
    assert plan.report.body == {
        **FULL,
        "billing": {"mode": "postpaid"},
        "resource": {**FULL["resource"], "gpu_num": 1},
        "ports": [{"port": 80, "protocol": "http"}],
    }
    save_preset("small", MINIMAL)
    run("x = %ppio_launch --practice --preset small --name other --yes\nx.stop_following()")
    assert names() == ["other"]


def test_a_preset_of_a_part_gets_the_defaults_and_its_references_stay_names(run):
    save_preset("part", {"image": "a:1", "envs": [{"key": "HF_TOKEN", "value": "typed"}]})
    plan = run("%ppio_launch --practice --preset part --name x --product p --dry-run")
    assert plan.report.body["billing"] == {"mode": "postpaid"}
    assert plan.report.request is not None
    assert '{"$env": "HF_TOKEN"}' in " ".join(str(plan).split()).replace("{ ", "{").replace(" }", "}")


def test_a_secret_that_somebody_typed_into_a_preset_is_not_taken_from_there(run, capsys):
    put("hand", json.dumps({**MINIMAL, "envs": [{"key": "HF_TOKEN", "value": "hunter2"}]}))
    plan = run("%ppio_launch --practice --preset hand --dry-run")
    assert plan.report.body["envs"] == [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}]
    assert "hunter2" not in str(plan)
    assert "The preset's file holds the values of HF_TOKEN" in capsys.readouterr().out


def test_a_preset_with_a_secret_elsewhere_launches_nothing(run, names):
    put("hand", json.dumps({**MINIMAL, "command": f"serve {TOKEN}"}))
    with pytest.raises(UsageError, match=r"field command holds a secret \(token\? hf_…6789\)"):
        run("%ppio_launch --practice --preset hand --yes")
    assert names() == []


def test_a_form_opens_with_a_preset(run):
    save_preset("small", MINIMAL)
    form = run("%ppio_launch --practice --preset small --form")
    assert form.value == MINIMAL
    form.close()


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("--preset small --like x --yes", "--like and --preset"),
        ("--like x --preset small --yes", "--like and --preset"),
        ("--preset smal --yes", "Did you mean small?"),
        ("--preset broken --yes", "line 1, column 1"),
        ("--preset --yes", "--preset needs a value"),
        ("--preset ../x --yes", "letters"),
        ("--preset odd --yes", "--image"),
    ],
)
def test_a_preset_that_cannot_be_used_launches_nothing(run, names, line, hint):
    save_preset("small", MINIMAL)
    put("broken", "x")
    put("odd", '{"name": "a", "product_id": "p", "image": null, "ports": 7}')
    with pytest.raises(UsageError) as caught:
        run(f"%ppio_launch --practice {line}")
    assert hint in str(caught.value)
    assert caught.value.__context__ is None
    assert names() == []
