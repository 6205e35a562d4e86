"""Texts and presets as the start of a form, the four faces of its preview, and what changed since."""

import html
import json
import re
import threading
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ipywidgets import Widget
from ipywidgets.widgets.widget import _instances
from markupsafe import escape

from ppio_widgets import EnvRef, LaunchForm, PpioClient
from ppio_widgets.errors import InputError
from ppio_widgets.formats.diff import changes
from ppio_widgets.formats.imported import Imported
from ppio_widgets.launches.importing import import_text
from ppio_widgets.launches.presets import presets_folder, save_preset
from ppio_widgets.locale.words import words
from ppio_widgets.widgets.form import start
from ppio_widgets.widgets.form.start import MOST_SHOWN
from tests.support.bodies import FULL, MINIMAL, bodies, bodies_with_refs
from tests.support.clock import PATIENCE
from tests.support.consent import let_read
from tests.support.public_lines import LINES
from tests.support.threads import wait_for_threads
from tests.widgets.conftest import (
    choose,
    displayed,
    every,
    find,
    find_all,
    is_kept,
    press,
    shown,
    shows,
    table,
    type_into,
    until,
)

DOCKER = (
    "docker run -it --rm --gpus 2 -e MODE=fast -e HF_TOKEN -p 8000:8000 -v /mnt:/data "
    "--name vllm vllm/vllm-openai:v0.6.0 --model Qwen/Qwen2.5-7B"
)


KEY = "sk_live_Ab12Cd34Ef56Gh78Ij90"
TOKEN = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
PASSWORD = "hunter2Zq91xx"
URL = "https://api.ppio.com/gpus/v2/instances"
SMALL = json.dumps(MINIMAL)


@pytest.fixture
def opened(form):
    """The form with its box "Start from…" open."""
    press(find(form, "Start from…"))
    yield form
    threads_end()


def threads_end():
    wait_for_threads("ppio-import", "ppio-since")


def paste(form, text):
    type_into(find(form, "Paste"), text)
    threads_end()


@pytest.mark.parametrize("name", ["json", "curl", "python", "line"])
def test_what_is_shown_and_copied_is_the_chosen_face(form, name):
    form.value = FULL
    choose(find(form, "Request as"), name)
    press(find(form, "Copy"))
    first = form.face(name).split("\n")[0]
    for part in ("&", "<"):
        first = first.split(part)[0]
    assert first[:60] in shown(form)
    assert form.face(name).endswith(form.face(name)[-5:])


def test_a_face_follows_what_is_typed(form):
    form.value = MINIMAL
    choose(find(form, "Request as"), "line")
    type_into(find(form, "Name"), "renamed")
    assert "%ppio_launch --name renamed --product a100-80g" in shown(form)


def test_on_the_practice_cloud_a_face_goes_there(form):
    form.value = MINIMAL
    assert "--practice" in form.face("line")
    assert "practice=True" in form.face("python")
    assert "http://127.0.0.1:8899/gpus/v2/instances" in form.face("curl")
    assert "nothing is billed" in form.face("curl")


@pytest.mark.long
@pytest.mark.parametrize("rows", [50, 400])
def test_a_keystroke_costs_the_same_in_every_face(make_form, wire, rows):
    form = make_form({**FULL, "envs": [{"key": f"KEY_{n}", "value": f"value {n}"} for n in range(rows)]})
    for name in ("curl", "python", "line"):
        choose(find(form, "Request as"), name)
        wire.clear()
        type_into(find(form, "Name"), f"named-{name}")
        assert wire.count() <= 2
        assert wire.size() <= 5_000


@pytest.mark.long
@pytest.mark.parametrize("name", ["json", "curl", "line"])
def test_a_face_pasted_into_another_form_is_the_same_body(opened, make_form, name):
    other = make_form(FULL)
    paste(opened, other.face(name))
    shows(opened, "This would change:")
    press(find(opened, "Fill the form with it"))
    assert opened.request.body() == other.request.body()


@pytest.mark.long
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies)
def test_from_json_and_from_line_are_the_identity(client, wire, body):
    form = LaunchForm.from_json(json.dumps(body), client=client)
    assert form.request.body() == body
    again = LaunchForm.from_line(form.face("line"), client=client)
    assert again.request.body() == body
    assert form.diff(again) == []
    form.close()
    again.close()


@pytest.mark.long
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies_with_refs)
def test_references_stay_names_in_every_face(client, wire, body):
    form = LaunchForm.from_json(body, client=client)
    again = LaunchForm.from_json(form.face("json"), client=client)
    assert again.request.body() == form.request.body()
    form.close()
    again.close()


