"""What a person with a screen reader, a keyboard, a magnifier or tired eyes meets, judged in the page."""

from __future__ import annotations

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

THEMES = ("JupyterLab Light", "JupyterLab Dark")
_PALE = (Path(__file__).parent / "pale.js").read_text(encoding="utf-8")
_RUN = """async root => {
    const {passes, violations} = await axe.run(root, {resultTypes: ['violations']});
    return [passes.length, violations.flatMap(({id, nodes}) =>
        nodes.map(({html, failureSummary}) => `${id}: ${html.slice(0, 160)} ${failureSummary}`))];
}"""


def choose_theme(page, name):
    """Choose a theme of JupyterLab, and wait until its colours are there."""
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
    page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)


def violations(root, state):
    """What axe finds in a view, and what is pale there, a line each; the theme that is there comes first."""
    page, found = root.page, []
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    here = page.evaluate("document.body.dataset.jpThemeName")
    for theme in sorted(THEMES, key=lambda one: one != here):
        choose_theme(page, theme)
        passed, bad = root.evaluate(_RUN)
        assert passed, "it looked at something"
        found += [f"{state}, {theme}: {one}" for one in (*bad, *pale(root)[0])]
    return found


def pale(root):
    """What has too little contrast in a view, and how much of each kind was looked at."""
    return root.evaluate(_PALE)
