"""A model is opened by what differs from the page's own defaults: those of ipywidgets' own script."""

import json
import re
import sys
from pathlib import Path

import ipywidgets as w
import pytest

from ppio_widgets.widgets import theme

KINDS = (
    w.Box,
    w.Button,
    w.Checkbox,
    w.Combobox,
    w.Dropdown,
    w.HTML,
    w.Password,
    w.RadioButtons,
    w.Text,
    w.Textarea,
    w.ToggleButton,
    w.ToggleButtons,
)
STYLES = {kind.style.klass for kind in KINDS if hasattr(kind, "style")}
BUNDLE = Path(sys.prefix, "share/jupyter/labextensions/@jupyter-widgets/jupyterlab-manager/static")
# What every box and control has beside what its class says (DOMWidgetModel, WidgetModel).
ROOT = {"_dom_classes": [], "tabbable": None, "tooltip": None, "_view_count": None, "layout": None}
# Told with each model, or written by the bundler in its own way.
APART = ("_model_module", "_model_module_version", "_view_module", "_view_module_version", "index")

CLASS = re.compile(r"class ([\w$]+) extends ([\w$.]+)\{")
DEFAULTS = re.compile(r"defaults\(\)\{return [^;{}]*\{\},super\.defaults\(\)\),\{([^{}]*)\}")
ENTRY = re.compile(r'([\w$]+):("(?:[^"\\]|\\.)*"|\[\]|[^,]+)')
LITERALS = {"!0": True, "!1": False, "null": None, "[]": []}


class Absent:
    """What a page has no default for."""


def read(text):
    return json.loads(text) if text.startswith('"') else LITERALS.get(text, text)


@pytest.fixture(scope="module")
def scripts():
    found = [file.read_text(encoding="utf-8") for file in sorted(BUNDLE.glob("*.js"))]
    assert found, "ipywidgets brings its script along"
    return found


def defaults_of(model, scripts):
    """What a page has for a model that it was told nothing of, from its class and those above it."""
    for script in scripts:
        places = [*CLASS.finditer(script)]
        ends = [place.start() for place in places[1:]] + [len(script)]
        said = [DEFAULTS.search(script, place.end(), end) for place, end in zip(places, ends, strict=True)]
        entries = [dict(ENTRY.findall(one[1])) if one else {} for one in said]
        at = next((n for n, one in enumerate(entries) if one.get("_model_name") == f'"{model}"'), None)
        if at is not None:
            return {**ROOT, **_with_bases(at, places, entries)}
    raise AssertionError(f"{model} is in none of the scripts")


def _with_bases(at, places, entries):
    base = places[at][2]
    above = next((n for n in range(at - 1, -1, -1) if places[n][1] == base), None)
    own = {name: read(text) for name, text in entries[at].items()}
    return own if above is None else {**_with_bases(above, places, entries), **own}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_is_not_told_is_what_a_page_takes_it_for(kind, scripts):
    known = theme.lean(kind).known
    page = defaults_of(kind.class_traits()["_model_name"].default_value, scripts)
    assert len(page) > len(ROOT), "its own defaults were found"
    told = {}
    for name, (_write, usual) in known.items():
        if name not in APART and isinstance(usual, str | int | bool | type(None)):
            told[name] = usual
    assert told
    assert {name: page.get(name, Absent) for name in told} == told


def test_of_a_style_and_a_layout_nothing_is_said_by_itself(scripts):
    """There, no text and nothing come to the same: neither is a rule."""
    script = "".join(scripts)
    found = re.findall(r'([\w$]+):\{selector:"[^"]*",attribute:"[^"]*",default:([^}]*)\}', script)
    styles = {name: read(text) for name, text in found}
    [layout] = set(re.findall(r"\{(align_content:null,[^}]*)\}", script))
    page = {**styles, **{name: read(text) for name, text in ENTRY.findall(layout)}}
    for kind in (*STYLES, w.Layout):
        for name, (_write, usual) in theme.lean(kind).known.items():
            if not name.startswith("_"):
                assert (usual or None, page[name] or None) == (None, None), (kind, name)


@pytest.mark.parametrize("kind", [w.Button, w.ToggleButton], ids=lambda kind: kind.__name__)
def test_a_button_without_a_tooltip_has_none_when_the_page_is_loaded_anew(kind, wire):
    """A page that asks later gets the whole state: of no tooltip it would make the words, or "null"."""
    made = theme.control(kind, description="Launch")
    assert made.get_state()["tooltip"] == ""
    made.close()
