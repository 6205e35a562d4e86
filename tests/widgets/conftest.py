"""A front end without a browser: real widgets, every message counted, no exception swallowed."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import threading

import comm
import ipywidgets
import pytest
from comm.base_comm import BaseComm
from ipywidgets.widgets.widget import _instances

from ppio_widgets import LaunchForm, PpioClient
from ppio_widgets.practice import transport
from ppio_widgets.practice.account import PracticeAccount
from ppio_widgets.practice.transport import PracticeTransport
from ppio_widgets.widgets import theme
from tests.support.clock import Clock
from tests.support.consent import let_read
from tests.support.fixtures import starved
from tests.support.practice import KEY as PRACTICE_KEY
from tests.support.practice import OneAccount
from tests.support.threads import wait_for_threads
from tests.support.wire import REAL_KEY

__all__ = ["starved"]

# Of every look there is one of these.
STYLED = (
    ipywidgets.Button,
    ipywidgets.Checkbox,
    ipywidgets.Dropdown,
    ipywidgets.HTML,
    ipywidgets.Text,
    ipywidgets.ToggleButton,
    ipywidgets.ToggleButtons,
)


# What stands on the button while there is a price or a product, and while there is none.
LAUNCH = ("Launch", "创建实例")
CHOOSE = ("Choose a GPU", "Choose a CPU product", "请选择 GPU", "请选择 CPU 产品")


class Wire(list):
    """The messages sent to the front end: pairs of kind and size in bytes."""

    def count(self, kind=None):
        return sum(kind in (None, one) for one, _ in self)

    def size(self):
        return sum(size for _, size in self)


# The widgets that were there before the test that runs: other rooms of the tests leave theirs.
_EARLIER: set[str] = set()


def states():
    """What a page would save of each widget that the test that runs has made, by its model's id."""
    return {key: one.get_state() for key, one in list(_instances.items()) if key not in _EARLIER}


def is_kept(text):
    """Whether any of those widgets would save a text with the notebook."""
    return text in json.dumps(states(), default=str, ensure_ascii=False)


@pytest.fixture
def wire(monkeypatch):
    sent = Wire()

    class RecordingComm(BaseComm):
        def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
            content = {"comm_id": self.comm_id, "data": data, **keys}
            sent.append((msg_type, len(json.dumps(content, ensure_ascii=False).encode())))

    monkeypatch.setattr(comm, "create_comm", RecordingComm)
    theme.looks().shared()
    for kind in STYLED:
        theme.looks().shared(kind.style.klass)
    before = set(_instances)
    _EARLIER.clear()
    _EARLIER.update(before)
    yield sent
    for look in vars(theme.looks()).values():
        look.close()
    assert set(_instances) - before == set(), "a test left widgets open"
    assert [one for one in _instances.values() if one.comm is None] == [], "a closed widget is still known"


@pytest.fixture(autouse=True)
def nothing_is_swallowed(caplog):
    """`Button.click` and message handlers only log what they catch."""
    with caplog.at_level(logging.DEBUG, "ppio_widgets"):
        yield
    # What is told in `records` alone is of the end of the test only.
    logged = [*caplog.get_records("setup"), *caplog.get_records("call"), *caplog.records]
    assert [record for record in logged if record.levelno >= logging.ERROR] == []


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def account(clock):
    return PracticeAccount(clock)


class CountingTransport(PracticeTransport):
    """The practice cloud, counting creates; `hold` keeps an answer back."""

    def __init__(self, account):
        super().__init__(OneAccount(account))
        self.posts = 0
        self.hold = None
        self.arrived = threading.Event()

    def handle_request(self, request):
        if request.method == "POST":
            self.posts += 1
            self.arrived.set()
            if self.hold is not None:
                assert self.hold.wait(10)
        return super().handle_request(request)


@pytest.fixture
def cloud(account):
    return CountingTransport(account)


@pytest.fixture
def client(cloud):
    return PpioClient(PRACTICE_KEY, base_url="http://localhost", transport=cloud, practice=True)


@pytest.fixture
def live(cloud, monkeypatch):
    """A client of what it takes for a real cloud: its key is no practice key."""
    monkeypatch.setattr(transport, "is_practice_key", lambda _key: True)
    return PpioClient(REAL_KEY, base_url="http://localhost", transport=cloud)


@pytest.fixture
def make_form(wire, client):
    forms = []

    def make(value=None, **options):
        options.setdefault("client", client)
        options.setdefault("language", "en")
        forms.append(LaunchForm(value, **options))
        return forms[-1]

    yield make
    for form in forms:
        form.close()


