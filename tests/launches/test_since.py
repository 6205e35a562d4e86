"""What changed since the last launch: nothing of an old command comes back."""

import pytest

from ppio_widgets.cloud.client import Target
from ppio_widgets.launches.ledger import ledger_for
from ppio_widgets.launches.presets import presets_folder, save_preset
from ppio_widgets.launches.record import Record
from ppio_widgets.launches.since import changed_since
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale import LANGUAGES, words
from tests.support.bodies import MINIMAL

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
        ({"command": SECRET}, {}, "Command: no longer set (was ••••)"),
        ({"command": SECRET}, {"command": "serve"}, "Command: •••• → serve"),
        ({"entrypoint": SECRET}, {"entrypoint": "/bin/sh"}, "Entrypoint: •••• → /bin/sh"),
        ({"command": {"a": [SECRET]}}, {"command": "serve"}, "Command: •••• → serve"),
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
