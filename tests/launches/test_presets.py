"""Presets: bodies to begin with, in files that can be shared."""

import json
import os
import stat
import sys
from base64 import b64encode
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import EnvRef, check
from ppio_widgets.cloud.client import Target
from ppio_widgets.errors import PresetRefused
from ppio_widgets.launches import presets
from ppio_widgets.launches.ledger import Record, ledger_for
from ppio_widgets.launches.presets import (
    changed_since,
    delete_preset,
    load_preset,
    preset_names,
    presets_folder,
    save_preset,
)
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.secrets.credentials import ApiKey, remember_key
from ppio_widgets.secrets.hosts import read_host
from tests.support.bodies import FULL, MINIMAL, bodies_with_refs
from tests.support.wire import ENV_SECRET, REAL_KEY

GITHUB = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"


def put(name, content):
    presets_folder().mkdir(parents=True, exist_ok=True)
    (presets_folder() / f"{name}.json").write_bytes(content.encode() if isinstance(content, str) else content)


def refused(code, *arguments, do=save_preset, **more):
    with pytest.raises(PresetRefused) as caught:
        do(*arguments, **more)
    assert caught.value.code == code
    for language in ("en", "zh"):
        assert caught.value.sentence(words(language))
    return str(caught.value)


# Saved and loaded.


def test_what_is_saved_is_loaded_and_its_file_is_the_body_for_people(tmp_path):
    saved = save_preset("train", FULL)
    assert saved.path == tmp_path / "config" / "presets" / "train.json"
    assert (saved.made_refs, saved.replaced) == ((), False)
    assert load_preset("train") == FULL
    assert saved.path.read_text(encoding="utf-8") == json.dumps(FULL, ensure_ascii=False, indent=2) + "\n"
    assert [path.name for path in presets_folder().iterdir()] == ["train.json"]
    assert save_preset("train", MINIMAL).replaced
    assert load_preset("train") == MINIMAL


@given(bodies_with_refs)
def test_any_body_comes_back_but_for_what_is_secret(body):
    saved = save_preset("any", body)
    again = check(load_preset("any"))
    before, after = check(body).body, again.body
    assert {**before, "envs": None} == {**after, "envs": None}
    for old, new in zip(before["envs"], after["envs"], strict=True):
        assert new == old or (new["key"] in saved.made_refs and isinstance(new["value"], EnvRef))


def test_a_reference_stays_a_name_and_an_incomplete_body_is_kept_as_it_is():
    save_preset("part", {"name": "", "envs": [{"key": "A", "value": EnvRef("HF_TOKEN")}, {}], "ports": []})
    assert load_preset("part") == {"envs": [{"key": "A", "value": {"$env": "HF_TOKEN"}}]}


def test_names_are_listed_and_deleted():
    assert preset_names() == []
    for name in ("b", "A", "中文 预设", ".hidden", "odd@name"):
        if name.isalpha() or " " in name:
            save_preset(name, MINIMAL)
        else:
            put(name, "{}")
    (presets_folder() / "notes.txt").write_text("x")
    assert preset_names() == ["A", "b", "中文 预设"]
    delete_preset("B")
    with pytest.raises(PresetRefused):
        delete_preset("b")
    assert preset_names() == ["A", "中文 预设"]


def test_names_that_differ_in_case_are_one_preset():
    save_preset("Train", MINIMAL)
    saved = save_preset("TRAIN", FULL)
    assert (saved.path.name, saved.replaced) == ("Train.json", True)
    assert preset_names() == ["Train"]
    assert load_preset("train") == FULL
    assert load_preset("Straße" if save_preset("STRASSE", MINIMAL) else "") == MINIMAL
    save_preset("caf\N{LATIN SMALL LETTER E WITH ACUTE}", MINIMAL)
    assert load_preset("cafe\N{COMBINING ACUTE ACCENT}") == MINIMAL


# Names.