@pytest.fixture
def form(make_form):
    return make_form()


def displayed(form):
    """The form on a screen, with all that it loads."""
    form._repr_mimebundle_()
    wait_for_threads("ppio-catalogue", "ppio-names")
    return form


def until(condition, what):
    """Wait for what comes on a thread of its own."""
    patience = threading.Event()
    for _ in range(2000):
        if condition():
            return
        patience.wait(0.005)
    raise AssertionError(f"not in time: {what}")


def shows(form, text):
    """Wait until the form shows a text."""
    until(lambda: text in shown(form), f"{text!r} is shown")


def every(widget):
    """A widget and all within it, in reading order."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from every(child)


def find_all(form, description):
    """Controls by the name that a person reads on them, also with a row's number.

    Launch has the price on it, and says what to choose first while there is no product.
    """
    name = re.compile(rf"{re.escape(description)}( \d+| · [^ ]*\d[^ ]*)?")
    found = [one for one in every(form) if name.fullmatch(getattr(one, "description", None) or "")]
    if description in LAUNCH and not found:
        found = [one for one in every(form) if getattr(one, "description", "") in CHOOSE]
    return found


def find(form, description, number=0):
    """A control by its name; the section or the menu in which it stands is opened."""
    found = find_all(form, description)
    if not found:
        open_menus(form)
        found = find_all(form, description)
    if len(found) <= number and isinstance(form, LaunchForm):
        open_sections(form)
        found = find_all(form, description)
    assert len(found) > number, f"{description!r} is not on the form"
    return found[number]


def open_menus(view):
    """Open the menus of all cards."""
    for one in list(every(view)):
        if "ppw-more" in one._dom_classes and getattr(one, "value", None) is False:
            type_into(one, True)


def open_sections(form, *names):
    """Open the closed sections of a form: those of these names, else all."""
    for one in every(form):
        if "ppw-section" in one._dom_classes and not one.value and (not names or one.description in names):
            message(one, {"method": "update", "state": {"value": True}, "buffer_paths": []})


def choose_product(form, product_id):
    """Choose a product by its id: type it into the filter, and press Enter."""
    text = find(form, "Search products")
    type_into(text, product_id)
    message(text, {"method": "custom", "content": {"event": "submit"}})


def table(form):
    """The products as rows, of which one is chosen."""
    return next(one for one in every(form) if "ppw-offers" in one._dom_classes)


def type_into(widget, text):
    """Change a control as the front end does; among segments, what is none of them is typed beside them."""
    if isinstance(widget, ipywidgets.RadioButtons):
        values = [value for _words, value in widget.options]
        is_known = text in values
        state = {"index": values.index(text) if is_known else len(values) - 1}
        message(widget, {"method": "update", "state": state, "buffer_paths": []})
        if is_known:
            return
        [box] = [one for one in _instances.values() if widget in getattr(one, "children", ())]
        widget = box.children[box.children.index(widget) + 1]
    message(widget, {"method": "update", "state": {"value": text}, "buffer_paths": []})


def choose(widget, value):
    index = [option[1] if isinstance(option, tuple) else option for option in widget.options].index(value)
    message(widget, {"method": "update", "state": {"index": index}, "buffer_paths": []})


def press(button):
    message(button, {"method": "custom", "content": {"event": "click"}})


def click(model_id):
    """Click as a page does, which knows a button by its id alone; one that is gone hears nothing."""
    data = {"method": "custom", "content": {"event": "click"}}
    comm.get_comm_manager().comm_msg(
        None, None, {"content": {"comm_id": model_id, "data": data}, "buffers": []}
    )


def answer(view, words):
    """Answer a question, once it stands there and could be read: other words may come before it."""
    until(lambda: _stands(view, words), f"{words!r} can be answered")
    let_read()
    press(find(view, words))


def _stands(view, words):
    session = getattr(view, "session", None)
    with session.lock if session is not None else contextlib.nullcontext():
        return find_all(view, words)


def message(widget, data):
    widget._handle_msg({"content": {"data": data}, "buffers": []})


def shown(form):
    """All HTML on the form; what one change draws is seen as a whole."""
    session = getattr(form, "session", None)
    with session.lock if session is not None else contextlib.nullcontext():
        text = "\n".join(one.value for one in every(form) if isinstance(one, ipywidgets.HTML))
    assert not re.search(r"&lt;(?:style|p|dl|div|span|img alt)\b", text), "our own markup is shown as text"
    return text
