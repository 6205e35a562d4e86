"""``%%ppio_launch``, bodies and variables from files, and the help, in a real shell."""

from __future__ import annotations

import json
import shlex

import pytest
from IPython.core.error import UsageError
from IPython.core.oinspect import getdoc

from ppio_widgets import EnvRef, Launch, LaunchForm, LaunchPlan, RequestInvalid, launch
from ppio_widgets.formats.line.options import COLUMNS, OPTIONS, usage
from ppio_widgets.launches.importing import LARGEST_FILE
from ppio_widgets.locale.columns import width
from ppio_widgets.locale.words import words
from tests.support.bodies import FULL, MINIMAL
from tests.support.wire import REAL_KEY

CELL = json.dumps(MINIMAL, indent=2)


@pytest.fixture(autouse=True)
def _folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def refused(run, cell):
    with pytest.raises(UsageError) as caught:
        run(cell)
    assert caught.value._render_traceback_() == [f"UsageError: {caught.value}"]  # one line, no stack
    assert caught.value.__context__ is None
    return str(caught.value)


def test_a_cell_is_planned_and_the_line_replaces_fields_of_it(run, names):
    plan = run(f"%%ppio_launch --practice --name other --gpus 2 --dry-run\n{CELL}")
    assert isinstance(plan, LaunchPlan)
    assert plan.report.body["name"] == "other"
    assert plan.report.body["resource"]["gpu_num"] == 2
    assert plan.report.body["image"] == MINIMAL["image"]
    assert names() == []


def test_a_cell_is_launched_once(run, names):
    launch = run(f"%%ppio_launch --practice --name once --yes\n{CELL}")
    assert isinstance(launch, Launch)
    assert names() == ["once"]
    launch.stop_following()


def test_a_cell_fills_the_form(run):
    form = run(f"%%ppio_launch --practice --form\n{CELL}")
    assert isinstance(form, LaunchForm)
    assert form.value["image"] == MINIMAL["image"]
    form.close()


def test_names_and_braces_of_a_cell_stay_as_they_are(run):
    body = {**FULL, "envs": [{"key": "A", "value": "$HOME {x}"}, {"key": "B", "value": {"$env": "B"}}]}
    run("x = 1")
    plan = run(f"%%ppio_launch --practice --dry-run\n{json.dumps(body)}")
    assert plan.report.body["envs"] == [
        {"key": "A", "value": "$HOME {x}"},
        {"key": "B", "value": EnvRef("B")},
    ]


def test_what_is_wrong_with_a_cell_is_said_and_nothing_is_sent(run, names):
    assert "line 3, column 3" in refused(run, '%%ppio_launch --practice --yes\n{"name": "demo",\n  oops}')
    assert "is empty" in refused(run, "%%ppio_launch --practice --yes\n\n  \n")
    with pytest.raises(UsageError, match="empty"):  # IPython's own
        run("%%ppio_launch --practice --yes")
    assert "two bodies" in refused(run, "%%ppio_launch --practice --yes --body {}\n{}")
    assert "Give the instance a name" in refused(run, "%%ppio_launch --practice --yes\n{}")
    assert names() == []