@pytest.mark.parametrize(
    "name", ["a", "A100 x8", "v1.2-beta_3", "训练", "x" * 60, "con-fig", "_draft", "हिन्दी"]
)
def test_names_that_a_person_gives_are_good(name):
    save_preset(name, MINIMAL)
    assert preset_names() == [name]


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", ".", "..", ".hidden", "a/b", "../a", "a\\b", "/etc/passwd", "c:x", "a\0b", "a\nb", "-x"),
        *(
            "a.",
            "a ",
            " a",
            "x" * 61,
            "a*",
            "a?",
            "<b>",
            "a|b",
            'a"b',
            "a\u202eb",
            "\udcff",
            "a\ufeffb",
            "~a",
        ),
    ],
)
@pytest.mark.parametrize("do", [load_preset, delete_preset, lambda name: save_preset(name, MINIMAL)])
def test_names_that_some_system_cannot_have_are_refused_in_a_sentence(name, do):
    said = refused("preset_name", name, do=do)
    assert "letters" in said
    assert said.isprintable()
    assert not presets_folder().exists()


@pytest.mark.parametrize("name", ["con", "NUL", "com1", "LPT9", "aux.x", "prn .y"])
def test_names_that_windows_keeps_are_refused_everywhere(name):
    assert "Windows" in refused("preset_name_windows", name, MINIMAL)


@given(st.text(max_size=70))
def test_any_name_is_one_file_in_the_folder_or_refused(name):
    try:
        saved = save_preset(name, MINIMAL)
    except PresetRefused:
        return
    assert saved.path.parent == presets_folder()
    assert saved.path.is_file()
    assert load_preset(name) == MINIMAL
    delete_preset(name)


# Secrets.


def test_values_of_variables_with_a_telling_name_become_references():
    saved = save_preset(
        "s",
        {
            **MINIMAL,
            "envs": [
                {"key": "HF_TOKEN", "value": "anything"},
                {"key": "my-password", "value": "pa ss"},
                {"key": "1_SECRET", "value": "x"},
                {"key": "EMPTY_TOKEN", "value": ""},
                {"key": "EPOCHS", "value": "3"},
            ],
        },
    )
    assert saved.made_refs == ("HF_TOKEN", "my-password", "1_SECRET")
    assert [row["value"] for row in load_preset("s")["envs"]] == [
        {"$env": "HF_TOKEN"},
        {"$env": "my_password"},
        {"$env": "_1_SECRET"},
        "",
        "3",
    ]
    assert not check(load_preset("s")).problems


def encodings(secret):
    return [secret, f"x={secret};", quote(secret, safe=""), b64encode(f"u:{secret}".encode()).decode()]


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("kept", ["PPIO_API_KEY", "NOVITA_API_KEY", "login", "HF_TOKEN"])
def test_a_value_that_holds_a_known_secret_becomes_a_reference(monkeypatch, kept, number):
    secret = ENV_SECRET if kept == "HF_TOKEN" else REAL_KEY
    if kept == "login":
        remember_key(read_host("https://api.ppio.com"), ApiKey(secret, "%ppio login"))
    else:
        monkeypatch.setenv(kept, secret)
    value = encodings(secret)[number]
    saved = save_preset("s", {**MINIMAL, "envs": [{"key": "PLAIN", "value": value}]})
    assert saved.made_refs == ("PLAIN",)
    # One that the kernel has already is found there.
    name = kept if value == secret and kept != "login" else "PLAIN"
    assert load_preset("s")["envs"] == [{"key": "PLAIN", "value": {"$env": name}}]
    assert value not in saved.path.read_text()


