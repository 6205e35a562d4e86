"""Forms of several people in one process: looks, keys and practice clouds of their own."""

from __future__ import annotations

import pytest
from ipywidgets import Password
from ipywidgets.widgets import widget

from ppio_widgets.runtime import kernel
from ppio_widgets.widgets import theme
from tests.support.bodies import MINIMAL
from tests.support.sessions import SERVERS, Visit

from .conftest import every, find, find_all, press, shown, type_into

KEY = "sk_live_0123456789abcd"


@pytest.fixture(params=SERVERS, ids=lambda server: server.__name__)
def host(request, monkeypatch):
    return request.param(monkeypatch)


@pytest.fixture
def no_key(monkeypatch):
    for name in ("PPIO_API_KEY", "PPIO_WIDGETS_PRACTICE", "PPIO_GPU_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(kernel, "takes_input", lambda: False)


def styles(form):
    return {one.style.model_id for one in every(form) if hasattr(one, "style")} | {form.layout.model_id}


def test_forms_of_two_visitors_share_no_look_and_no_practice_account(host, make_form):
    forms, accounts, looks = [], [], []
    visits = Visit(), Visit()
    for visit in visits:
        with host.turn_of(visit):
            forms.append(make_form(MINIMAL, client=None, practice=True))
            accounts.append(forms[-1].session.client.identity[-1])
            looks.append(theme.looks())
    assert not styles(forms[0]) & styles(forms[1])
    assert accounts[0] is not accounts[1]
    for form in forms:
        form.close()
    for look in (part for one in looks for part in vars(one).values()):
        look.close()


def test_a_look_that_the_registry_of_a_page_does_not_know_is_made_anew(make_form, monkeypatch):
    """Solara has a registry for each page: what is not in it is never told to that page."""
    first = make_form(MINIMAL)
    earlier = list(vars(theme.looks()).values())
    with monkeypatch.context() as patched:
        patched.setattr(widget, "_instances", {})
        second = make_form(MINIMAL)
        assert styles(second) <= set(widget._instances)
        assert not styles(second) & styles(first)
        second.close()
        for look in [one for one in vars(theme.looks()).values() if one not in earlier]:
            look.close()
    for look in earlier:
        look.close()


def test_a_server_of_several_people_has_no_sign_in_field_and_says_why(host, make_form, no_key):
    visit = Visit()
    with host.turn_of(visit):
        form = make_form(client=None)
        assert "There is no API key on this server" in shown(form)
        assert not find_all(form, "Sign in to launch for real")
        form.close()
        for look in vars(theme.looks()).values():
            look.close()


def test_a_key_typed_into_the_field_serves_no_visitor(host, make_form, no_key, monkeypatch):
    monkeypatch.setattr(kernel, "is_one_persons", lambda: True)
    form = make_form(MINIMAL, client=None)
    press(find(form, "Sign in to launch for real"))
    (field,) = [one for one in every(form) if isinstance(one, Password)]
    type_into(field, KEY)
    assert not form.session.target.practice
    visit = Visit()
    with host.turn_of(visit):
        other = make_form(MINIMAL, client=None)
        assert other.session.target.practice
        assert KEY[-4:] not in shown(other)
        other.close()
        for look in vars(theme.looks()).values():
            look.close()
