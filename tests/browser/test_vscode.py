"""VS Code's page, as far as its policy and its colours go: a form has its theme, and no text is pale."""

from __future__ import annotations

import sys
from pathlib import Path

import ipywidgets as w
import pytest
from ipywidgets.embed import dependency_state, embed_data
from playwright.sync_api import expect

from ppio_widgets import InstanceBoard, LaunchForm, PpioClient
from tests.support.bodies import MINIMAL

from .access import pale
from .conftest import PATIENCE, new_page, until

EXTENSION = Path(sys.prefix, "share/jupyter/nbextensions/jupyter-js-widgets/extension.js")
PLAIN = Path(__file__).with_name("plain.js").read_text(encoding="utf-8")
# Of notebooks' outputs, where `notebook.experimental.enableCsp` is on.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline';"
    " img-src https: http: data:; font-src https:; connect-src https:; child-src https: data:"
)
# Dark Modern, Light Modern, Dark High Contrast, Light High Contrast: background, text, link, focus, border.
THEMES = {
    "vscode-dark": ("#1f1f1f", "#cccccc", "#4daafc", "#0078d4", "#313131"),
    "vscode-light": ("#ffffff", "#3b3b3b", "#005fb8", "#005fb8", "#e5e5e5"),
    "vscode-high-contrast": ("#000000", "#ffffff", "#21a6ff", "#f38518", "#6fc3df"),
    "vscode-high-contrast-light": ("#ffffff", "#292929", "#0f4a85", "#006bbd", "#0f4a85"),
}
NAMES = (
    "editor-background",
    "editor-foreground",
    "textLink-foreground",
    "focusBorder",
    "editorWidget-border",
)
# What the Jupyter extension has below widgets.
PANEL = ".cell-output-ipywidget-background { background: white !important; }"
# ipywidgets brings JupyterLab's variables along; what does not is another front end of this kind.
WITHOUT_JUPYTER = """() => {
  const all = [...document.querySelectorAll('style')];
  const sheets = all.filter((one) => /--jp-layout-color1:/.test(one.textContent));
  for (const one of sheets) one.remove();
  return sheets.length;
}"""


@pytest.fixture
def page(chromium):
    page = new_page(chromium)
    yield page
    page.context.close()


@pytest.fixture
def client(practice):
    with PpioClient(base_url=practice.url) as client:
        yield client


def shown(page, theme, view):
    """A view on a page like VS Code's, in one of its themes."""
    colours = "".join(
        f"--vscode-{name}: {colour};" for name, colour in zip(NAMES, THEMES[theme], strict=True)
    )
    page.set_content(f"""<!doctype html><html style="{colours}"><head>
        <meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{PANEL}
        body {{ background: var(--vscode-editor-background) }}</style></head>
        <body class="{theme}" data-vscode-theme-kind="{theme}">
        <div class="cell-output-ipywidget-background">""")
    page.evaluate("window.define = (needed, make) => { window.extension = make; }")
    page.add_script_tag(content=EXTENSION.read_text(encoding="utf-8"))
    state = dependency_state(view, drop_defaults=False)
    data = embed_data(view, state=state)
    page.evaluate(PLAIN, {"state": data["manager_state"], "views": data["view_specs"]})
    root = page.locator(".ppw")
    expect(root).to_be_visible(timeout=PATIENCE)
    return root


def is_legible(root, theme):
    """The panel has the theme's colour, no text is pale, with and without JupyterLab's variables."""
    background = "rgb({}, {}, {})".format(*bytes.fromhex(THEMES[theme][0][1:]))
    panel = root.page.locator(".cell-output-ipywidget-background")
    expect(panel).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    expect(root).to_have_css("background-color", background)
    faults, looked = pale(root)
    assert looked["text"] > 25
    assert faults == []
    assert root.page.evaluate(WITHOUT_JUPYTER) > 0
    assert pale(root)[0] == []


@pytest.mark.parametrize("theme", THEMES)
def test_a_form_has_the_colours_of_the_theme(page, client, theme):
    body = {**MINIMAL, "product_id": "a100-80g", "name": "code", "envs": [{"key": "A=", "value": "b"}]}
    form = LaunchForm(body, client=client)
    try:
        form.appear()
        until(lambda: form.session.offer is not None, "its product is known")
        root = shown(page, theme, form)
        expect(root.get_by_role("textbox", name="Name", exact=True)).to_have_value("code")
        is_legible(root, theme)
    finally:
        form.close()


def test_a_widget_beside_ours_keeps_the_panel_it_was_made_for(page, client):
    form = LaunchForm(MINIMAL, client=client)
    try:
        root = shown(page, "vscode-dark", w.VBox([w.Label("other"), form]))
        panel = page.locator(".cell-output-ipywidget-background")
        expect(panel).to_have_css("background-color", "rgb(255, 255, 255)")
        assert pale(root)[0] == []
    finally:
        form.close()


def test_a_board_has_them_as_well(page, client, practice):
    identity = practice.cloud.one.create({**MINIMAL, "name": "code", "product_id": "a100-80g"})["id"]
    board = InstanceBoard(client=client)
    try:
        board.appear()
        until(lambda: board.session.page.rows, "its rows are known")
        is_legible(shown(page, "vscode-dark", board), "vscode-dark")
    finally:
        board.close()
        practice.cloud.one.act(identity, "delete")
