"""The secret sweep: through every fault, nothing that can be seen holds the key or the secret."""

import base64
import html
import json
import logging
import pickle
import traceback
from urllib.parse import quote

import pytest
from IPython.core.ultratb import VerboseTB

from ppio_widgets import EnvRef, PpioClient, PpioError, check
from ppio_widgets.api import finish
from ppio_widgets.launcher.launch import Launch
from ppio_widgets.launcher.ledger import ledger_for
from ppio_widgets.launcher.plan import LaunchPlan, Target
from ppio_widgets.launcher.recovery import launches
from ppio_widgets.locale import words
from tests.bodies import MINIMAL
from tests.sweep import ENV_SECRET, KEY, forms, hits
from tests.unit.wire import (
    all_that_shows,
    breaks_off_within_the_answer,
    closed_port,
    closes_after_reading,
    faulty,
    listing,
    nothing_there,
    packed,
    resets_after_reading,
    resets_before_reading,
    row,
    says,
    speaks_no_http,
    wait_for_launches,
)

pytestmark = pytest.mark.usefixtures("quick")

BODY = {**MINIMAL, "envs": [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}, {"key": "A", "value": "1"}]}


def echoes(status, shape="json"):
    """Answer with everything that was received, in every encoding."""

    def play(server, connection):
        request = server.read(connection)
        if request is None:
            return
        everything = request.headers.get("authorization", "") + request.content.decode()
        for secret in (KEY, ENV_SECRET):
            raw = secret.encode()
            everything += f" {quote(secret)} {base64.b64encode(raw).decode()} {secret!r} {json.dumps(secret)}"
            everything += f" {base64.b64encode(b'Bearer ' + raw).decode()} {html.escape(secret)}"
        if shape == "json":
            answer = {"message": everything, "reason": everything[:200], "metadata": {"echo": everything}}
        elif shape == "nested":
            answer = {"error": {"message": everything}}
        elif shape == "id":
            answer = {"id": 5, "echo": everything}
        else:
            answer = None
        text = (
            f"<html><body>{everything}</body></html>".encode()
            if answer is None
            else json.dumps(answer).encode()
        )
        connection.sendall(packed(status, text))

    return play


FAULTS = {
    "launched": [says(200, {"id": "i-1", "status": "running"})],
    "refused in json": [echoes(400)],
    "refused in nested json": [echoes(422, "nested")],
    "refused in html": [echoes(403, "html")],
    "not the key": [echoes(401)],
    "too many": [echoes(429)],
    "redirect": [echoes(307)],
    "broken server": [echoes(500), echoes(500)],
    "a page instead": [echoes(200, "html"), echoes(200, "html")],
    "no id": [echoes(200, "id"), echoes(404)],
    "reset before": [resets_before_reading, nothing_there],
    "reset after": [resets_after_reading, listing(row("demo"), row("other", "i-2"))],
    "closed": [closes_after_reading, echoes(200)],
    "cut": [breaks_off_within_the_answer, echoes(403, "html")],
    "no http": [speaks_no_http, nothing_there],
    "status that repeats": [
        says(200, {"id": "i-1"}),
        says(
            200, {"id": "i-1", "status": {"status": "exited", "error": KEY, "message": f"bad {ENV_SECRET}"}}
        ),
    ],
}


def of(launch, error):
    """Everything that can be seen of a launch and of what went wrong."""
    seen = [repr(launch), launch._repr_html_(), repr(launch.plan), repr(launch.record), repr(vars(launch))]
    seen += [launch.sentence(words(language)) for language in ("en", "zh")]
    seen += [json.dumps(launch.plan._repr_mimebundle_()), repr(launches())]
    for one in filter(None, (error, launch.error, launch.doubt)):
        seen += [all_that_shows(one), repr(pickle.dumps(one)), "".join(one._render_traceback_())]
        seen += traceback.format_exception(one)
    return seen


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault(fault, caplog, monkeypatch, tmp_path, capfd):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HF_TOKEN", ENV_SECRET)
    error = None
    with faulty(nothing_there, *FAULTS[fault]) as server:
        client = PpioClient(lambda: KEY, base_url=server.url)
        launch = Launch(LaunchPlan(check(BODY), Target.of(client)), client)
        try:
            finish(launch)
        except PpioError as raised:
            error = raised
        launch.wait_for_outcome(10)
        if launch.id:
            launch.wait(10 if fault != "reset after" else 0.1)
        seen = of(launch, error)
        post = next((one for one in server.received if one.method == "POST"), None)
        launch.stop_following()
        wait_for_launches()
        client.close()
    # It was there to be found: the server had both.
    assert fault == "reset before" or ENV_SECRET in json.loads(post.content)["envs"][0]["value"]
    assert fault == "reset before" or post.headers["authorization"] == f"Bearer {KEY}"
    seen += [caplog.text, *(repr(vars(record)) for record in caplog.records), repr(client)]
    seen += [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    seen += capfd.readouterr()
    assert hits("\n".join(seen)) == []
    assert ledger_for(practice=False).get(launch.launch_id).body["envs"] == [
        {"key": "HF_TOKEN"},
        {"key": "A"},
    ]


@pytest.mark.parametrize("mode", ["reads", "creates"])
def test_a_verbose_traceback_of_an_interrupt(mode, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", ENV_SECRET)

    def interrupt(_self, _server, _connection=None):
        raise KeyboardInterrupt

    with faulty(says(200, {})) as server:
        client = PpioClient(KEY, base_url=server.url)
        monkeypatch.setattr("httpcore.ConnectionPool.handle_request", interrupt)
        request = check(BODY).require()
        call = (
            (lambda: client.get_instance("abc"))
            if mode == "reads"
            else lambda: client.create_instance(request)
        )
        with pytest.raises((KeyboardInterrupt, PpioError)) as caught:
            call()
    error = caught.value
    shown = "\n".join(VerboseTB().text(type(error), error, error.__traceback__, 9))
    assert hits(shown + all_that_shows(error)) == []


def test_nothing_leaves_where_the_variable_is_not_set(monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with faulty(nothing_there) as server:
        client = PpioClient(KEY, base_url=server.url)
        launch = Launch(LaunchPlan(check(BODY), Target.of(client)), client)
        with pytest.raises(PpioError, match="HF_TOKEN"):
            finish(launch)
        assert server.received == []


def test_an_unreachable_host(monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HF_TOKEN", ENV_SECRET)
    client = PpioClient(KEY, base_url=f"http://127.0.0.1:{closed_port()}")
    launch = Launch(LaunchPlan(check(BODY), Target.of(client)), client)
    with pytest.raises(PpioError) as caught:
        finish(launch)
    assert hits("\n".join([*of(launch, caught.value), caplog.text])) == []


def test_the_sweep_finds_what_it_looks_for():
    for secret in (KEY, ENV_SECRET):
        for form in forms(secret):
            assert hits(f"before {form} after")