def test_from_json_takes_a_path(make_form, tmp_path, client):
    file = tmp_path / "body.json"
    file.write_text(json.dumps(FULL), encoding="utf-8")
    form = LaunchForm.from_json(file, client=client)
    assert form.request.body() == FULL
    form.close()
    with pytest.raises(InputError, match="nothing\\.json"):
        LaunchForm.from_json(tmp_path / "nothing.json", client=client)


def headings(form):
    """What Import tells, by its headings."""
    told = {}
    for block in re.findall(r"<div class='ppw-told'>(.*?)</div>", form._start._told.value, re.DOTALL):
        title = html.unescape(re.search("<b>(.*?)</b>", block)[1])
        told[title] = [html.unescape(line) for line in re.findall("<li>(.*?)</li>", block, re.DOTALL)]
    return told


# What a person types beside an Import that is open, before it or after.
TYPED = st.sampled_from([("Name", "typed"), ("Image", "typed:1"), ("Image", ""), ("Name", "")])
PASTED = st.one_of(
    st.sampled_from([DOCKER, "docker run -p 80 -e A=1 img", "%ppio_launch --gpus 2 --port 80", "{}"]),
    st.sampled_from(['{"name": "x", "nmae": 1}', "docker run -v /a:/b img x\ny", *LINES.values()]),
    bodies.map(json.dumps),
)


@pytest.mark.long
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=bodies,
    text=PASTED,
    typed=st.lists(TYPED, max_size=3),
    later=st.lists(TYPED, max_size=2),
    rows=st.integers(0, 2),
)
def test_what_is_shown_before_is_what_changes(client, wire, before, text, typed, later, rows):
    form = LaunchForm(before, client=client, language="en")
    form.session.set(("ports",), [{} for _ in range(rows)])
    for name, value in typed:
        type_into(find(form, name), value)
    press(find(form, "Start from…"))
    paste(form, text)
    for name, value in later:
        type_into(find(form, name), value)
    threads_end()
    told = headings(form)
    held = form.session.draft
    press(find(form, "Fill the form with it"))
    changed = [one.sentence(words("en")) for one in changes(held, form.session.draft)]
    if len(changed) <= MOST_SHOWN:
        assert changed == told.get("This would change:", [])
    else:
        assert changed[:MOST_SHOWN] == told["This would change:"][:MOST_SHOWN]
    form.close()
    threads_end()


def test_what_was_typed_after_the_text_was_read_is_in_what_is_shown(opened):
    opened.value = MINIMAL
    paste(opened, json.dumps({**MINIMAL, "name": "pasted"}))
    shows(opened, "Name: demo → pasted")
    type_into(find(opened, "Name"), "typed")
    threads_end()
    assert headings(opened)["This would change:"] == ["Name: typed → pasted"]
    type_into(find(opened, "Name"), "pasted")
    threads_end()
    shows(opened, "This would change nothing.")


@pytest.mark.parametrize(
    ("host", "told"),
    [
        (
            "api.novita.ai",
            "The line goes to api.novita.ai, which is another cloud; the form keeps the practice cloud.",
        ),
        (
            "API.PPIO.com:443",
            "The line goes to api.ppio.com, which is another cloud; the form keeps the practice cloud.",
        ),
        ("127.0.0.1:8899", ""),
        ("$BASE", ""),
    ],
)
def test_a_curl_line_for_another_cloud_says_so(opened, host, told):
    paste(opened, f"curl http://{host}/gpus/v2/instances -d '{SMALL}'")
    shows(opened, "This would change")
    assert headings(opened).get("Different on the instance:", []) == ([told] if told else [])
    press(find(opened, "Fill the form with it"))
    assert opened.session.target.practice


def test_on_the_live_cloud_a_curl_line_for_the_other_says_so(make_form, cloud):
    live = PpioClient("sk_live_0123456789abcdef", transport=cloud)
    form = make_form(client=live)
    press(find(form, "Start from…"))
    threads_end()
    paste(form, f"curl https://api.novita.ai/gpus/v2/instances -d '{SMALL}'")
    shows(form, "which is another cloud; the form keeps its own, api.ppio.com.")
    paste(form, f"curl https://api.ppio.com/gpus/v2/instances -d '{SMALL}'")
    assert "another cloud" not in shown(form)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "curl https://x -H 'Authorization: Bearer {{API 密钥}}'",
            "docker run --nosuch -e HF_TOKEN=<token> img",
        ),
        *(
            "curl https://x -H 'Authorization: Bearer %PPIO_API_KEY%'",
            '{"envs": [{"key": "HF_TOKEN", "value": "..."},]}',
        ),
        *(
            'curl https://x -H "Authorization: Bearer $HF_TOKEN"',
            "docker run --nosuch -e OPENAI_API_KEY=sk-xxxx img",
        ),
        *("docker run --nosuch -e API_KEY=YOUR_KEY_HERE img", "export HF_TOKEN=你的令牌\ndocker run"),
    ],
)
def test_what_only_stands_for_a_secret_is_kept_in_the_field(opened, text):
    paste(opened, text)
    shows(opened, "<p class=ppw-bad>")
    assert find(opened, "Paste").value == text
    assert "emptied" not in shown(opened)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"name": "a",\n}', "the comma at line 1, column 13 is one too many: remove it"),
        ('{"name": "a" // why\n}', "JSON has no comments: remove the one at line 1, column 14"),
        (
            f'curl {"https://api.ppio.com/gpus/v2/instances"} -d \'{{"name": "a",}}\'',
            "the comma at line 1, column 13",
        ),
        ('%%ppio_launch --yes\n{"name": "a" /* why */}', "remove the one at line 2, column 14"),
        ('%ppio_launch --body \'{"name": "a",}\'', "--body is not JSON: the comma at line 1, column 13"),
    ],
)
def test_json_with_a_comment_or_a_comma_too_many_says_where_and_what_to_do(opened, text, told):
    paste(opened, text)
    shows(opened, escape(told))
    assert find(opened, "Paste").value == text


