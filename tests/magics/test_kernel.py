"""Real kernels: what a front end receives, and where nobody can answer."""

from __future__ import annotations

import os
import queue

import pytest
from jupyter_client.manager import start_new_kernel

from tests.bodies import MINIMAL

LINE = "%ppio_launch --practice --name demo --product p --image i"


class Kernel:
    def __init__(self, client):
        self.client = client

    def run(self, code, *, cell=None, stdin=False, answer="n"):
        """Run a cell as a front end does; returns the reply and what it published."""
        message = self.client.session.msg(
            "execute_request",
            {
                "code": code,
                "silent": False,
                "store_history": True,
                "user_expressions": {},
                "allow_stdin": stdin,
                "stop_on_error": True,
            },
        )
        message["metadata"] = {"cellId": cell} if cell else {}
        self.client.shell_channel.send(message)
        published = []
        while True:
            if stdin and self.client.stdin_channel.msg_ready():
                self.client.stdin_channel.get_msg(timeout=5)
                self.client.input(answer)
            try:
                got = self.client.get_iopub_msg(timeout=0.2 if stdin else 30)
            except queue.Empty:
                if not stdin:
                    raise
                continue
            if got["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            published.append(got)
            if got["msg_type"] == "status" and got["content"]["execution_state"] == "idle":
                break
        reply = self.client.get_shell_msg(timeout=30)
        return reply["content"], published

    def value(self, code):
        _, published = self.run(code)
        return next(
            one["content"]["data"]["text/plain"] for one in published if one["msg_type"] == "execute_result"
        )


def text_of(published):
    return "".join(one["content"].get("text", "") for one in published if one["msg_type"] == "stream")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kernel")
    hidden = ("PPIO_API_KEY", "PPIO_WIDGETS_PRACTICE", "PPIO_GPU_BASE_URL")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"IPYTHONDIR": str(folder), "PPIO_WIDGETS_LANG": "en"}
    manager, client = start_new_kernel(kernel_name="python3", env=environment)
    started = Kernel(client)
    reply, published = started.run("%load_ext ppio_widgets\nfrom ppio_widgets.practice import kernel_account")
    assert reply["status"] == "ok", published
    yield started
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def count(kernel):
    return int(kernel.value("len(kernel_account().page(limit=1000)['data'])"))


def test_a_bad_line_is_one_line_and_stops_run_all(kernel):
    reply, published = kernel.run("%ppio_launch --nam demo")
    assert reply["status"] == "error"
    assert text_of(published).strip() == "UsageError: There is no option --nam. Did you mean --name?"
    assert not [one for one in published if one["msg_type"] == "error"]


def test_an_error_of_ours_is_one_line_and_stops_run_all(kernel):
    reply, published = kernel.run("import ppio_widgets\nppio_widgets.launch({}, practice=True)")
    assert reply["status"] == "error"
    error = next(one["content"] for one in published if one["msg_type"] == "error")
    assert len(error["traceback"]) == 1
    assert "name: Give the instance a name." in error["traceback"][0]


def test_where_nobody_can_answer_nothing_is_sent(kernel):
    before = count(kernel)
    reply, published = kernel.run(LINE)
    assert reply["status"] == "error"
    assert "add --yes" in text_of(published)
    assert count(kernel) == before


@pytest.mark.parametrize(("answer", "more"), [("y", 1), ("n", 0)])
def test_a_front_end_with_stdin_is_asked(kernel, answer, more):
    before = count(kernel)
    reply, _ = kernel.run(f"x = {LINE}", stdin=True, answer=answer)
    assert reply["status"] == "ok"
    assert count(kernel) == before + more


def test_a_front_end_with_widgets_gets_buttons_shown_once(kernel):
    before = count(kernel)
    reply, published = kernel.run(LINE, cell="cell-1")
    assert reply["status"] == "ok"
    views = [
        one
        for one in published
        if "application/vnd.jupyter.widget-view+json" in one["content"].get("data", {})
    ]
    assert len(views) == 1
    assert not [one for one in published if one["msg_type"] == "execute_result"]
    assert count(kernel) == before, "nothing is sent before Confirm"
    kernel.run(f"y = {LINE}", cell="cell-2")
    assert "waiting for your confirmation" in str(kernel.run("y")[1])


def test_a_launch_displays_itself_once(kernel):
    _, published = kernel.run(f"{LINE} --yes", cell="cell-3")
    shown = [one for one in published if "text/plain" in one["content"].get("data", {})]
    assert len(shown) == 1
    assert "demo on the practice cloud" in shown[0]["content"]["data"]["text/plain"]


def test_clicks_over_the_wire_launch_once_and_the_answer_reaches_the_widgets(kernel):
    kernel.run(f"from ppio_widgets import LaunchForm\nform = LaunchForm({MINIMAL!r}, practice=True)")
    before = count(kernel)

    def click(expression):
        model = kernel.value(f"{expression}.model_id").strip("'")
        message = kernel.client.session.msg(
            "comm_msg", {"comm_id": model, "data": {"method": "custom", "content": {"event": "click"}}}
        )
        kernel.client.shell_channel.send(message)

    click("form._controls._launch")
    click("form._controls._confirm")
    click("form._controls._confirm")
    assert kernel.value("form.session.launch.wait_for_answer(20).state.value") == "'succeeded'"
    assert count(kernel) == before + 1
    assert kernel.value("'ppio' in __import__('threading').current_thread().name") == "False"


def test_interrupting_the_wait_keeps_the_launch(kernel):
    code = (
        "import os, signal, threading\n"
        "held = threading.Event()\n"
        "account = kernel_account()\n"
        "create = account.create\n"
        "account.create = lambda body: (held.wait(20), create(body))[1]\n"
        "threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "import ppio_widgets.api as api\n"
        "from ppio_widgets.request.check import check\n"
        "client = api.connect(practice=True)\n"
        "begun = api.Launch(api.LaunchPlan(check(form.value), api.Target.of(client)), client)\n"
        "api.finish(begun)"
    )
    reply, _ = kernel.run(code)
    assert reply["ename"] == "KeyboardInterrupt"
    assert kernel.value("begun.state.value") == "'sending'"
    kernel.run("account.create = create\nheld.set()")
    assert kernel.value("begun.wait_for_answer(20).state.value") == "'succeeded'"
