"""Only a regular file of a bounded size is ever read, whoever reads it."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ppio_widgets.errors import ConsentNeeded, InputError, PresetRefused
from ppio_widgets.launches.importing import Disk
from ppio_widgets.launches.ledger import Contents, Ledger, Record, ledger_for
from ppio_widgets.launches.presets import load_preset, presets_folder
from ppio_widgets.locale.words import LANGUAGES, Phrase, words
from ppio_widgets.runtime import files
from ppio_widgets.runtime.files import Unfit, contents, keep_private, reason
from tests.support.odd_files import ODD_FILES

odd_files = pytest.mark.parametrize("make", ODD_FILES.values(), ids=ODD_FILES)


@odd_files
def test_what_is_no_file_of_a_bounded_size_is_not_read(make, tmp_path):
    path = tmp_path / "odd"
    make(path)
    with pytest.raises(OSError) as refused:  # noqa: PT011 - each of its kinds
        contents(path, 1024)
    for language in LANGUAGES:
        say = words(language)
        why = reason(refused.value)
        assert "\n" not in (why.sentence(say) if isinstance(why, Phrase) else why)


def test_a_socket_is_not_read(tmp_path):
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(path))
        with pytest.raises(Unfit):
            contents(path, 10)


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_a_file_up_to_the_bound_is_read_whole(size, tmp_path):
    (tmp_path / "file").write_bytes(b"x" * size)
    assert contents(tmp_path / "file", 100) == b"x" * size


def test_one_byte_more_is_not_read(tmp_path):
    (tmp_path / "file").write_bytes(b"x" * 101)
    with pytest.raises(Unfit):
        contents(tmp_path / "file", 100)


def test_a_file_that_grows_while_it_is_read_is_not_read_on(tmp_path, monkeypatch):
    path, seen = tmp_path / "file", os.fstat
    path.write_bytes(b"x")

    def grows(descriptor):
        told = seen(descriptor)
        path.write_bytes(b"x" * 2_000_000)
        return told

    monkeypatch.setattr(files.os, "fstat", grows)
    with pytest.raises(Unfit):
        contents(path, 1_000_000)


def test_a_device_is_not_even_opened(tmp_path, monkeypatch):
    (tmp_path / "device").symlink_to("/dev/zero")
    monkeypatch.setattr(files.os, "open", lambda *_args: pytest.fail("opened"))
    with pytest.raises(Unfit):
        contents(tmp_path / "device", 10)


def test_what_takes_a_files_name_before_it_is_opened_is_not_read(tmp_path, monkeypatch):
    path, opened = tmp_path / "file", os.open

    def swaps(name, *more):
        path.unlink()
        os.mkfifo(path)
        return opened(name, *more)

    path.write_text("a")
    monkeypatch.setattr(files.os, "open", swaps)
    with pytest.raises(Unfit):
        contents(path, 10)


@odd_files
def test_a_line_and_a_preset_say_it_in_one_line(make, tmp_path):
    for path in (tmp_path / "body.json", presets_folder() / "odd.json"):
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path)
    with pytest.raises(InputError) as of_line:
        Disk().text(str(tmp_path / "body.json"))
    with pytest.raises(PresetRefused) as of_preset:
        load_preset("odd")
    for error in (of_line.value, of_preset.value):
        for language in LANGUAGES:
            assert "\n" not in error.sentence(words(language))


@odd_files
def test_a_record_that_is_no_file_may_be_any_launch(make, tmp_path):
    ledger = Ledger(tmp_path / "launches")
    ledger.claim(Record("ab12cd34", "https://h", "…1234", {"name": "demo"}, 1.0))
    make(ledger.folder / "0badcafe.json")
    for found in (ledger.read(), ledger.of_name("other"), ledger.unresolved()):
        assert found.unreadable == ("0badcafe",)
        assert [one.launch_id for one in found.records] == ["ab12cd34"]


@odd_files
def test_the_command_says_it_in_one_line_and_ends_with_2(make, tmp_path):
    make(tmp_path / "odd.ipynb")
    (tmp_path / "fine.ipynb").write_text('{"cells": []}')
    command = [sys.executable, "-m", "ppio_widgets", "check-notebook", "odd.ipynb", "fine.ipynb"]
    environ = {**os.environ, "PPIO_WIDGETS_LANG": "en", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("odd.ipynb: could not be read (")


@pytest.fixture
def state(tmp_path):
    folder = ledger_for(practice=False).folder
    folder.mkdir(parents=True)
    return folder


RECORD = Record("ab12cd34", "https://h", "…1234", {"name": "demo"}, 1.0)


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o777, 0o701, 0o1777])
def test_a_folder_that_is_open_to_others_is_closed(mode, state):
    state.chmod(mode)
    ledger_for(practice=False).claim(RECORD)
    assert state.stat().st_mode & 0o777 == 0o700
    state.chmod(mode)
    assert ledger_for(practice=False).read().records == (RECORD,)
    assert state.stat().st_mode & 0o777 == 0o700


def another_users(monkeypatch):
    monkeypatch.setattr(files.os, "geteuid", lambda: os.getuid() + 1)
    return "it belongs to another user"


def stays_open(monkeypatch):
    monkeypatch.setattr(files.Path, "chmod", lambda *_args: None) if hasattr(files, "Path") else None
    monkeypatch.setattr("pathlib.Path.chmod", lambda *_args: None)
    return "others can open it"


@pytest.mark.parametrize("how", [another_users, stays_open])
def test_a_folder_that_is_not_this_users_alone_is_refused_in_words(how, state, monkeypatch):
    (state / "0badcafe.json").write_text(RECORD.to_json().replace("ab12cd34", "0badcafe"))
    state.chmod(0o777)
    said = how(monkeypatch)
    ledger = ledger_for(practice=False)
    with pytest.raises(ConsentNeeded, match=said) as refused:
        ledger.claim(RECORD)
    assert str(state) in str(refused.value)
    assert ledger.save(RECORD) is not None
    found = ledger.read()
    assert found.records == (), "what lies there is not believed"
    assert found.closed is not None
    with pytest.raises(Unfit):
        keep_private(state)


def without(monkeypatch, name, how):
    """Have a call of the system missing, or refused with a number."""
    if how is None:
        monkeypatch.delattr(os, name)
    else:
        monkeypatch.setattr(os, name, refusing(how))


def refusing(number):
    def refuse(*_given):
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize("link", [None, errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP])
def test_without_links_a_name_is_given_once_and_only_to_a_whole_file(link, tmp_path, monkeypatch):
    without(monkeypatch, "link", link)
    seen, replace = [], Path.replace

    def looking(spare, path):
        seen.append(path.read_bytes())
        replace(spare, path)

    monkeypatch.setattr(Path, "replace", looking)
    path = tmp_path / "name"
    with files.written(tmp_path, "one", "whole") as spare:
        files.publish(spare, path)
    with pytest.raises(FileExistsError), files.written(tmp_path, "two", "other") as spare:
        files.publish(spare, path)
    assert (seen, path.read_text(), list(tmp_path.iterdir())) == ([b""], "whole", [path])
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_written_without_links_takes_no_name(tmp_path, monkeypatch):
    without(monkeypatch, "link", None)
    monkeypatch.setattr(Path, "replace", refusing(errno.EIO))
    ledger = Ledger(tmp_path / "launches")
    with pytest.raises(ConsentNeeded):
        ledger.claim(Record("ab12cd34", "https://h", "…1234", {"name": "demo"}, 1.0))
    assert ledger.read() == Contents()


def test_an_empty_file_that_a_crash_left_is_no_record_and_is_told(tmp_path):
    ledger = Ledger(tmp_path / "launches")
    ledger.folder.mkdir(mode=0o700)
    (ledger.folder / "0badcafe.json").touch()
    assert (ledger.read().records, ledger.read().unreadable) == ((), ("0badcafe",))


@pytest.mark.parametrize("fsync", [None, errno.ENOSYS, errno.EINVAL])
def test_a_system_that_knows_no_sync_still_has_a_ledger(fsync, tmp_path, monkeypatch):
    without(monkeypatch, "fsync", fsync)
    ledger = Ledger(tmp_path / "launches")
    record = Record("ab12cd34", "https://h", "…1234", {"name": "demo"}, 1.0)
    ledger.claim(record)
    assert ledger.save(record) is None
    assert ledger.read().records == (record,)


def test_a_disk_that_fails_is_an_error_all_the_same(tmp_path, monkeypatch):
    without(monkeypatch, "fsync", errno.EIO)
    with pytest.raises(ConsentNeeded):
        Ledger(tmp_path / "launches").claim(Record("ab12cd34", "https://h", "…1234", {"name": "demo"}, 1.0))