def test_from_json_says_where_and_what_to_do(client, tmp_path):
    file = tmp_path / "body.json"
    file.write_text('{\n  "name": "a", # why\n}')
    with pytest.raises(
        InputError, match=r"body\.json is not JSON: JSON has no comments: .* line 2, column 16"
    ):
        LaunchForm.from_json(file, client=client)
    with pytest.raises(
        InputError, match=r"^This is not JSON: the comma at line 1, column 12 is one too many"
    ) as caught:
        LaunchForm.from_json('{"name": 1 ,}', client=client)
    assert "--body" not in str(caught.value)
    with pytest.raises(InputError, match="from_json: there is no file"):
        LaunchForm.from_json("none.json", client=client)
    with pytest.raises(InputError, match="not a list"):
        LaunchForm.from_json("[1]", client=client)


# -- fields that the API does not know


def test_an_unknown_field_is_removed_with_a_click(opened, wire):
    models = len(_instances)
    paste(opened, json.dumps({**MINIMAL, "frobnicate": {"x": 1}}))
    press(find(opened, "Fill the form with it"))
    shows(opened, "The API has no such field: remove it.")
    press(find(opened, "Remove frobnicate"))
    assert opened.request.body() == MINIMAL
    assert not find_all(opened, "Remove frobnicate")
    press(find(opened, "Start from…"))
    assert len(_instances) <= models + 4, "the buttons are closed"


def test_an_unknown_field_gets_the_name_that_was_meant(form):
    form.value = {
        **{name: value for name, value in MINIMAL.items() if name != "image"},
        "imgae": "ubuntu:22.04",
        "ports": [{"port": 80, "protocol": "http"}, {"prot": 22, "protocol": "tcp"}],
        "resource": {"gpu_nums": 4, "rootfs_size_gb": 20},
    }
    shows(form, "Did you mean image?")
    press(find(form, "Rename imgae to image"))
    assert find(form, "Image").value == "ubuntu:22.04"
    press(find(form, "Rename resource.gpu_nums to gpu_num"))
    assert find(form, "GPUs").value == "4"
    press(find(form, "Rename ports[1].prot to port"))
    assert form.request.body() == {
        **MINIMAL,
        "image": "ubuntu:22.04",
        "ports": [{"port": 80, "protocol": "http"}, {"port": 22, "protocol": "tcp"}],
        "resource": {"gpu_num": 4, "rootfs_size_gb": 20},
    }


def test_what_is_there_already_is_not_renamed_over(form):
    form.value = {**MINIMAL, "imgae": "x"}
    assert not find_all(form, "Rename imgae to image")
    press(find(form, "Remove imgae"))
    assert form.request.body() == MINIMAL


def test_the_name_of_an_unknown_field_is_text_and_no_key_is_shown(form):
    hostile = "<img src=x onerror=pwned=1>\u202e"
    form.value = {**MINIMAL, hostile: 1, KEY: 2, "W" * 300: 3}
    names = [one.description for one in every(form) if "ppw-fix" in one._dom_classes]
    assert any("\\u202e" in name for name in names)
    assert not any(KEY in name or "\u202e" in name for name in names)
    assert max(map(len, names)) < 60
    for _ in range(3):
        press(next(one for one in every(form) if "ppw-fix" in one._dom_classes))
    assert form.request.body() == MINIMAL


def test_what_is_typed_while_a_field_is_unknown_stays(form, wire):
    form.value = {**MINIMAL, "odd": 1}
    wire.clear()
    type_into(find(form, "Name"), "typed")
    assert wire.count() <= 2, "the buttons stay as they are"
    press(find(form, "Remove odd"))
    assert form.request.body() == {**MINIMAL, "name": "typed"}


