"""A form and a launch in each ipykernel that is promised, widgets' messages on the main shell or a subshell.

The row of the environment's own ipykernel is always there, those of others where `make kernels`
(or, for 7.0.1, `make test`) has put them. Threads, contexts and loops differ between them. What JupyterLab
calls ``commsOverSubshells`` is played: messages of widgets name a subshell, which answers while a cell runs.
"""

from __future__ import annotations

import os
import queue
import time
from pathlib import Path

import pytest

from tests.support.bodies import MINIMAL
from tests.support.chromium import on_ci
from tests.support.front_end import Page
from tests.support.kernel import Kernel, environment, real_kernel

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("PPIO_WIDGETS_KERNELS", ROOT / ".venv-kernels"))
ROWS = sorted(path.parent.name for path in FOLDER.glob("ipykernel-*/.ready"))
# ipykernel 6 has no subshells.
SHELLS = [
    (row, over)
    for row in [*ROWS, "newest"]
    for over in ("main", "subshell")
    if (row, over) != ("ipykernel-6-31", "subshell")
]
PATIENCE = 60
YES = "Yes, launch it"
WIDGET = "application/vnd.jupyter.widget-view+json"
# The practice cloud takes six seconds to run, and is looked at every two.
QUICK = """
import time
%load_ext ppio_widgets
from ppio_widgets import LaunchForm
from ppio_widgets.instances import watcher
from ppio_widgets.practice.clock import PracticeClock
from ppio_widgets.practice.cloud import kernel_account
kernel_account().clock = PracticeClock(lambda: 20 * time.time())
watcher.POLL_SECONDS = 0.1

def made(name):
    return [one["id"] for one in kernel_account().page(limit=1000)["data"] if one["name"] == name]
"""
# A cell that computes until a file is there; another file turns the clock past the time for reading.
COMPUTES = """
from pathlib import Path
from tests.support.consent import let_read
print("computes", flush=True)
while not Path({go!r}).exists():
    if Path({read!r}).exists():
        Path({read!r}).unlink()
        let_read()
        print("was read", flush=True)
"""


