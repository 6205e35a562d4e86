"""A launch in each ipykernel that is promised: form and line card say where it stands until it runs.

The row of the environment's own ipykernel is always there, those of others where `make kernels`
(or, for 7.0.1, `make test`) has put them. Threads, contexts and loops differ between them.
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
ROWS = sorted(path.parent.name for path in FOLDER.glob("*/.ready"))
PATIENCE = 30
WIDGET = "application/vnd.jupyter.widget-view+json"
# The practice cloud takes six seconds to run, and is looked at every two.
QUICK = """
import time
%load_ext ppio_widgets
from ppio_widgets import LaunchForm
from ppio_widgets.instances import watcher
from ppio_widgets.practice.cloud import kernel_account
kernel_account()._clock = lambda: 20 * time.time()
watcher.POLL_SECONDS = 0.1
"""


class Front(Kernel):
    """A front end: it keeps what the kernel's widgets tell, clicks, and waits for words on the page."""

    def __init__(self, client):
        super().__init__(client)
        self.page = Page()
        receive = client.get_iopub_msg

        def get_iopub_msg(*args, **options):
            message = receive(*args, **options)
            self.page.take(message["msg_type"], message["content"])
            return message

        client.get_iopub_msg = get_iopub_msg

    def show(self, code, cell):
        """Run a cell and return the id of the widget that it displays."""
        reply, published = self.run(code, cell=cell)
        assert reply["status"] == "ok", published
        bundles = [one["content"]["data"] for one in published if "data" in one["content"]]
        return next(bundle[WIDGET]["model_id"] for bundle in bundles if WIDGET in bundle)

    def let_read(self):
        """Turn the kernel's clock past the time in which a question takes no answer."""
        reply, published = self.run("from tests.support.consent import let_read\nlet_read()")
        assert reply["status"] == "ok", published

    def click(self, view, words):
        self.wait(lambda: self.page.button(view, words), words)
        data = {"method": "custom", "content": {"event": "click"}}
        comm = {"comm_id": self.page.button(view, words), "data": data}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", comm))

    def wait(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"not in time: {what}"
            try:
                self.client.get_iopub_msg(timeout=0.2)
            except queue.Empty:
                continue


@pytest.fixture(scope="module", params=[*ROWS, "newest"])
def front(request, tmp_path_factory):
    env = environment(tmp_path_factory.mktemp("kernel"))
    paths = [str(FOLDER / request.param)] if request.param != "newest" else []
    paths.append(str(ROOT))  # for `let_read`
    env["PYTHONPATH"] = os.pathsep.join([*paths, *filter(None, [os.environ.get("PYTHONPATH")])])
    manager, client = real_kernel(env=env)
    front = Front(client)
    reply, published = front.run(QUICK)
    assert reply["status"] == "ok", published
    version = front.value("__import__('ipykernel').__version__").strip("'")
    if request.param != "newest":
        assert version.startswith(request.param.removeprefix("ipykernel-").replace("-", "."))
    yield front
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_on_ci_the_first_ipykernel_with_contexts_is_tried():
    assert not on_ci() or "ipykernel-7-0-1" in ROWS


def test_a_form_says_where_its_launch_stands_until_it_runs(front):
    body = {**MINIMAL, "name": "by-form"}
    view = front.show(f"form = LaunchForm({body!r}, practice=True)\nform", "cell-1")
    front.click(view, "Launch")
    front.let_read()
    front.click(view, "Yes, launch it")
    front.wait(lambda: "running (id " in front.page.html(view), "the form says that it runs")
    assert front.value("form.launches[-1].id").strip("'") in front.page.html(view)


def test_a_card_of_a_line_says_where_its_launch_stands_until_it_runs(front):
    line = "%ppio_launch --practice --name by-line --product a100-80g --image ubuntu:24.04"
    view = front.show(line, "cell-2")
    front.let_read()
    front.click(view, "Yes, launch it")
    front.wait(lambda: "running (id " in front.page.html(view), "the card says that it runs")


def test_only_here_a_form_has_a_sign_in_field(front):
    view = front.show("LaunchForm()", "cell-3")
    assert front.page.button(view, "Sign in to launch for real")