def test_from_docker_says_what_has_no_counterpart(client, wire):
    form = LaunchForm.from_docker(DOCKER, client=client, language="en")
    body = form.value
    assert (body["name"], body["image"], body["resource"]["gpu_num"]) == (
        "vllm",
        "vllm/vllm-openai:v0.6.0",
        2,
    )
    assert body["command"] == "--model Qwen/Qwen2.5-7B"
    assert {"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")} in body["envs"]
    assert any("does not come along" in line for line in form.left_out)
    assert "does not come along" in shown(form)
    form.close()


def test_a_docker_run_shows_what_it_would_change_before_it_does(opened):
    opened.value = {**MINIMAL, "product_id": "kept"}
    paste(opened, DOCKER)
    shows(opened, "Image: ubuntu:24.04 → vllm/vllm-openai:v0.6.0")
    told = headings(opened)
    assert list(told) == ["This would change:", "Not taken over:", "Different on the instance:", "Assumed:"]
    assert [line.partition(":")[0] for line in told["Not taken over:"]] == [
        "Has no effect on an instance, and is not needed"
    ]
    assert any("does not come along" in line for line in told["Different on the instance:"])
    assert told["Assumed:"] == [
        "The port's protocol, which docker does not say, by its usual use: 8000 http."
    ]
    assert opened.value["name"] == "demo", "nothing is changed yet"
    press(find(opened, "Fill the form with it"))
    assert opened.value["name"] == "vllm"
    assert opened.value["product_id"] == "kept"
    assert not find_all(opened, "Fill the form with it")


def test_what_the_first_template_proposed_is_not_sent_with_another_image(opened):
    displayed(opened)
    assert opened.value["envs"]
    paste(opened, "docker run --name mine -p 8000:8000 registry.example.com/me/train:1")
    shows(opened, "Image: ")
    assert any("HF_HOME" in line for line in headings(opened)["This would change:"])
    press(find(opened, "Fill the form with it"))
    assert (opened.value["image"], opened.value["name"]) == ("registry.example.com/me/train:1", "mine")
    assert "envs" not in opened.value
    assert "command" not in opened.value


