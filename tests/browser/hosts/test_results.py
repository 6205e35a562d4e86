"""The table of hosts in the documentation is what `make hosts` found, and no host is missing in it."""

from __future__ import annotations

import re

import pytest

from tests.support.hosts import ROOT

from . import results, test_hosts
from .host import HOSTS, Host
from .results import ACTIONS, BEGIN, END, PAGES, WORDS, Results, kept, table, with_table


@pytest.mark.parametrize("language", PAGES)
def test_the_documentation_has_the_table_that_the_results_render_to(language):
    page = PAGES[language].read_text(encoding="utf-8")
    assert (page.count(BEGIN), page.count(END)) == (1, 1)
    assert page == with_table(page, table(kept(), language)), "`make hosts` writes it"


def test_every_host_was_tried_with_every_action_that_it_has_and_all_of_them_work():
    assert list(kept()) == [host.name for host in HOSTS]
    for host in HOSTS:
        found = kept()[host.name]["actions"]
        assert set(found) == set(ACTIONS) - set(host.lacks), host.name
        assert [action for action, result in found.items() if result is False] == [], host.name


def test_only_where_no_inline_script_runs_an_action_does_something_else():
    for host in HOSTS:
        instead = {result for result in kept()[host.name]["actions"].values() if isinstance(result, str)}
        assert instead == (set(WORDS["instead"]) if host.is_strict else set()), host.name


def test_every_action_is_a_test_and_has_its_words():
    tests = [name.removeprefix("test_") for name in vars(test_hosts) if name.startswith("test_")]
    assert tests == [*ACTIONS]
    assert {reason for host in HOSTS for reason in host.lacks.values()} == set(WORDS["lacks"])
    for said in (words for kind in WORDS.values() for words in kind.values()):
        assert re.search("[a-z]", said["en"])
        assert re.search("[\u4e00-\u9fff]|`", said["zh"])


def test_every_host_has_its_environment():
    names = [host.name for host in HOSTS if host.environment == host.name]
    assert {host.environment for host in HOSTS} == {*names, ""}, "the site of JupyterLite has none"
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.findall(r"^host-(\S+) = \[", project, re.MULTILINE) == names
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^HOSTS +:= (.*)$", makefile, re.MULTILINE)[1].split() == names


def test_what_a_host_has_not_or_does_otherwise_is_a_number_with_its_words_below(monkeypatch):
    host = Host("made-up", "Made-up", "made-up", lacks={"rows": "why", "board": "why"})
    monkeypatch.setattr(results, "HOSTS", (host,))
    monkeypatch.setitem(WORDS, "lacks", {"why": {"en": "It has none.", "zh": "它没有。"}})
    monkeypatch.setitem(WORDS, "instead", {"how": {"en": "By hand.", "zh": "手动。"}})
    run = Results()
    run.begin("made-up", {"made-up": "1", "ipywidgets": "8", "ipykernel": "7"})
    run.add("made-up", "shown", passed=True)
    run.add_instead("made-up", "copied", "how")
    run.add("made-up", "copied", passed=True)
    rendered = table(run.found, "en")
    counts = {cell: rendered.count(f"| {cell} |") for cell in ("(1)", "(2)", "✓", "?")}
    assert counts == {"(1)": 2, "(2)": 1, "✓": 1, "?": len(ACTIONS) - 4}
    assert "\n(1) It has none.\n\n(2) By hand.\n" in rendered


def test_what_was_done_instead_is_no_longer_said_once_it_fails():
    run = Results()
    run.begin("made-up", {})
    run.add_instead("made-up", "copied", "how")
    run.add("made-up", "copied", passed=False)
    run.add("made-up", "copied", passed=True)
    assert run.found["made-up"]["actions"] == {"copied": False}


def test_a_host_that_starts_again_keeps_what_was_found():
    run = Results()
    run.begin("made-up", {"made-up": "1"})
    run.add("made-up", "shown", passed=True)
    run.begin("made-up", {"made-up": "1"})
    assert run.found["made-up"]["actions"] == {"shown": True}
    run.begin("made-up", {"made-up": "2"})
    assert run.found["made-up"]["actions"] == {}
