"""Hostile text in everything that is made of text; its namesake looks at the same in a browser."""

import json
import re
import string
from html import escape, unescape
from html.parser import HTMLParser

import pytest

from ppio_widgets import LaunchForm, PpioClient
from ppio_widgets.cards.html import css_string, esc
from ppio_widgets.cloud.answers import LONGEST_WORDS, plain, read_error
from ppio_widgets.cloud.client import Target
from ppio_widgets.cloud.instances import read_instance
from ppio_widgets.errors import InputError
from ppio_widgets.formats.line.parser import read_line
from ppio_widgets.launches import history, reconcile
from ppio_widgets.launches.launch import Launch
from ppio_widgets.launches.ledger import Record, ledger_for
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.text import visible
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request.draft import to_json
from ppio_widgets.request.validation import check
from ppio_widgets.widgets.form.preview import esc_text
from tests.support.bodies import MINIMAL
from tests.support.hostile import ACTING, TEXTS, spelt
from tests.support.sentences import sentence_of
from tests.support.wire import PATIENCE, launching, listing, row, says, wait_for_launches

OURS = {"div", "p", "b", "i", "u", "s", "pre", "ul", "li", "br", "span", "style", "progress", "img", "h3"}


@pytest.fixture(autouse=True)
def _no_look_by_itself(monkeypatch):
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", ())


@pytest.fixture(params=list(TEXTS))
def text(request):
    return TEXTS[request.param]