def test_a_secret_that_is_pasted_stays_nowhere(opened):
    paste(opened, "docker run -e HF_TOKEN=hf_abcdefghijklmnopqrstuv -e MODE=x --name a ubuntu:24.04")
    shows(opened, "The values of HF_TOKEN are secrets")
    assert find(opened, "Paste").value == ""
    press(find(opened, "Fill the form with it"))
    assert opened.value["envs"][0] == {"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}
    assert "hf_abcdefghijklmnopqrstuv" not in shown(opened) + str(opened.value)


def test_an_api_key_in_a_curl_line_is_not_taken(opened):
    body = json.dumps(MINIMAL)
    paste(
        opened,
        "curl -X POST https://api.ppio.com/gpus/v2/instances "
        f"-H 'Authorization: Bearer sk_live_0123456789abcdef' -d '{body}'",
    )
    shows(opened, "The API key was left out")
    assert find(opened, "Paste").value == ""
    assert "sk_live_0123456789abcdef" not in shown(opened)


@pytest.mark.parametrize(
    "text", ["hello", '{"name": }', "docker ps", "curl https://example.com", "docker run"]
)
def test_what_cannot_be_read_is_one_sentence_and_changes_nothing(opened, text):
    before = opened.value
    paste(opened, text)
    shows(opened, "<p class=ppw-bad>")
    assert opened.value == before
    assert not find_all(opened, "Fill the form with it")
    assert find(opened, "Paste").value == text, "what was typed stays"


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        (KEY, f"curl {URL} -H 'Authorization: Bearer {KEY}' -d '{SMALL}'"),
        (KEY, f"export PPIO_API_KEY={KEY}\ncurl --header @- --url {URL} --data-raw '{SMALL}'"),
        (KEY, f"printf 'Authorization: Bearer {KEY}' | curl --header @- --url {URL} --data-raw '{SMALL}'"),
        (KEY, f"curl {URL} -H 'X-Api-Key: {KEY}' -d '{SMALL}'"),
        (PASSWORD, f"curl https://me:{PASSWORD}@api.ppio.com/gpus/v2/instances -d '{SMALL}'"),
        (PASSWORD, f"curl {URL} -b 'session={PASSWORD}' -d '{SMALL}'"),
        (PASSWORD, f"# {PASSWORD}\ncurl {URL} -d '{SMALL}'"),
        (PASSWORD, f"ANY={PASSWORD} docker run -e ANY ubuntu"),
        (PASSWORD, f"docker login -u me -p {PASSWORD} reg.io && docker run ubuntu"),
        (PASSWORD, f"docker run --label x={PASSWORD} ubuntu"),
        (PASSWORD, f'docker run -e "A=${{A:-{PASSWORD}}}" -e HF_TOKEN={PASSWORD} ubuntu'),
        (PASSWORD, f"The word is {PASSWORD}:\n```json\n{SMALL}\n```"),
        (PASSWORD, f'{{"envs": [{{"key": "HF_TOKEN", "value": "{PASSWORD}"}}], "envs": []}}'),
        (TOKEN, f'{{"command": "serve --token {TOKEN}"}}'),
        (TOKEN, f'{{"{TOKEN}": 1, "name": "x"}}'),
        (PASSWORD, f'{{"api_key": "{PASSWORD}", "name": "x"}}'),
        (TOKEN, f'{{"envs": [{{"key": "{TOKEN}", "value": "x"}}, {{"key": "A"}}]}}'),
    ],
)
def test_a_field_that_was_read_is_emptied_and_no_secret_of_it_stays(opened, secret, text):
    paste(opened, text)
    shows(opened, "This would change")
    assert find(opened, "Paste").value == ""
    if "${A:-" not in text:  # that is kept as typed, and said so
        assert not is_kept(secret)
        assert secret not in str(opened.session.draft)
        press(find(opened, "Fill the form with it"))
        assert not is_kept(secret)
        assert secret not in str(opened.value)


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        (KEY, f"curl {URL} -H 'Authorization: Bearer {KEY}' -d '{SMALL},'"),
        (KEY, f"curl {URL} -H 'Authorization: Bearer {KEY}' -d '{SMALL}"),
        (KEY, f"curl https://api.ppio.com/gpus/v2/products -H 'Authorization: Bearer {KEY}'"),
        (PASSWORD, f"curl {URL} -u me:{PASSWORD} -d '{SMALL},'"),
        (PASSWORD, f"curl {URL} -H 'authorization: {PASSWORD}' -d '{SMALL},'"),
        (PASSWORD, f"psql postgres://me:{PASSWORD}@db.example/x"),
        (TOKEN, f"docker run -e {TOKEN} ubuntu"),
        (PASSWORD, f"docker run -e HF_TOKEN={PASSWORD} --nosuch ubuntu"),
        (PASSWORD, f"%ppio_launch --api-key {PASSWORD} --name x"),
        (TOKEN, f"%ppio_launch --name x --env HF_TOKEN {TOKEN}"),
        (TOKEN, f"%ppio_launch --gpus {TOKEN}"),
        (TOKEN, f"%ppio_launch --{TOKEN} 1"),
        (PASSWORD, f"%ppio_launch --env 'HF_TOKEN={PASSWORD}"),
        (PASSWORD, f'{{"envs": [{{"key": "HF_TOKEN", "value": "{PASSWORD}"}},]}}'),
        (PASSWORD, f'{{"hf_token": "{PASSWORD}",}}'),
        (KEY, KEY),
        ("known-by-name-only", "known-by-name-only"),
        ("known-by-name-only", "%ppio_launch --gpus known-by-name-only"),
    ],
)
def test_a_field_that_cannot_be_read_is_emptied_when_a_secret_stands_in_it_and_that_is_said(
    opened, monkeypatch, secret, text
):
    monkeypatch.setenv("DB_PASSWORD", "known-by-name-only")
    paste(opened, text)
    shows(opened, "The field held a secret, so it was emptied.")
    shows(opened, "<p class=ppw-bad>")
    assert find(opened, "Paste").value == ""
    assert not is_kept(secret)


@pytest.mark.parametrize(
    "text",
    [
        '{"envs": [{"key": "MODE", "value": "fast"},]}',
        '{"envs": [{"key": "HF_TOKEN", "value": {"$env": "HF_TOKEN"}},]}',
        '{"registry_auth_id": "a",}',
        "docker run -u 1000:1000 --nosuch -e HF_TOKEN -e KEY=$KEY ubuntu",
        "%ppio_launch --registry-auth a --nosuch",
        'curl https://example.com -H "Authorization: Bearer $KEY"',
    ],
)
def test_a_field_without_a_secret_keeps_what_was_typed(opened, text):
    paste(opened, text)
    shows(opened, "<p class=ppw-bad>")
    assert find(opened, "Paste").value == text


def test_what_stands_in_a_field_that_no_reference_can_stand_for_is_left_out_and_said(opened, monkeypatch):
    monkeypatch.setenv("DB_PASSWORD", PASSWORD)
    paste(
        opened,
        json.dumps(
            {**MINIMAL, "command": f"serve {PASSWORD}", "image": f"a/b:{TOKEN}", "ports": [{"port": 1}]}
        ),
    )
    shows(opened, "These fields hold a secret and were left out: image, command.")
    press(find(opened, "Fill the form with it"))
    assert not {"image", "command"} & opened.value.keys()
    assert opened.value["ports"] == [{"port": 1}]


