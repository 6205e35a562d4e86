"""``%ppio doctor`` in a real shell."""

import pytest
from IPython.core.error import UsageError

from ppio_widgets.doctor.checkup import Checkup
from tests.support.wire import REAL_KEY, faulty, says


def test_it_is_a_value_with_a_card_in_both_languages(run, monkeypatch):
    found = run("%ppio doctor --practice")
    assert isinstance(found, Checkup)
    assert found.state == "well"
    bundle = found._repr_mimebundle_()
    assert bundle["text/plain"].startswith("All was found well.")
    assert "<td>Products</td>" in bundle["text/html"]
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "zh")
    assert "一切正常。" in found._repr_html_()


def test_it_tells_what_to_do_where_there_is_no_key_and_raises_nothing(run, monkeypatch):
    found = run("%ppio doctor")
    assert found.state == "problem"
    assert "%ppio login" in str(found)
    assert "%ppio doctor --report doctor.md" in str(found)


def test_the_report_is_written_and_named(run, capsys, tmp_path):
    run(f"%ppio doctor --practice --report '{tmp_path / 'my doctor.md'}'")
    assert "my doctor.md" in capsys.readouterr().out
    assert (tmp_path / "my doctor.md").exists()
    with pytest.raises(UsageError, match="report could not be written"):
        run(f"%ppio doctor --practice --report '{tmp_path / 'no' / 'x.md'}'")


def test_a_key_that_was_typed_is_used_and_shown_nowhere(run, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("getpass.getpass", lambda _question: REAL_KEY)
    monkeypatch.setenv("HTTPS_PROXY", "what://no")  # so that nothing leaves
    run("%ppio login")
    found = run(f"%ppio doctor --report '{tmp_path / 'doctor.md'}'")
    shown = [
        str(found),
        repr(found),
        found._repr_html_(),
        (tmp_path / "doctor.md").read_text(encoding="utf-8"),
    ]
    assert "comes from %ppio login" in str(found)
    assert REAL_KEY not in "".join([*shown, *capsys.readouterr()])


def test_a_server_that_says_no_is_a_finding(run):
    with faulty(says(500, b"no")) as server:
        found = run(f"%ppio doctor --base-url {server.url}")
    assert found.exit_code == 1
