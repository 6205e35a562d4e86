"""How a launch travels: the documentation says it module by module, and a real form goes that way.

A port is typed and launched on the practice cloud of this process while every call of ours is watched. What
is on the stack at the last function under a title of the page is the way to it. As the next title begins, the
ledger has what is told to be on the disk.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from pathlib import Path

import pytest

import ppio_widgets
from ppio_widgets import LaunchForm
from ppio_widgets.launches.ledger import ledger_for
from ppio_widgets.locale.words import LANGUAGES
from tests.support.bodies import MINIMAL
from tests.widgets.conftest import answer, find, press, type_into, until

ROOT = Path(ppio_widgets.__file__).parent
OURS = str(ROOT) + os.sep
PAGES = {
    language: (ROOT.parent / "docs" / language / "why" / "way.md").read_text(encoding="utf-8")
    for language in LANGUAGES
}
KEY, *LAUNCHED = TITLES = (
    "From the key to the body",
    "From the button to a thread",
    "From the thread to the record",
    "From the record to the wire",
    "From the wire to the card",
)
CARD = TITLES[-1]
# On the way between any two: what hears a page, what guards callbacks, and what takes the values out of
# exceptions.
AROUND = {"widgets/theme.py", "widgets/view.py", "secrets/frames.py"}


def rows(page):
    """The rows of a page or a part of it: a module, and what is named of it."""
    return re.findall(r"^\| `([\w/]+\.py)` \| (.*?) \|", page, re.MULTILINE)


def below(title):
    """What stands under a title of the page."""
    return PAGES["en"].partition(f"## {title}\n")[2].partition("\n#")[0]


def told(title):
    """What the page tells under a title: pairs of a module and a function in it, in their order."""
    for module, named in rows(below(title)):
        yield from ((module, name.rpartition(".")[2]) for name in re.findall(r"`([\w.]+)`", named))


class Watched:
    """The functions of ours in the order of their first calls, each with the stack of ours at it.

    They are counted anew from the first function under each further title, and before it, what `disk` returns
    is kept.
    """

    def __init__(self, disk, *titles):
        self.disk, self.title, self.left = disk, titles[0], {}
        self.ways = {titles[0]: {}}
        self.begin = {next(told(title)): title for title in titles[1:]}
        self.calls = self.ways[titles[0]]

    def __enter__(self):
        threading.setprofile(self._on_event)
        sys.setprofile(self._on_event)
        return self

    def __exit__(self, *_error):
        sys.setprofile(None)
        threading.setprofile(None)
        self.left[self.title] = self.disk()

    def _on_event(self, frame, event, _argument):
        if event == "call" and frame.f_code.co_filename.startswith(OURS):
            stack = [*self._below(frame)][::-1]
            if stack[-1] in self.begin:
                self.left[self.title] = self.disk()
                self.title = self.begin.pop(stack[-1])
                self.calls = self.ways[self.title] = {}
            self.calls.setdefault(stack[-1], stack)

    def _below(self, frame):
        while frame is not None:
            path = frame.f_code.co_filename
            if path.startswith(OURS):
                yield path.removeprefix(OURS).replace(os.sep, "/"), frame.f_code.co_name
            frame = frame.f_back


@pytest.fixture(scope="module")
def travelled():
    """What was called of ours, and what was on the disk thereafter, each by the titles of the page."""
    folder = ledger_for(practice=True).folder
    before = {*folder.glob("*.json")}

    def disk():
        new = {*folder.glob("*.json")} - before
        return [json.loads(path.read_text(encoding="utf-8"))["state"] for path in new]

    form = LaunchForm({**MINIMAL, "ports": [{"port": 80, "protocol": "http"}]}, practice=True, language="en")
    try:
        with Watched(disk, KEY) as typed:
            type_into(find(form, "Port 1"), "8080")
        with Watched(disk, *LAUNCHED) as launched:
            press(find(form, "Launch"))
            answer(form, "Yes, launch it")
            until(lambda: [*told(CARD)][-1] in launched.ways.get(CARD, ()), "a card of the instance")
        assert form.session.launch.plan.body["ports"] == [{"port": 8080, "protocol": "http"}]
        form.session.launch.stop_following()
    finally:
        form.close()
    return typed.ways | launched.ways, typed.left | launched.left


@pytest.fixture(scope="module")
def ways(travelled):
    return travelled[0]


def modules(stack):
    """The modules of a stack in their order, those behind each other as one."""
    found = [module for module, _name in stack if module not in AROUND]
    return [module for number, module in enumerate(found) if found[number - 1 : number] != [module]]


@pytest.mark.parametrize("title", TITLES)
def test_a_port_goes_the_way_that_is_told(ways, title):
    calls, way = ways[title], [*told(title)]
    assert [one for one in way if one not in calls] == [], "these are not called"
    stack = calls[way[-1]]
    inside = [one for one in way if one in stack]
    assert sorted(inside, key=stack.index) == inside, "each is called by the one before"
    assert [one for one in modules(stack) if one not in {module for module, _name in way}] == [], "not told"


@pytest.mark.parametrize("title", TITLES)
def test_on_the_disk_is_what_is_told(travelled, title):
    said = re.search(r"^On the disk: (?:nothing|.*?`(\w+)`)", below(title), re.MULTILINE)
    assert travelled[1][title] == [state for state in said.groups() if state]


def test_both_languages_tell_the_same_way():
    assert len(rows(PAGES["en"])) > 20
    assert rows(PAGES["en"]) == rows(PAGES["zh"])


def test_the_way_is_short_and_an_answer_never_turns_back(ways):
    named = AROUND | {module for title in ways for module, _name in told(title)}
    assert len(named) <= 30
    back = modules(ways[CARD][[*told(CARD)][-1]])
    assert len(back) == len({*back})