def test_a_body_comes_from_a_file_in_the_kernels_folder(run, tmp_path, monkeypatch):
    (tmp_path / "body.json").write_text("\ufeff" + json.dumps(FULL), encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in ("body.json", "~/body.json", f"'{tmp_path / 'body.json'}'"):
        assert run(f"%ppio_launch --practice --body {path} --dry-run").report.body == FULL


def test_what_is_wrong_with_a_file_is_said_without_what_it_holds(run, tmp_path):
    (tmp_path / "latin.json").write_bytes(b'{"name": "s3cret \xe9"}')
    (tmp_path / "large.json").write_bytes(b" " * (LARGEST_FILE + 1))
    (tmp_path / "bad.json").write_text("{s3cret")
    (tmp_path / "folder.json").mkdir()
    line = "%ppio_launch --practice --dry-run --body"
    told = {name: refused(run, f"{line} {name}.json") for name in ("latin", "large", "bad", "folder", "none")}
    assert "not text in UTF-8" in told["latin"]
    assert "larger than" in told["large"]
    assert "line 1, column 2" in told["bad"]
    assert "folder.json cannot be read (it is no regular file)" in told["folder"]
    assert "there is no file none.json" in told["none"]
    assert "s3cret" not in str(told)


@pytest.mark.parametrize(
    ("json_text", "told"),
    [
        ('{"name": "a",}', "the comma at line {}, column 13 is one too many: remove it"),
        ('{"name": "a" // why\n}', "JSON has no comments: remove the one at line {}, column 14"),
        ('{"name": "a" /* why */}', "JSON has no comments: remove the one at line {}, column 14"),
        ('{"name": “a”}', "the quotation mark at line {}, column 10 is a typographic one"),
        ("{'name': 'a'}", "line {}, column 2 is Python: JSON has double quotes"),
    ],
)
def test_the_usual_slips_in_json_say_where_and_what_to_do(run, tmp_path, json_text, told):
    (tmp_path / "body.json").write_text(json_text, encoding="utf-8")
    assert told.format(1) in refused(run, "%ppio_launch --practice --dry-run --body body.json")
    assert told.format(2) in refused(run, f"%%ppio_launch --practice --dry-run\n{json_text}")
    line = f"%ppio_launch --practice --dry-run --body {shlex.quote(json_text)}"
    if "\n" not in json_text and "'" not in json_text:
        assert told.format(1) in refused(run, line)


def test_blanks_of_a_page_in_json_are_blanks(run):
    body = json.dumps(MINIMAL, indent=2).replace("  ", "\xa0\u3000")
    assert run(f"%%ppio_launch --practice --dry-run\n{body}").report.body == MINIMAL


def test_a_file_that_may_not_be_read_is_said(run, tmp_path, monkeypatch):
    (tmp_path / "body.json").write_text("{}")

    def refuse(*_args):
        raise PermissionError(13, "s3cret")

    monkeypatch.setattr("ppio_widgets.runtime.files.os.open", refuse)
    assert "body.json cannot be read (permission denied)" in refused(run, "%ppio_launch --body body.json")


def test_a_body_comes_from_a_form_or_a_plan_of_the_notebook(run):
    run(
        "from ppio_widgets import LaunchForm\n"
        f"form = LaunchForm({MINIMAL!r}, practice=True)\n"
        "plan = %ppio_launch --practice --body @form --name from-form --dry-run"
    )
    plan = run("%ppio_launch --practice --body @plan --gpus 4 --dry-run")
    assert plan.report.body["name"] == "from-form"
    assert plan.report.body["resource"]["gpu_num"] == 4
    run("form.close()")


def test_no_secret_of_an_env_file_is_shown_or_kept(run, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    (tmp_path / ".env").write_text("HF_TOKEN=hf_s3cret\nEPOCHS=3\nURL=http://${HOST}/\n")
    line = "%ppio_launch --practice --name a --product a100-80g --image i --env-file .env --env EPOCHS=4"
    plan = run(f"{line} --dry-run")
    assert plan.report.body["envs"] == [
        {"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")},
        {"key": "URL", "value": "http://${HOST}/"},
        {"key": "EPOCHS", "value": "4"},
    ]
    said = capsys.readouterr().out
    assert "HF_TOKEN: secret by name" in said
    assert "load_dotenv('.env', interpolate=False)" in said
    assert "URL: ${…} in the value is left" in said
    assert "s3cret" not in said + str(plan) + str(plan._repr_mimebundle_())
    with pytest.raises(RequestInvalid, match="Not set in the kernel's environment: HF_TOKEN"):
        launch(plan.report.require(), api_key=REAL_KEY)


def test_the_way_out_that_is_said_works(run, tmp_path, capsys, monkeypatch, names):
    monkeypatch.setenv("HF_TOKEN", "")
    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / ".env").write_text("HF_TOKEN=hf_s3cret\n")
    run("from dotenv import load_dotenv; load_dotenv('.env', interpolate=False)")
    launch = run("%ppio_launch --practice --name a --product a100-80g --image i --env-file .env --yes")
    assert names() == ["a"]
    assert "s3cret" not in repr(launch) + capsys.readouterr().out
    launch.stop_following()


def test_help_shows_the_options_and_does_nothing(run, names, capsys):
    assert (
        run("%ppio_launch --practice --name a --product a100-80g --image i --yes --like nobody --help")
        is None
    )
    assert capsys.readouterr().out.strip() == usage(words("en"))
    assert run("%%ppio_launch --help\nno json") is None
    assert names() == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_help_names_every_option_once_and_stays_narrow(language):
    text = usage(words(language))
    assert max(map(width, text.split("\n"))) <= COLUMNS
    heads = [line.split()[0] for line in text.split("\n") if line.startswith("  --")]
    assert heads == [option.flag for option in OPTIONS]


def test_the_help_speaks_the_language_of_the_environment(shell, run, monkeypatch, capsys):
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "zh")
    run("%ppio_launch --help")
    assert "实例名称" in capsys.readouterr().out
    assert getdoc(shell.find_line_magic("ppio_launch")) == usage(words("zh"))
    assert "%ppio ls" in getdoc(shell.find_line_magic("ppio"))


def test_unload_takes_the_cell_magic_away(shell):
    assert shell.find_cell_magic("ppio_launch") is not None
    shell.run_line_magic("unload_ext", "ppio_widgets")
    assert shell.find_cell_magic("ppio_launch") is None