def test_what_would_change_shows_no_secret_that_the_form_held(opened, monkeypatch):
    monkeypatch.setenv("DB_PASSWORD", PASSWORD)
    opened.value = {**MINIMAL, "command": f"serve {PASSWORD}", "entrypoint": f"x {TOKEN}"}
    paste(opened, json.dumps({**MINIMAL, "command": "serve", "entrypoint": "y"}))
    shows(opened, "Command: ••••(env DB_PASSWORD) → serve")
    shows(opened, "Entrypoint: ••••(token?) → y")


# What is said of the variables of a body, by cloud.
SAID = {
    "live": "Taken from the kernel's environment and sent along: {}",
    "client": "Practice sends placeholders, not the kernel's values: {}",
}


@pytest.mark.parametrize("cloud_of", SAID)
@pytest.mark.parametrize("name", ["HF_TOKEN", "HOME"])
def test_what_is_taken_from_the_kernel_is_named_among_a_hundred_changes(make_form, request, name, cloud_of):
    opened = make_form(client=request.getfixturevalue(cloud_of))
    press(find(opened, "Start from…"))
    said = escape(SAID[cloud_of].format(name))
    rows = [{"key": f"A{number}", "value": "1"} for number in range(100)]
    rows.insert(90, {"key": "B", "value": {"$env": name}})
    paste(opened, json.dumps({**MINIMAL, "envs": rows}))
    shows(opened, said)
    press(find(opened, "Fill the form with it"))
    shows(opened, f"•••• (from ${name})")
    for face in ("curl", "python", "line"):
        choose(find(opened, "Request as"), face)
        shows(opened, said)
    threads_end()


@pytest.mark.parametrize("name", ["PPIO_API_KEY", "NOVITA_API_KEY", "ppio_api_key"])
def test_the_accounts_own_key_is_given_to_no_instance(opened, cloud, monkeypatch, name):
    monkeypatch.setenv(name, KEY)
    paste(opened, json.dumps({**MINIMAL, "envs": [{"key": "B", "value": {"$env": name}}]}))
    shows(opened, "This would change")
    press(find(opened, "Fill the form with it"))
    assert "Your account's key is given to no instance" in opened.errors[("envs", 0, "value")]
    press(find(opened, "Launch"))
    shows(opened, escape("Your account's key is given to no instance"))
    assert cloud.posts == 0


def test_only_files_below_the_kernels_folder_are_read_for_a_text_that_was_pasted(
    opened, tmp_path, monkeypatch, client
):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    (tmp_path / "other.env").write_text("OF_ANOTHER=1")
    (here / "link.env").symlink_to(tmp_path / "other.env")
    (here / "my.env").write_text("OURS=1")
    for path in (tmp_path / "other.env", "../other.env", "link.env", "/proc/self/environ"):
        paste(opened, f"docker run --env-file {path} --env-file my.env ubuntu")
        shows(opened, f"take its variables by %ppio_launch --env-file: {path}")
        shows(opened, "Variable OURS added")
        assert "OF_ANOTHER" not in shown(opened)
    form = LaunchForm.from_docker("docker run --env-file ../other.env ubuntu", client=client)
    assert form.value["envs"] == [{"key": "OF_ANOTHER", "value": "1"}], "a call is the person's own"
    form.close()
    # As the kernel gives the environment of a process.
    (here / "environ").write_bytes(b"A=1\0HF_TOKEN=s3cret\0")
    with pytest.raises(InputError, match="environ is not text"):
        LaunchForm.from_docker("docker run --env-file environ ubuntu", client=client)


def test_a_secret_in_the_file_of_a_preset_does_not_come_into_the_form(form):
    presets_folder().mkdir(parents=True)
    body = {**MINIMAL, "command": f"x {TOKEN}", "envs": [{"key": "HF_TOKEN", "value": PASSWORD}]}
    (presets_folder() / "hand.json").write_text(json.dumps(body))
    press(find(form, "Start from…"))
    threads_end()
    choose(find(form, "Preset"), "hand")
    threads_end()
    shows(form, "The values of HF_TOKEN are secrets")
    shows(form, "hold a secret and were left out: command")
    press(find(form, "Fill the form with it"))
    assert form.value == {**MINIMAL, "envs": [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}]}
    assert not is_kept(TOKEN)
    assert not is_kept(PASSWORD)


def test_a_preset_fills_the_form_and_what_changed_since_is_said(form):
    save_preset("mine", {**MINIMAL, "name": "from-preset"})
    press(find(form, "Start from…"))
    threads_end()
    choose(find(form, "Preset"), "mine")
    threads_end()
    shows(form, "Name: from-preset (was not set)")
    press(find(form, "Fill the form with it"))
    assert form.value["name"] == "from-preset"
    choose(find(form, "GPUs"), "2")
    press(find(form, "Launch"))
    shows(form, "Changed since the preset mine:")
    shows(form, "GPUs: 1 → 2")


