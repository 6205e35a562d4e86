"""What a person with a screen reader, a keyboard, a magnifier or tired eyes meets, judged in the page."""

from __future__ import annotations

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

THEMES = ("JupyterLab Dark", "JupyterLab Light")
# Ours alone: the page around it is JupyterLab's.
OURS = ".jp-Notebook .ppw"
_PALE = (Path(__file__).parent / "pale.js").read_text(encoding="utf-8")


def choose_theme(page, name):
    """Choose a theme of JupyterLab, and wait until its colours are there."""
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
    page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)


def violations(page, state, themes=THEMES):
    """What axe finds in the views of the page, a line each; the last theme stays."""
    found = []
    for theme in themes:
        choose_theme(page, theme)
        response = Axe().run(page, OURS, {"resultTypes": ["violations"]}).response
        assert response["passes"], "it looked at something"
        found += [
            f"{state}, {theme}: {rule['id']}: {node['html'][:160]} {node['failureSummary']}"
            for rule in response["violations"]
            for node in rule["nodes"]
        ]
    return found


def pale(page):
    """What has too little contrast in the views of the page, and how much of each kind was looked at."""
    return page.evaluate(_PALE, OURS)
