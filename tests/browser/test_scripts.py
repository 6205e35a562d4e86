"""The constant scripts of views, in a page without a kernel."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from ppio_widgets.widgets import theme
from tests.browser.conftest import new_page

FOLDER = Path(theme.__file__).parent
SCRIPTS = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.js"))
# Puts text into a page and replaces it before its image can fail to load; returns what went wrong then.
REPLACED = """async text => {
    const faults = [];
    addEventListener('error', ({message}) => faults.push(message));
    const place = document.body.appendChild(document.createElement('div'));
    place.innerHTML = text;
    const failed = [...place.querySelectorAll('img')].map(
        image => new Promise(done => image.addEventListener('error', done)));
    place.innerHTML = '';
    await Promise.all(failed);
    return [failed.length, faults];
}"""


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_whose_place_was_drawn_anew_does_nothing(chromium, name):
    page = new_page(chromium)
    with closing(page.context):
        text = theme.script() + theme.script(name)
        assert page.evaluate(REPLACED, f"<p>before</p>{text}") == [2, []]