def test_a_value_that_looks_like_a_key_becomes_a_reference():
    saved = save_preset("s", {**MINIMAL, "envs": [{"key": "PLAIN", "value": GITHUB}]})
    assert saved.made_refs == ("PLAIN",)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"command": f"curl -H 'Authorization: Bearer {REAL_KEY}'"}, "command"),
        ({"entrypoint": quote(ENV_SECRET)}, "entrypoint"),
        ({"command": f"git clone https://{GITHUB}@github.com/x/y"}, "command"),
        ({"tools": {"jupyter": {"protocol": ENV_SECRET}}}, "tools"),
        ({"envs": [{"key": REAL_KEY}]}, "envs"),
        ({REAL_KEY: "x"}, "…"),
        ({"a-password-of-mine": REAL_KEY}, "…"),
    ],
)
def test_a_secret_where_no_reference_can_stand_is_refused_and_nothing_is_written(monkeypatch, more, field):
    monkeypatch.setenv("PPIO_API_KEY", REAL_KEY)
    monkeypatch.setenv("HF_TOKEN", ENV_SECRET)
    said = refused("preset_secret", "s", {**MINIMAL, **more})
    assert f"field {field} holds" in said
    assert not any(secret in said for secret in (REAL_KEY, ENV_SECRET, GITHUB))
    assert not presets_folder().exists()


@pytest.mark.parametrize("key", ["API=hunter2-of-mine", "API=hunter2\nB=2", "API\n"])
def test_what_was_pasted_in_place_of_a_name_is_refused_and_nothing_is_written(key):
    said = refused("preset_env_key", "s", {**MINIMAL, "envs": [{"key": "A", "value": "b"}, {"key": key}]})
    assert "hunter2" not in said
    assert not presets_folder().exists()


@pytest.mark.parametrize("command", ["psql {}", "run --to={}", "echo '{}' | sh"])
def test_what_the_body_takes_from_the_environment_is_no_part_of_anything_else(monkeypatch, command):
    monkeypatch.setenv("PLAIN_NAME", "plain-looking-value")
    body = {**MINIMAL, "envs": [{"key": "A", "value": EnvRef("PLAIN_NAME")}]}
    assert "(env PLAIN_NAME)" in refused(
        "preset_secret", "s", {**body, "command": command.format("plain-looking-value")}
    )
    save_preset("s", {**MINIMAL, "command": command.format("plain-looking-value")})


@pytest.mark.parametrize("value", ["postgres://me:hunter2@db/x", GITHUB])
def test_what_is_a_secret_in_itself_is_known_under_any_name(monkeypatch, value):
    monkeypatch.setenv("DATABASE_URL", value)
    told = refused("preset_secret", "s", {**MINIMAL, "command": quote(value, safe="")})
    assert "(env DATABASE_URL)" in told
    assert save_preset("s", {**MINIMAL, "envs": [{"key": "A", "value": value}]}).made_refs == ("A",)
    assert load_preset("s")["envs"] == [{"key": "A", "value": {"$env": "DATABASE_URL"}}]


def test_a_folder_in_the_environment_is_no_secret(monkeypatch, tmp_path):
    monkeypatch.setenv("PWD", "/data/training")
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path))
    body = {**MINIMAL, "command": f"ls /data/training {tmp_path}"}
    assert save_preset("s", body).made_refs == ()
    assert load_preset("s") == body


# What cannot be read or written.


def test_one_that_is_not_there_names_what_is():
    assert "nor any other" in refused("preset_none", "demo", do=load_preset)
    save_preset("training-a100", MINIMAL)
    save_preset("inference", MINIMAL)
    said = refused("preset_meant", "Trainin-A100", do=load_preset)
    assert "Did you mean training-a100?" in said
    assert "There are: inference, training-a100." in said
    assert "There are:" in refused("preset_missing", "zzz", do=load_preset)


@pytest.mark.parametrize(
    ("content", "code", "hint"),
    [
        ('{\n  "name": "a",\n  "image" "b"\n}', "preset_json", "line 3, column 11"),
        ("", "preset_json", "line 1, column 1"),
        ("[]", "preset_object", "not an object"),
        ("null", "preset_object", "not an object"),
        (b"\xff\xfe{", "preset_text", "UTF-8"),
        ("[" * 100_000, "preset_text", "UTF-8"),
        ('{"a": ' + "9" * 5000 + "}", "preset_text", "UTF-8"),
        (" " * (presets.LARGEST_FILE + 1), "preset_text", "short"),
    ],
)
def test_a_file_that_is_no_preset_says_what_is_wrong_and_where(content, code, hint):
    put("broken", content)
    said = refused(code, "broken", do=load_preset)
    assert hint in said
    assert str(presets_folder() / "broken.json") in said


