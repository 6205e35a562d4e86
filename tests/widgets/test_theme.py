"""Looks: what a stylesheet may say, and what a model is opened with."""

import re
from importlib.resources import files

import comm
import ipywidgets
from comm.base_comm import BaseComm

from ppio_widgets.widgets import theme

SHEETS = sorted(files("ppio_widgets").joinpath("widgets").rglob("*.css"))


def test_every_size_of_a_text_follows_jupyterlab():
    """Sizes in pixels would ignore its settings and its presentation mode; a fallback elsewhere may be one."""
    said = [
        (sheet.name, found)
        for sheet in SHEETS
        for found in re.findall(r"[\w-]*font(?:-size)?\s*:[^;}]*", sheet.read_text(encoding="utf-8"))
    ]
    assert len(said) > 10
    fixed = [
        (name, found)
        for name, found in said
        if re.search(r"\d(?:px|pt|rem)", re.sub(r"var\([^)]*\)", "", found))
    ]
    assert fixed == []


def test_a_model_is_opened_without_what_it_says_nothing_of_and_told_again_with_all(monkeypatch):
    sent = []

    class Heard(BaseComm):
        def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
            sent.append((msg_type, data or {}))

    monkeypatch.setattr(comm, "create_comm", Heard)
    made = theme.control(ipywidgets.Text, "x", description="Name")
    try:
        opened = next(data["state"] for kind, data in sent if data.get("state", {}).get("description"))
        left_out = made.keys - opened.keys()
        assert left_out == {"_view_count", "tabbable", "tooltip"}
        assert all(getattr(made, name) is None for name in left_out)
        theme.tell_again(made)
        assert sent[-1][1]["state"].keys() == set(made.keys)
    finally:
        made.close()
        for look in vars(theme.looks()).values():
            look.close()