class Front(Kernel):
    """A front end: it keeps what the kernel's widgets tell, clicks, and waits for words on the page."""

    def __init__(self, client):
        super().__init__(client)
        self.page = Page()
        self.heard = []
        self.subshell = None
        self.may_answer_meanwhile = self.must_answer_meanwhile = False
        receive = client.get_iopub_msg

        def get_iopub_msg(*args, **options):
            message = receive(*args, **options)
            self.page.take(message["msg_type"], message["content"])
            self.heard.append(message)
            return message

        client.get_iopub_msg = get_iopub_msg

    def show(self, code, cell):
        """Run a cell and return the id of its view, once the kernel knows that it is shown."""
        reply, published = self.run(code, cell=cell)
        assert reply["status"] == "ok", published
        bundles = [one["content"]["data"] for one in published if "data" in one["content"]]
        view = next(bundle[WIDGET]["model_id"] for bundle in bundles if WIDGET in bundle)
        self.settle(view)  # what it loads is begun now
        return view

    def settle(self, view):
        """Press what the script of a page presses once a view is drawn, and after each click: it is answered.

        By then all that was clicked before it was taken as well.
        """
        before, after = ("·", "··") if self.page.button(view, "·") else ("··", "·")
        self.click(view, before)
        self.wait(lambda: self.page.button(view, after), "the kernel has heard of it")

    def let_read(self):
        """Turn the kernel's clock past the time in which a question takes no answer."""
        reply, published = self.run("from tests.support.consent import let_read\nlet_read()")
        assert reply["status"] == "ok", published

    def open_subshell(self):
        """Have a subshell made, over which all messages of widgets go from now on."""
        self.client.control_channel.send(self.client.session.msg("create_subshell_request"))
        self.subshell = self.client.get_control_msg(timeout=PATIENCE)["content"]["subshell_id"]

    def send(self, model, data):
        message = self.client.session.msg("comm_msg", {"comm_id": model, "data": data})
        if self.subshell:
            message["header"]["subshell_id"] = self.subshell
        self.client.shell_channel.send(message)

    def control(self, view, words):
        """Return the id of a control by its words; Launch has the price behind them once it is known."""
        found = (key for key, one in self.page.widgets(view) if _names(one.get("description"), words))
        return next(found, "")

    def click(self, view, words):
        self.wait(lambda: self.control(view, words), words)
        self.send(self.control(view, words), {"method": "custom", "content": {"event": "click"}})

    def set(self, view, words, value):
        self.wait(lambda: self.page.button(view, words), words)
        state = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        self.send(self.page.button(view, words), state)

    def confirm(self, view):
        """Answer the question once it stands, after reading it."""
        self.wait(lambda: self.page.button(view, YES), YES)
        self.settle(view)  # a second click on Launch has asked anew by now
        self.let_read()
        self.click(view, YES)

    def printed(self, words):
        """Whether a cell has printed these words."""
        return any(
            words in one["content"].get("text", "") for one in self.heard if one["msg_type"] == "stream"
        )

    def ended(self, request):
        """Whether a cell has ended: nothing is told of it any longer."""
        return any(
            one["parent_header"].get("msg_id") == request and one["content"].get("execution_state") == "idle"
            for one in self.heard
        )

    def finish(self, request):
        """Wait until a cell has ended and its reply is here.

        What is sent while ipykernel 7 sends a reply it may not read before somebody else connects:
        https://github.com/ipython/ipykernel/issues/1554
        """
        self.wait(lambda: self.ended(request), "the cell has ended")
        reply = self.client.get_shell_msg(timeout=PATIENCE)
        assert reply["parent_header"]["msg_id"] == request
        assert reply["content"]["status"] == "ok"

    def wait(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"not in time: {what}"
            try:
                self.client.get_iopub_msg(timeout=0.2)
            except queue.Empty:
                continue


def _names(description, words):
    return description == words or str(description).startswith(f"{words} · ")


@pytest.fixture(scope="module", params=SHELLS, ids=" ".join)
def front(request, tmp_path_factory):
    row, over = request.param
    env = environment(tmp_path_factory.mktemp("kernel"))
    paths = [str(FOLDER / row)] if row != "newest" else []
    paths.append(str(ROOT))  # for `let_read`
    env["PYTHONPATH"] = os.pathsep.join([*paths, *filter(None, [os.environ.get("PYTHONPATH")])])
    manager, client = real_kernel(env=env)
    front = Front(client)
    if over == "subshell":
        front.open_subshell()
    reply, published = front.run(QUICK)
    assert reply["status"] == "ok", published
    version = front.value("__import__('ipykernel').__version__").strip("'")
    if row != "newest":
        assert version.startswith(row.removeprefix("ipykernel-").replace("-", "."))
    # From 7.4 on a widget's message goes to the shell for which it was told last: a cell's, or a message's.
    front.may_answer_meanwhile = over == "subshell"
    older = tuple(map(int, version.split(".")[:2])) < (7, 4)
    front.must_answer_meanwhile = front.may_answer_meanwhile and older
    yield front
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_on_ci_the_first_ipykernel_with_contexts_is_tried():
    assert not on_ci() or "ipykernel-7-0-1" in ROWS


def test_a_form_says_where_its_launch_stands_until_it_runs(front):
    body = {**MINIMAL, "name": "by-form"}
    view = front.show(f"form = LaunchForm({body!r}, practice=True)\nform", "cell-1")
    front.click(view, "Launch")
    front.confirm(view)
    front.wait(lambda: "running (id " in front.page.html(view), "the form says that it runs")
    assert front.value("form.launches[-1].id").strip("'") in front.page.html(view)


def test_rows_are_added_typed_into_and_removed(front):
    body = {**MINIMAL, "name": "with-rows", "ports": [{"port": 8080, "protocol": "tcp"}]}
    view = front.show(f"form = LaunchForm({body!r}, practice=True)\nform", "cell-1")
    front.set(view, "Access", True)
    front.click(view, "Add port")
    front.set(view, "Port 2", "9090")
    front.wait(lambda: "9090" in front.page.html(view), "the request has the second port")
    front.set(view, "Port 1", "7070")
    front.wait(lambda: "7070" in front.page.html(view), "the request has another first port")
    front.click(view, "Remove")
    front.wait(lambda: "7070" not in front.page.html(view), "the first port is gone")
    front.settle(view)  # a subshell may not be through with the click when its request is shown
    assert front.value("[one['port'] for one in form.value['ports']]") == "[9090]"


def test_a_card_of_a_line_says_where_its_launch_stands_until_it_runs(front):
    line = "%ppio_launch --practice --name by-line --product a100-80g --image ubuntu:24.04"
    view = front.show(line, "cell-2")
    front.confirm(view)
    front.wait(lambda: "running (id " in front.page.html(view), "the card says that it runs")


def test_while_a_cell_computes_a_subshell_answers_or_messages_wait_and_nothing_is_sent_twice(front, tmp_path):
    body = {**MINIMAL, "name": "meanwhile"}
    form = f"form = LaunchForm({body!r}, practice=True)\nform"
    view = front.show(form, "cell-4")
    front.wait(lambda: front.control(view, "Launch · ¥12.60/h"), "the price is known")
    # Now at once: nothing but the cell has sent a message of this button.
    view = front.show(form, "cell-4")
    go, read = tmp_path / "go", tmp_path / "read"
    front.heard.clear()
    cell = front.client.execute(COMPUTES.format(go=str(go), read=str(read)), allow_stdin=False)
    front.wait(lambda: front.printed("computes"), "the cell computes")
    front.click(view, "Launch")
    front.click(view, "Launch")
    asked = lambda: front.page.button(view, YES)  # noqa: E731 - a condition
    if front.must_answer_meanwhile:
        front.wait(asked, "the question stands")
        front.settle(view)  # the second click has asked anew by now
        read.touch()
        front.wait(lambda: front.printed("was read"), "the clock is turned")
        front.click(view, YES)
        front.wait(lambda: "running (id " in front.page.html(view), "it runs while the cell computes")
        assert not front.ended(cell)
    go.touch()
    front.finish(cell)
    if not front.must_answer_meanwhile:
        assert front.may_answer_meanwhile or not asked(), "nothing was answered meanwhile"
        front.wait(asked, "the question stands")
        front.confirm(view)
        front.wait(lambda: "running (id " in front.page.html(view), "it runs")
    assert front.value("len(made('meanwhile')), len(form.launches)") == "(1, 1)"


def test_only_here_a_form_has_a_sign_in_field(front):
    view = front.show("LaunchForm()", "cell-3")
    assert front.page.button(view, "Sign in to launch for real")