def test_the_confirmation_says_what_changed_since_the_last_launch_of_the_name(form, account, clock):
    form.value = MINIMAL
    launch = form.launch().wait_for_answer(PATIENCE)
    shows(form, launch.id)
    type_into(find(form, "Image"), "ubuntu:22.04")
    press(find(form, "Launch"))
    shows(form, "Changed since the last launch of demo:")
    shows(form, "Image: ubuntu:24.04 → ubuntu:22.04")


def test_no_old_command_comes_back_with_a_confirmation(form, account, clock):
    form.value = {**MINIMAL, "command": "serve --token zq-hunter2-0099"}
    launch = form.launch().wait_for_answer(PATIENCE)
    shows(form, launch.id)
    form.value = MINIMAL
    press(find(form, "Launch"))
    shows(form, "Command: no longer set")
    assert "zq-hunter2" not in "".join(str(one.get_state()) for one in every(form))


def test_closing_leaves_no_widget(make_form):
    form = make_form()
    press(find(form, "Start from…"))
    threads_end()
    press(find(form, "Close"))
    form.close()


def test_chinese(make_form):
    form = make_form(language="zh")
    press(find(form, "从已有内容开始…"))
    threads_end()
    type_into(find(form, "粘贴"), DOCKER)
    shows(form, "将会改变：")


def test_an_earlier_launch_fills_the_form_under_a_free_name(form):
    form.value = {**MINIMAL, "name": "run-1", "envs": [{"key": "TOKEN_OF", "value": PASSWORD}]}
    assert form.launch().wait_for_answer(PATIENCE).id
    form.value = {}
    press(find(form, "Start from…"))
    threads_end()
    options = find(form, "Last launches").options
    assert len(options) == 2
    assert options[1][0].startswith("run-1 · ")
    choose(find(form, "Last launches"), options[1][1])
    threads_end()
    shows(form, "Name: run-2")
    shows(form, "The values of TOKEN_OF do not come along")
    press(find(form, "Fill the form with it"))
    assert form.value == {**MINIMAL, "name": "run-2"}
    assert not any(find_all(form, one) for one in ("Fill the form with it", "Paste", "Last launches"))
    assert not is_kept(PASSWORD)


def test_what_is_read_last_counts(opened, monkeypatch):
    first, second = threading.Event(), threading.Event()
    gates = {"one": first, "two": second}

    def read(text):
        gates[text].wait(PATIENCE)
        return Imported("json", {**MINIMAL, "name": text})

    monkeypatch.setattr(start, "import_text", read)
    type_into(find(opened, "Paste"), "one")
    type_into(find(opened, "Paste"), "two")
    second.set()
    until(lambda: "Name: two" in shown(opened), "the second")
    first.set()
    threads_end()
    assert "Name: one" not in shown(opened)
    press(find(opened, "Fill the form with it"))
    assert opened.value["name"] == "two"


def test_nothing_is_read_by_a_handler(opened, monkeypatch):
    threads_of = []

    def read(text):
        threads_of.append(threading.current_thread())
        return import_text(text)

    monkeypatch.setattr(start, "import_text", read)
    paste(opened, "5")
    assert threading.main_thread() not in threads_of
    assert len(threads_of) == 1
    assert not find_all(opened, "Fill the form with it")


def test_two_clicks_make_a_practice_instance(make_form, cloud, wire, monkeypatch):
    form = displayed(make_form())
    wait_for_threads("ppio-names")
    shows(form, "pytorch-")
    before = dict(form.value)
    heard = []
    handle = Widget._handle_msg
    monkeypatch.setattr(Widget, "_handle_msg", lambda one, news: (heard.append(one), handle(one, news)))
    press(find(form, "Launch"))
    let_read()
    press(find(form, "Yes, launch it"))
    assert len(heard) == 2, "messages of the front end"
    launch = form.session.launch
    assert launch.wait_for_answer(PATIENCE).id
    assert cloud.posts == 1
    assert launch.plan.body == before
    assert form.typed_in is None, "nothing was typed"
    threads_end()


def test_on_a_live_cloud_the_opened_form_launches_nothing(make_form, live, cloud):
    form = displayed(make_form(client=live))
    wait_for_threads("ppio-names")
    assert "product_id" not in form.value
    assert "image" not in form.value
    assert find(form, "Software").value is None
    assert [one.description for one in every(form) if "ppw-launch" in one._dom_classes] == ["Choose a GPU"]
    assert "Choose a GPU" in shown(form), "in place of a price"
    assert find(form, "Stop by itself").label == "never"
    press(find(form, "Launch"))
    assert not find_all(form, "Yes, launch it")
    assert cloud.posts == 0
    choose(table(form), "a100-80g")
    assert find(form, "Stop by itself").label == "never · 12 h ≈ 151.20"
    assert [one.description for one in every(form) if "ppw-launch" in one._dom_classes] == [
        "Launch · 12.60/h"
    ]
    choose(find(form, "Kind of product"), "cpu")
    type_into(find(form, "Image"), "ubuntu:24.04")
    assert form.value["product_id"] == "a100-80g", "a filter never chooses"