def test_a_file_of_a_windows_editor_is_read():
    put("bom", "\ufeff" + json.dumps(MINIMAL))
    assert load_preset("bom") == MINIMAL


@given(st.binary(max_size=60) | st.recursive(st.text(max_size=4), st.lists).map(json.dumps).map(str.encode))
def test_any_file_is_a_dict_or_refused(content):
    put("any", content)
    with suppress(PresetRefused):
        assert isinstance(load_preset("any"), dict)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "config").write_text("a file")
    assert "PPIO_WIDGETS_CONFIG_DIR" in refused("preset_unwritable", "a", MINIMAL)
    assert preset_names() == []


def test_a_full_disk_leaves_the_old_preset_whole(monkeypatch):
    save_preset("a", MINIMAL)

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert "no space left" in refused("preset_unwritable", "a", FULL)
    assert load_preset("a") == MINIMAL
    assert [path.name for path in presets_folder().iterdir()] == ["a.json"]


def test_a_file_that_cannot_be_read_or_deleted_is_a_sentence():
    (presets_folder() / "odd.json").mkdir(parents=True)
    refused("preset_unreadable", "odd", do=load_preset)
    refused("preset_unwritable", "odd", do=delete_preset)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such modes")
def test_nobody_else_can_read_what_is_not_shared_yet():
    path = save_preset("a", MINIMAL).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_without_a_variable_the_presets_lie_where_the_system_keeps_configuration(monkeypatch):
    monkeypatch.delenv("PPIO_WIDGETS_CONFIG_DIR")
    monkeypatch.setattr(presets.platformdirs, "user_config_dir", lambda name: f"/config/{name}")
    assert presets_folder().as_posix() == "/config/ppio-widgets/presets"


SECRET = "zq-hunter2-0099"
HERE = Target("api.ppio.com", practice=False)


def launched(body):
    record = Record(
        "aaaa0001",
        "https://api.ppio.com",
        "…abcd",
        body,
        10.0,
        state=LaunchState.SUCCEEDED,
        instance_id="i-1",
    )
    ledger_for(practice=False).claim(record)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {"command": "serve"}, "Command: serve (was not set)"),
        ({"command": SECRET}, {}, "Command: no longer set (was ••••(command))"),
        ({"command": SECRET}, {"command": "serve"}, "Command: ••••(command) → serve"),
        ({"entrypoint": SECRET}, {"entrypoint": "/bin/sh"}, "Entrypoint: ••••(entrypoint) → /bin/sh"),
        ({"command": {"a": [SECRET]}}, {"command": "serve"}, "Command: ••••(command) → serve"),
    ],
)
def test_that_a_command_changed_is_said_and_not_what_it_was(before, after, said):
    launched({**MINIMAL, **before})
    since = changed_since({**MINIMAL, **after}, HERE)
    assert since.sentences(words("en"))[1:] == [said]
    shown = [repr(since), *(str((one.before, one.after)) for one in since.changes)]
    shown += [line for language in LANGUAGES for line in since.sentences(words(language))]
    assert not any(SECRET in text for text in shown)


def test_the_same_command_is_no_change():
    launched({**MINIMAL, "command": "serve"})
    (line,) = changed_since({**MINIMAL, "command": "serve"}, HERE).sentences(words("en"))
    assert line.startswith("Nothing known changed")


@pytest.mark.parametrize("after", [{}, {"command": "serve"}, {"command": "x", "entrypoint": "y"}])
def test_of_a_preset_written_by_hand_neither(after):
    save_preset("mine", MINIMAL)
    path = presets_folder() / "mine.json"
    path.write_text(path.read_text().replace("{", f'{{"command": "serve --token {SECRET}", ', 1))
    lines = changed_since({**MINIMAL, **after}, HERE, "mine").sentences(words("en"))
    assert lines[0] == "Changed since the preset mine:"
    assert any(line.startswith("Command: ") for line in lines)
    assert SECRET not in "\n".join(lines)
