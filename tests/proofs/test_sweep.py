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
from ppio_widgets.cards.lists import wire_card
from ppio_widgets.cloud.client import Target
from ppio_widgets.formats.diff import changes
from ppio_widgets.formats.imported import Imported
from ppio_widgets.formats.line.parser import read_line
from ppio_widgets.formats.reading import read_any
from ppio_widgets.formats.writing import FORMATS, write
from ppio_widgets.launches.history import launches
from ppio_widgets.launches.importing import Disk
from ppio_widgets.launches.launch import Launch
from ppio_widgets.launches.ledger import ledger_for
from ppio_widgets.launches.plan import LaunchPlan
from ppio_widgets.launches.presets import load_preset, presets_folder, save_preset
from ppio_widgets.locale.words import LANGUAGES, words
from tests.support.bodies import MINIMAL
from tests.support.sentences import sentence_of
from tests.support.sweep import ENV_SECRET, KEY, forms, hits
from tests.support.wire import (
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
    seen = [
        sentence_of(launch),
        repr(launch),
        launch._repr_html_(),
        str(launch.plan),
        repr(launch.record),
        repr(vars(launch)),
        *(str(wire_card(launch.wire, words(language)).as_html(words(language))) for language in LANGUAGES),
        repr(launch.wire),
        repr(list(launch.wire)),
        str(launch.wire),
    ]
    seen += [sentence_of(launch, words(language)) for language in ("en", "zh")]
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


# Every way to say in a body "the secret is in the environment, or in that file"; the key is said beside it.
REFERRING = {
    "EnvRef": lambda: BODY,
    "--env NAME": lambda: read_line("--env HF_TOKEN", eval).draft,
    "--env-file": lambda: read_line("--env-file my.env", eval, outside=Disk()).draft,
    "--preset": lambda: load_preset("mine"),
    "a line that was pasted": lambda: read_any("%ppio_launch --env HF_TOKEN"),
    "a preset's text": lambda: read_any((presets_folder() / "mine.json").read_text()),
    "docker -e NAME": lambda: read_any(f"PPIO_API_KEY={KEY} docker run -e HF_TOKEN -l '{KEY}' img"),
    "docker -e $NAME": lambda: read_any(f"docker -H {KEY} run -e \"HF_TOKEN=$HF_TOKEN\" img && echo '{KEY}'"),
    "docker --env-file": lambda: read_any("docker run --env-file my.env img", outside=Disk()),
    "curl": lambda: read_any(
        f"curl api.ppio.com/gpus/v2/instances -H 'Authorization: Bearer {KEY}' -u '{KEY}' -d @- <<END\n"
        '{"envs": [{"key": "HF_TOKEN", "value": "$HF_TOKEN"}]}\nEND'
    ),
}


@pytest.fixture
def at_hand(monkeypatch, tmp_path):
    """Both are in the environment, the secret in a file as well, and both were typed into a preset."""
    monkeypatch.setenv("HF_TOKEN", ENV_SECRET)
    monkeypatch.setenv("PPIO_API_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.env").write_text(f"HF_TOKEN={ENV_SECRET}\n", encoding="utf-8")
    typed = [{"key": "HF_TOKEN", "value": ENV_SECRET}, {"key": "A", "value": f"Bearer {KEY}"}]
    assert save_preset("mine", {**MINIMAL, "envs": typed}).made_refs == ("HF_TOKEN", "A")


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize("way", REFERRING)
def test_every_way_to_refer_to_it_and_every_face_of_what_comes_of_that(way, caplog):
    caplog.set_level(logging.DEBUG)
    said = REFERRING[way]()
    body = {**MINIMAL, **(said.draft if isinstance(said, Imported) else said)}
    assert check(body).require().body()["envs"][0]["value"] == EnvRef("HF_TOKEN")
    client = PpioClient()
    plan = LaunchPlan(check(body), Target.of(client))
    typed = {**MINIMAL, "envs": [{"key": "HF_TOKEN", "value": ENV_SECRET}]}
    differing = [
        *changes(MINIMAL, body),
        *changes(typed, body),
        *changes(body, typed),
        *changes(typed, MINIMAL),
    ]
    save_preset("again", body)
    seen = [repr(said), str(plan), json.dumps(plan._repr_mimebundle_()), repr(client), repr(differing)]
    seen += [repr(vars(one)) for one in differing]
    for say in map(words, LANGUAGES):
        seen += [write(body, name, say, practice=practice) for name in FORMATS for practice in (False, True)]
        seen += [one.sentence(say) for one in differing]
        seen += [one.sentence(say) for one in getattr(said, "left_out", ())]
    seen += [path.read_text() for path in presets_folder().iterdir()]
    seen += [caplog.text, repr(pickle.dumps([body, said]))]
    assert "HF_TOKEN" in seen[-3]
    assert differing
    assert hits("\n".join(seen)) == []


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize(
    "refused",
    [
        lambda: read_any(f"%ppio_launch --api-key {KEY}"),
        lambda: read_line("--env-file broken.env", eval, outside=Disk()),
        lambda: read_line("--env-file other.env", eval, outside=Disk()),
        lambda: read_line("--body broken.json", eval, outside=Disk()),
        lambda: save_preset("secret", {**MINIMAL, "command": f"login --token {ENV_SECRET}"}),
        lambda: save_preset("secret", {**MINIMAL, KEY: 1}),
        lambda: load_preset("broken"),
        lambda: read_any(f'{{"envs": [{{"key": "HF_TOKEN", "value": "{ENV_SECRET}"}},]}}'),
        lambda: read_any(f"docker run -e HF_TOKEN='{ENV_SECRET}' -p '{KEY}' img"),
        lambda: read_any(f"docker run --env-file my.env -v '{KEY}' img", outside=Disk()),
        lambda: read_any(f"curl -u '{KEY}' https://api.ppio.com/gpus/v2/instances -d '{ENV_SECRET}'"),
    ],
)
def test_no_refusal_says_what_it_refuses(refused, tmp_path):
    (tmp_path / "broken.env").write_text(f"A=1\nHF TOKEN {ENV_SECRET}\n", encoding="utf-8")
    (tmp_path / "other.env").write_text(f"HF_TOKEN={ENV_SECRET}!\nMY.TOKEN={KEY}\n", encoding="utf-8")
    (tmp_path / "broken.json").write_text(f'{{"name": "{ENV_SECRET}" "{KEY}"}}', encoding="utf-8")
    (presets_folder() / "broken.json").write_text(f'{{"name": "{ENV_SECRET}" "{KEY}"}}', encoding="utf-8")
    with pytest.raises(PpioError) as caught:
        refused()
    error = caught.value
    seen = [all_that_shows(error, with_locals=False), *error._render_traceback_(), repr(pickle.dumps(error))]
    seen += [error.sentence(words(language)) for language in LANGUAGES]
    assert hits("\n".join(seen)) == []


def test_the_sweep_finds_what_it_looks_for():
    for secret in (KEY, ENV_SECRET):
        for form in forms(secret):
            assert hits(f"before {form} after")
