"""What a line's message repeats: never what a variable of the notebook holds, nor a secret that was typed."""

import pytest
from IPython.core.error import UsageError

from ppio_widgets import LaunchRefused, PpioClient, api
from ppio_widgets.launches.presets import preset_names
from tests.support.wire import REAL_KEY, faulty, nothing_there

TOKEN = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
HELD = {
    "a token": TOKEN,
    "a password": "hunter2 Zq91xx",
    "a long text": '"envs": [{"key": "HF_TOKEN", "value": "hunter2"}]' + "x" * 300,
    "a path": "/nowhere/hunter2.json",
}
OPTIONS = [
    *("--gpus", "--volume", "--port", "--max-price", "--billing", "--env-file", "--stop-after", "--stop-at"),
    *("--body", "--jupyter", "--type", "--rootfs", "--auto-renew", "--months", "--preset", "--env"),
]


def refused(run, line):
    with pytest.raises(UsageError) as caught:
        run(line)
    assert caught.value.__context__ is None
    return str(caught.value)


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("held", HELD)
def test_what_a_variable_holds_is_not_repeated(shell, run, option, held):
    shell.user_ns["t"] = HELD[held]
    for word in ("$t", "{t}"):
        said = refused(run, f"%ppio_launch --practice --name demo {option} {word} --dry-run")
        assert not {"hunter2", TOKEN, "xxx"} & {part for part in ("hunter2", TOKEN, "xxx") if part in said}
        assert len(said) < 400


def test_neither_is_the_name_of_an_instance_that_a_variable_holds(shell, run):
    shell.user_ns["t"] = "hunter2 Zq91xx"
    with pytest.raises(LaunchRefused) as caught:
        run("%ppio_launch --practice --like $t --dry-run")
    assert "hunter2" not in str(caught.value)


def test_what_is_typed_is_repeated_and_the_word_for_a_variable_as_well(run):
    assert '"two"' in refused(run, "%ppio_launch --gpus two --dry-run")
    assert "$nothing" in refused(run, "%ppio_launch --gpus $nothing --dry-run")
    assert "a.json" in refused(run, "%ppio_launch --body a.json --dry-run")


@pytest.mark.parametrize("option", [*OPTIONS[:-1], "--name x", f"--{TOKEN}"])
@pytest.mark.parametrize("secret", [TOKEN, "known-to-the-kernel"])
def test_a_secret_that_is_typed_is_not_repeated(run, monkeypatch, option, secret):
    monkeypatch.setenv("DB_PASSWORD", "known-to-the-kernel")
    assert secret not in refused(run, f"%ppio_launch --practice {option} {secret} --dry-run")


@pytest.mark.parametrize(
    "line", ["save {}", "save x --gpus {}", "save x --gpus=1 {}", "show {}", "delete {}"]
)
@pytest.mark.parametrize("secret", [TOKEN, "known/to-the-kernel"])
def test_neither_is_it_behind_the_verbs_of_presets(run, monkeypatch, line, secret):
    monkeypatch.setenv("DB_PASSWORD", "known/to-the-kernel")
    assert secret not in refused(run, f"%ppio preset {line.format(secret)}")
    assert preset_names() == []


def test_what_follows_a_variables_name_is_not_repeated(run):
    assert '"…"' in refused(run, "%ppio_launch --env HF_TOKEN hunter2 --dry-run")


def test_a_long_path_is_cut(run):
    said = refused(run, f"%ppio_launch --env-file {'y' * 100}/{'x' * 300}.env --dry-run")
    assert "yyy…xxx" in said
    assert len(said) < 250


def test_a_file_of_nothing_but_a_token_is_refused(run, tmp_path, names):
    file = tmp_path / "token"
    file.write_text(TOKEN)
    said = refused(
        run, f"%ppio_launch --practice --name a --product a100-80g --image i --env-file {file} --yes"
    )
    assert "on line 1 a secret stands" in said
    assert TOKEN not in said
    assert names() == []


@pytest.mark.parametrize(
    "line", ["--env PPIO_API_KEY", """--body '{"envs":[{"key":"A","value":{"$env":"PPIO_API_KEY"}}]}'"""]
)
def test_the_accounts_own_key_is_given_to_no_instance(run, monkeypatch, names, line):
    monkeypatch.setenv("PPIO_API_KEY", "sk_live_Ab12Cd34Ef56Gh78")
    said = refused(run, f"%ppio_launch --practice --name a --product a100-80g --image i {line} --yes")
    assert "Your account's key is given to no instance" in said
    assert names() == []


@pytest.fixture
def at_a_terminal(monkeypatch):
    """Whoever is asked says no."""
    monkeypatch.setattr("ppio_widgets.runtime.kernel.takes_input", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: "n")
    monkeypatch.setenv("HF_TOKEN", "s3cret")


@pytest.mark.usefixtures("at_a_terminal")
def test_a_terminal_is_told_what_is_taken_from_the_kernel(run, monkeypatch, capsys):
    with faulty(nothing_there) as server:
        monkeypatch.setattr(api, "connect", lambda **_which: PpioClient(REAL_KEY, base_url=server.url))
        run("x = %ppio_launch --name a --product a100-80g --image i --env HF_TOKEN --env OTHER=1")
    assert "Taken from the kernel's environment and sent along: HF_TOKEN\n" in capsys.readouterr().out


@pytest.mark.usefixtures("at_a_terminal")
def test_a_terminal_is_told_that_practice_sends_a_placeholder(run, capsys):
    run("x = %ppio_launch --practice --name a --product a100-80g --image i --env HF_TOKEN")
    said = capsys.readouterr().out
    assert "Practice sends placeholders, not the kernel's values: HF_TOKEN\n" in said
    assert "Taken from the kernel" not in said