def test_a_name_follows_the_image_that_was_typed_once_its_tag_begins(make_form, live, wire):
    form = displayed(make_form(client=live))
    choose(table(form), "a100-80g")
    assert find(form, "Name").value == "a100-1"
    type_into(find(form, "Image"), "v")
    for typed in ("vl", "vllm", "vllm/vllm-openai"):
        wire.clear()
        type_into(find(form, "Image"), typed)
        assert find(form, "Name").value == "a100-1"
        assert wire.count() <= 2, "a key"
    type_into(find(form, "Image"), "vllm/vllm-openai:v0.6")
    assert form.value["name"] == find(form, "Name").value == "vllm-openai-a100-1"
    type_into(find(form, "Image"), "localhost:5000/team/Trainer@sha256:00")
    assert find(form, "Name").value == "trainer-a100-1"
    type_into(find(form, "Name"), "mine")
    type_into(find(form, "Image"), "ubuntu:24.04")
    assert find(form, "Name").value == "mine"


def test_a_template_that_is_chosen_asks_before_it_replaces_what_was_typed(make_form):
    form = displayed(make_form())
    chips = find(form, "Software")
    choose(chips, "tpl-vllm")
    assert form.value["image"].startswith("vllm/"), "what was proposed gives way at once"
    choose(chips, "tpl-pytorch-2.6")
    assert form.value["image"].startswith("pytorch/"), "and so does a template"
    type_into(find(form, "Image"), "mine:1")
    type_into(find(form, "Command"), "serve")
    type_into(find(form, "Name"), "mine")
    choose(chips, "tpl-vllm")
    assert (form.value["image"], form.value["command"]) == ("mine:1", "serve")
    assert "Overwrites what is there: Image, Command" in shown(form)
    press(find(form, "Replace"))
    assert form.value["image"].startswith("vllm/")
    assert form.value["command"] != "serve"
    assert form.value["name"] == "mine", "the template says nothing of it"
    assert not find_all(form, "Replace")


def test_news_of_the_catalogue_withdraw_no_question_of_a_template(make_form):
    form = displayed(make_form(MINIMAL))
    chips = find(form, "Software")
    choose(chips, "tpl-pytorch-2.6")
    with form.session.lock:
        form.session.snapshot = replace(form.session.snapshot, balance=Decimal(1))
    assert chips.value == "tpl-pytorch-2.6"
    press(find(form, "Replace"))
    assert form.value["image"].startswith("pytorch/")
    assert not find_all(form, "Replace")


def test_a_template_changes_only_what_it_says_of_a_body_that_was_given(make_form):
    form = displayed(make_form(MINIMAL))
    choose(find(form, "Software"), "tpl-pytorch-2.6")
    assert form.value == MINIMAL
    press(find(form, "Replace"))
    assert form.value["image"].startswith("pytorch/")
    assert form.value["name"] == MINIMAL["name"]
    assert form.value["product_id"] == MINIMAL["product_id"]


def test_a_value_that_is_given_is_shown_exactly(make_form):
    for value in ({}, {"image": "ubuntu:24.04"}, MINIMAL):
        form = displayed(make_form(value))
        wait_for_threads("ppio-names")
        assert form.value == value


def test_defaults_are_shown_in_the_controls_and_typing_stays(make_form):
    form = make_form()
    type_into(find(form, "Image"), "ubuntu:24.04")
    displayed(form)
    wait_for_threads("ppio-names")
    assert find(form, "Image").value == "ubuntu:24.04"
    name = find(form, "Name").value
    assert name == form.value["name"]
    assert name.startswith("ubuntu-")
    type_into(find(form, "Name"), "mine")
    form.session.load(anew=True)
    wait_for_threads("ppio-catalogue")
    assert find(form, "Name").value == "mine"


def test_a_community_template_is_offered_to_who_asks(make_form):
    form = displayed(make_form())
    chips = find(form, "Software")
    own = ["PyTorch 2.6", "vLLM server", "Course image"]
    assert [label for label, _key in chips.options] == [*own, "Community templates…"]
    image = form.value["image"]
    choose(chips, "strangers")
    offered = [label for label, _key in chips.options]
    assert offered[:3] == own
    assert "ComfyUI" in offered
    assert "Community templates…" not in offered
    assert form.value["image"] == image, "nothing is chosen by looking"
    assert chips.label == "PyTorch 2.6"
