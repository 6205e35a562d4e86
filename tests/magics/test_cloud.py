"""Which cloud a line, a Python text and a curl text reach: executed, over sockets, between two servers."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from IPython.core.error import UsageError

from ppio_widgets import LaunchForm, PpioClient
from ppio_widgets.practice.server import serving
from ppio_widgets.secrets.credentials import PRACTICE_KEY_VARIABLE
from tests.support.bodies import MINIMAL
from tests.support.threads import wait_for_threads
from tests.support.wire import LAUNCHERS

KEY = "sk_live_0123456789abcd"
PRACTICE_KEY = "sk_practice_cloud.1234"
BODY = {**MINIMAL, "product_id": "a100-80g"}
ROOT = Path(__file__).parents[2]


class Clouds:
    """Two practice clouds: the form is opened for one, the environment names the other."""

    def __init__(self, meant, other):
        self.meant, self.other = meant, other

    def posts(self):
        return [len(self.account(one).page()["data"]) for one in (self.meant, self.other)]

    def account(self, server):
        return server.cloud.account(PRACTICE_KEY)


@pytest.fixture
def clouds(shell, monkeypatch):
    made = []
    begin = PpioClient.__init__

    def noted(client, *args, **named):
        begin(client, *args, **named)
        made.append(client)

    monkeypatch.setattr(PpioClient, "__init__", noted)
    with serving() as meant, serving() as other:
        monkeypatch.setenv("PPIO_GPU_BASE_URL", other.url)
        monkeypatch.setenv(PRACTICE_KEY_VARIABLE, PRACTICE_KEY)
        yield Clouds(meant, other)
        wait_for_threads("ppio-catalogue", *LAUNCHERS)
        for client in made:
            client.close()


@pytest.fixture
def face(clouds):
    """A face of a form that is opened for one of the two."""

    def face(name, body=BODY, **options):
        options = options or {"client": PpioClient(base_url=clouds.meant.url)}
        form = LaunchForm(body, **options)
        text = form.face(name)
        form.close()
        return text

    return face


def execute(*command, text, **environ):
    """Run a program on a text, in an environment that names another cloud."""
    return subprocess.run(
        command,
        input=text.encode(),
        env={**os.environ, "PYTHONPATH": str(ROOT), "no_proxy": "*", **environ},
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_a_pasted_line_reaches_the_cloud_of_its_form(run, face, clouds):
    line = face("line")
    assert line.endswith(f" --practice --base-url {clouds.meant.url}")
    launch = run(f"x = {line} --yes\nx")
    launch.stop_following()
    assert clouds.posts() == [1, 0]


def test_a_python_text_reaches_the_cloud_of_its_form(face, clouds):
    done = execute(sys.executable, "-", text=face("python"))
    assert done.returncode == 0, done.stderr
    assert clouds.posts() == [1, 0]


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_a_curl_text_reaches_the_cloud_of_its_form(face, clouds):
    done = execute("bash", "-s", text=face("curl"))
    assert done.returncode == 0, done.stderr
    assert clouds.posts() == [1, 0]


@pytest.mark.parametrize("practice", [True, False])
def test_the_kernels_own_choice_of_a_cloud_changes_nothing(run, face, clouds, practice):
    run(f"%ppio practice {'on' if practice else 'off'}")
    run(f"x = {face('line')} --yes\nx.stop_following()")
    run(f"{face('python')}\nlaunched.stop_following()".replace('"demo"', '"second"'))
    assert clouds.posts() == [2, 0]


def test_the_line_opens_a_form_and_makes_a_plan_for_its_cloud(run, face, clouds):
    line = face("line")
    assert run(f"{line} --dry-run").target.base_url == clouds.meant.url
    form = run(f"{line} --form")
    assert form.session.client.host.base_url == clouds.meant.url
    assert form.face("line") == line
    form.close()


def test_a_form_on_the_practice_cloud_of_this_process_names_no_address(run, face, names, monkeypatch):
    monkeypatch.delenv("PPIO_GPU_BASE_URL")
    assert face("line", practice=True).endswith("ubuntu:24.04 --practice")
    assert "launch(body, practice=True)" in face("python", practice=True)
    run(f"x = {face('line', practice=True)} --yes\nx.stop_following()")
    assert names() == ["demo"]


@pytest.mark.parametrize("base_url", ["https://api.ppio.com", "https://api.novita.ai"])
def test_a_live_text_goes_to_its_own_host_or_refuses(run, face, clouds, base_url):
    live = {"client": PpioClient(KEY, base_url=base_url)}
    line, python = face("line", **live), face("python", **live)
    assert line.endswith(f"--base-url {base_url}")
    assert f'launch(body, base_url="{base_url}")' in python
    assert f"--url {base_url}/" in face("curl", **live)
    with pytest.raises(UsageError, match=f"no API key for {base_url[8:]}"):
        run(f"{line} --yes")
    run("%ppio practice on")
    with pytest.raises(UsageError, match=r"%ppio practice off"):
        run(f"{line} --yes")
    with pytest.raises(Exception, match=r"%ppio practice off"):
        run(python)
    done = execute(sys.executable, "-", text=python, PPIO_WIDGETS_PRACTICE="1")
    assert done.returncode == 1
    assert b"HostRefused" in done.stderr
    assert clouds.posts() == [0, 0]


def test_a_strangers_host_is_refused_until_the_person_allows_it_and_gets_no_known_key(
    run, face, clouds, monkeypatch
):
    monkeypatch.setenv("PPIO_API_KEY", KEY)
    client = PpioClient(KEY, base_url="https://gpu.example.com:8443", allow_host="gpu.example.com:8443")
    line, python = face("line", client=client), face("python", client=client)
    assert "PPIO_API_KEY" not in face("curl", client=client)
    assert "--allow-host" not in line, "whoever pastes a line did not allow a stranger by that"
    assert 'base_url="https://gpu.example.com:8443", allow_host="gpu.example.com:8443"' in python
    with pytest.raises(UsageError, match=r"--allow-host gpu\.example\.com:8443"):
        run(f"{line} --yes")
    with pytest.raises(UsageError, match=r"no API key for gpu\.example\.com:8443"):
        run(f"{line} --yes --allow-host gpu.example.com:8443")
    with pytest.raises(Exception, match=r"no API key for gpu\.example\.com:8443"):
        run(python)
    for url, said in (
        ("http://gpu.example.com", "plain http"),
        ("https://user:s3cret@gpu.example.com", "user name or password"),
        ("ftp://x", "scheme and host only"),
        ("''", "--base-url needs a value"),
    ):
        with pytest.raises(UsageError, match=said) as caught:
            run(f"%ppio_launch --name a --base-url {url} --dry-run")
        assert "s3cret" not in str(caught.value)


def test_a_key_for_a_host_that_was_allowed_goes_to_that_host_only(run, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda _question: KEY)
    run("%ppio login --base-url https://gpu.example.com --allow-host gpu.example.com")
    client = PpioClient(base_url="https://gpu.example.com", allow_host="gpu.example.com")
    assert client.require_key().last_four == "abcd"
    with pytest.raises(Exception, match=r"no API key for api\.ppio\.com"):
        PpioClient().require_key()
    with pytest.raises(UsageError, match="--base-url needs a value"):
        run("url = ''\n%ppio ls --base-url $url")
    with pytest.raises(UsageError, match="not a known host"):
        run("%ppio login --base-url https://other.example.com")


def test_every_verb_goes_to_the_cloud_that_it_names(run, clouds, capsys, monkeypatch):
    here = f"--base-url {clouds.meant.url}"
    identity = clouds.account(clouds.meant).create(BODY)["id"]
    for row in run(f"%ppio ls {here}").instances:
        assert row.id == identity
    assert len(run("%ppio ls")) == 0
    assert run(f"%ppio show demo {here} --practice").id == identity
    assert run(f"url = '{clouds.meant.url}'\n%ppio show demo --base-url $url").id == identity
    assert len(run(f"%ppio products A100 {here}")) == 1
    run(f"%ppio delete {here} demo --yes")
    assert "confirmed deleted" in capsys.readouterr().out
    assert clouds.posts() == [0, 0]


def test_verbs_on_the_practice_cloud_of_this_process(run, names, monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", KEY)
    run("x = %ppio_launch --practice --name demo --product a100-80g --image ubuntu:24.04 --yes")
    run("x.stop_following()")
    assert [one.name for one in run("%ppio ls --practice --name demo").instances] == ["demo"]
    assert run("%ppio show --practice demo").status
    run("%ppio delete demo --practice --yes")
    assert names() == []


def test_what_a_pasted_line_says_of_its_cloud_is_named_and_not_dropped(run, face, clouds):
    line = face("line")
    form = LaunchForm.from_line(line, client=PpioClient(base_url=clouds.other.url), language="en")
    assert form.left_out == [
        f"The cloud that the line names, {clouds.meant.url}: the form keeps its own.",
        "Not of the body, so give them again where you launch: --practice.",
    ]
    assert form.session.client.host.base_url == clouds.other.url
    form.close()
    form = LaunchForm.from_line("--name a --base-url https://me:s3cret-pass@x.example", practice=True)
    assert "s3cret" not in str(form.left_out)
    form.close()
