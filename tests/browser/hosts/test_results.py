"""The table of hosts in the documentation is what `make hosts` found, and no host is missing in it."""

from __future__ import annotations

import re

import pytest

from . import results, test_hosts
from .host import HOSTS, ROOT, Host
from .results import ACTIONS, BEGIN, END, PAGES, WORDS, kept, table, with_table


@pytest.mark.parametrize("language", PAGES)
def test_the_documentation_has_the_table_that_the_results_render_to(language):
    page = PAGES[language].read_text(encoding="utf-8")
    assert (page.count(BEGIN), page.count(END)) == (1, 1)
    assert page == with_table(page, table(kept(), language)), "`make hosts` writes it"


def test_every_host_was_tried_with_every_action_that_it_has_and_all_of_them_work():
    assert list(kept()) == [host.name for host in HOSTS]
    for host in HOSTS:
        assert kept()[host.name]["actions"] == dict.fromkeys(set(ACTIONS) - set(host.lacks), True), host.name


def test_every_action_is_a_test_and_has_its_words():
    tests = [name.removeprefix("test_") for name in vars(test_hosts) if name.startswith("test_")]
    assert tests == [*ACTIONS]
    assert {reason for host in HOSTS for reason in host.lacks.values()} == set(WORDS["lacks"])
    for said in (words for kind in WORDS.values() for words in kind.values()):
        assert re.search("[a-z]", said["en"])
        assert re.search("[\u4e00-\u9fff]|`", said["zh"])


def test_every_host_has_its_environment():
    names = [host.name for host in HOSTS]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.findall(r"^host-(\S+) = \[", project, re.MULTILINE) == names
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^HOSTS +:= (.*)$", makefile, re.MULTILINE)[1].split() == names


def test_what_a_host_has_not_is_a_number_with_its_reason_below(monkeypatch):
    host = Host("made-up", "Made-up", "made-up", lacks={"rows": "why", "board": "why"})
    monkeypatch.setattr(results, "HOSTS", (host,))
    monkeypatch.setitem(WORDS, "lacks", {"why": {"en": "It has none.", "zh": "它没有。"}})
    found = {"versions": {"made-up": "1", "ipywidgets": "8", "ipykernel": "7"}, "actions": {"shown": True}}
    rendered = table({"made-up": found}, "en")
    assert (rendered.count("| (1) |"), rendered.count("| ✓ |"), rendered.count("| ? |")) == (
        2,
        1,
        len(ACTIONS) - 3,
    )
    assert "\n(1) It has none.\n" in rendered