class Page(HTMLParser):
    """What a browser would make of HTML: its elements, their attributes, its texts."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        self.tags.append(f"a comment: {data}")

    handle_decl = unknown_decl = handle_pi = handle_comment

    @property
    def text(self):
        return "".join(self.texts)


def whole_body(text):
    """A body with a text wherever one can be, right or wrong."""
    return {
        **dict.fromkeys(("name", "product_id", "image", "type", "entrypoint", "command"), text),
        "registry_auth_id": text,
        "network": {"id": text, "ip": text, text: text},
        "billing": {"mode": text, "prepaid": {"months": text}},
        "resource": {"gpu_num": text, "rootfs_size_gb": 20, "min_cuda_version": text},
        "envs": [{"key": text, "value": text}, {"key": "REF", "value": {"$env": text}}],
        "ports": [{"port": text, "protocol": text}],
        "volumes": [{"type": "network", "id": text, "mount_point": text}, {"type": text}],
        "candidate_regions": [text],
        "tools": {"jupyter": {"enabled": True, "port": text, "protocol": text}},
        text: text,
    }


def is_shown(shown, *expected):
    """Whether a text is in what is shown, and nothing in that can act."""
    assert ACTING.search(shown) is None
    assert [one for one in expected if one not in shown] == []


def test_there_are_33_kinds_and_each_could_do_something():
    assert len(TEXTS) == len(set(TEXTS.values())) == 33
    for text in TEXTS.values():
        assert ACTING.search(text) or re.search(r"[<&\\]|//|\$|%|=|W{4000}", text)


def test_html_holds_it_as_text_and_so_do_attributes(text):
    page = Page(f"<p>{esc(text)}</p><p a=\"{esc(text)}\" b='{esc(text)}'>")
    assert page.text == visible(text)
    assert page.attributes == [("a", visible(text)), ("b", visible(text))]
    assert page.tags == ["p", "p"]
    is_shown(page.text)


def test_a_style_element_holds_it_as_a_string(text):
    css = css_string(text)
    assert not set(css[1:-1]) & set("\"'<>{}();@/\n")
    spelt_out = re.sub(r"\\([0-9a-f]+) ", lambda code: chr(int(code[1], 16)), css[1:-1])
    assert spelt_out == visible(text)


def test_what_is_copied_is_exact(text):
    body = whole_body(text)
    area = esc_text(to_json(body))
    assert "<" not in area
    assert json.loads(unescape(area)) == body
    assert area.encode(), "a message can carry it"


def test_every_sentence_makes_it_visible(text):
    for language in LANGUAGES:
        say = words(language)
        for key, sentence in say._sentences.items():
            names = [part[1] for part in string.Formatter().parse(sentence) if part[1]]
            said = say(key, **dict.fromkeys(names, text))
            is_shown(said, *([visible(text)] if names else []))
            assert said.count("\n") == sentence.count("\n")


def test_a_plan_shows_it_as_text(text):
    plan = LaunchPlan(check(whole_body(text)), Target("gpu.example.com", practice=False))
    bundle = plan._repr_mimebundle_()
    is_shown(bundle["text/plain"], spelt(text)[1:-1])
    page = Page(bundle["text/html"])
    assert set(page.tags) <= OURS
    is_shown(page.text, spelt(text)[1:-1])
    assert ("class", "mathjax_ignore tex2jax_ignore") in page.attributes


def test_the_form_shows_it_as_text_and_can_be_sent(text, client):
    form = LaunchForm(client=client)
    try:
        for body in (whole_body(text), {**MINIMAL, text: text}, {**MINIMAL, "command": text}):
            form.value = body
            form._show_all_errors()
            for widget in every(form):
                state = json.dumps(widget.get_state(), default=str, ensure_ascii=False)
                assert state.encode(), "a message can carry it"
            page = Page(form._preview._html.value)
            assert set(page.tags) <= OURS
            assert [value for name, value in page.attributes if name not in ("class", "hidden")] == []
            is_shown(page.text, spelt(text[:80])[1:-1])
        assert form.session.report.body["command"] == text
    finally:
        form.close()


def every(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from every(child)


def test_a_half_of_a_character_in_a_name_of_a_field_is_said_where_it_is():
    report = check({**MINIMAL, "\udc80": 1, "network": {"\ud800": 1}})
    assert report.request is None
    assert report.errors("en") == {("\udc80",): "The API has no such field: remove it."}
    inner = check({**MINIMAL, "network": {"id": "a", "\ud800": 1}})
    assert list(inner.problems) == [("network", "\ud800")]


@pytest.mark.parametrize(
    "option", ["{}", "--gpus {}", "--port {}", "--billing {}", "--volume {}", "-x{}", "--{}"]
)
def test_a_line_that_cannot_be_read_says_it_visibly(text, option):
    quoted = "'" + text.replace("'", "'\"'\"'") + "'"
    with pytest.raises(InputError) as caught:
        read_line(option.format(quoted) + " --yes x", lambda _expression: None)
    is_shown(str(caught.value))


def sentences(launch):
    """What is shown of a launch, as text; the HTML says it as well, in tags of ours."""
    page = Page(launch._repr_html_())
    assert set(page.tags) <= {"div", "p", "b", "ul", "li", "pre", "code"}
    said = sentence_of(launch)
    assert launch.name in page.text
    assert unescape(escape(said)) == said
    return said


def launched(server, name):
    client = PpioClient(base_url=server.url)
    launch = Launch(LaunchPlan(check({**MINIMAL, "name": name}), Target.of(client)), client)
    launch.submit()
    return launch.wait_for_outcome(PATIENCE)


def test_a_servers_words_are_shown_visibly(text):
    name = text.encode("utf-8", "replace").decode()[:200]
    page = f"<html><body><h1>No</h1><p>{escape(text)}</p></body></html>".encode("utf-8", "surrogatepass")
    said = plain(text)
    with launching(says(400, {"reason": text, "message": text})) as server:
        is_shown(sentences(launched(server, name)), f"{plain(name)} was not launched.", f"{said} [{said}]")
    with launching(says(403, page)) as server:
        is_shown(sentences(launched(server, name)), plain(name), "No ")
    status = {"status": text, "error": text, "message": text}
    with launching(
        says(200, {"id": "i-1"}), says(200, {"id": "i-1", "name": text, "status": status})
    ) as server:
        launch = launched(server, name).wait(PATIENCE)
        is_shown(sentences(launch), f"in progress ({said}) (id i-1). {said} {said}")
    with launching(says(200, {"id": text})) as server:
        launch = launched(server, name)
        is_shown(sentences(launch), "The server said 200 but named no instance.")
        launch.declare_absent(name)
    with launching(says(502, {"error": {"type": text, "message": text}})) as server:
        launch = launched(server, name)
        is_shown(sentences(launch), f"{said} [{said}]")
        launch.declare_absent(name)
    wait_for_launches()


def test_a_listing_that_names_several_is_shown_visibly(text):
    name = text.encode("utf-8", "replace").decode()[:200]
    with launching(says(500, {}), listing(row(name, "i-1"), row(name, "i-2"))) as server:
        launch = launched(server, name)
        is_shown(sentences(launch.look()), plain(name), "It may be one of these: i-1, i-2.")
        launch.declare_absent(name)
    wait_for_launches()


def test_what_is_read_of_a_server_is_one_printable_line(text):
    seen = read_instance(
        {"id": text, "name": text, "status": {"status": text, "message": text}}, asked_for=None
    )
    assert (seen.id, seen.name) == (text, text), "to be compared"
    error = read_error(400, json.dumps({"reason": text, "message": text}).encode())
    for said in (seen.status, seen.message, error.reason, error.message, plain(text)):
        assert said.isprintable()
        assert len(said) <= LONGEST_WORDS


def test_the_ledger_lists_it_visibly(text):
    ledger = ledger_for(practice=False)
    known = ("https://" + text, text, {"name": text}, 0.0)
    ledger.save(Record("open", *known, state=LaunchState.UNKNOWN, candidates=(text,)))
    ledger.save(Record("made", *known, state=LaunchState.SUCCEEDED, instance_id=text))
    shown = repr(history.launches())
    is_shown(shown, f"It may be one of these: {plain(text)}.", f"launched, id {plain(text)} (launch made)")
    assert len(shown.split("\n")) == 2, "one line each"


def test_what_no_file_can_be_called_is_no_record(text):
    assert history.forget(text) is False
