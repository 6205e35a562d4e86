"""The second output over a real kernel's wire: shown with its cell, and written from a worker's thread."""

import time

import pytest

from tests.support.bodies import MINIMAL
from tests.support.kernel import Kernel, environment, real_kernel
from tests.support.sweep import ENV_SECRET, hits
from tests.support.wire import PATIENCE

VIEW = "application/vnd.jupyter.widget-view+json"
BODY = {**MINIMAL, "product_id": "a100-80g", "envs": [{"key": "HF_TOKEN", "value": {"$env": "HF_TOKEN"}}]}
FORM = f"from ppio_widgets import LaunchForm\nform = LaunchForm({BODY!r}, practice=True)\nform"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    env = environment(tmp_path_factory.mktemp("kernel")) | {"HF_TOKEN": ENV_SECRET}
    manager, client = real_kernel(env=env)
    kernel = Kernel(client)
    kernel.run("from ppio_widgets.instances import watcher\nwatcher.POLL_SECONDS = 0.1")
    yield kernel
    client.stop_channels()
    manager.shutdown_kernel(now=True)


class Outputs(dict):
    """What a front end keeps: the outputs of the first cell, by display id; an update goes by it alone."""

    def take(self, published):
        for one in published:
            content = one["content"]
            if one["msg_type"] in ("display_data", "execute_result"):
                self[content.get("transient", {}).get("display_id", "view")] = content["data"]
            elif one["msg_type"] == "update_display_data" and content["transient"]["display_id"] in self:
                self[content["transient"]["display_id"]] = content["data"]

    @property
    def card(self):
        return next(data for key, data in self.items() if key != "view").get("text/plain", "")

    def until(self, kernel, text):
        """Take what comes, in whatever cell is running by then, until a text is on the card."""
        end = time.monotonic() + 3 * PATIENCE
        while text not in self.card:
            assert time.monotonic() < end, self.card
            self.take(kernel.run("import time\ntime.sleep(0.05)", cell="another")[1])
        return self.card


def test_a_form_has_two_outputs_and_the_second_is_written_with_the_outcome(kernel):
    _, published = kernel.run(FORM, cell="cell-1")
    outputs = Outputs()
    outputs.take(published)
    assert len(outputs) == 2
    assert VIEW in outputs["view"]
    assert outputs.card == "", "empty at first"
    outputs.until(kernel, "nothing was launched")
    identity = kernel.value("form.launch().wait_for_answer(20).id").strip("'")
    card = outputs.until(kernel, f"running (id {identity})")
    assert "This practice cloud ends with its kernel; nothing of it comes back." in card
    assert "--env HF_TOKEN" in card
    assert hits(str(outputs)) == []


def test_a_line_with_buttons_has_two_outputs_as_well(kernel):
    kernel.run("%load_ext ppio_widgets")
    line = "%ppio_launch --practice --name by-line --product a100-80g --image i"
    outputs = Outputs()
    outputs.take(kernel.run(line, cell="cell-1")[1])
    assert len(outputs) == 2
    assert "%ppio_launch --name by-line" in outputs.until(kernel, "waiting for your confirmation")
    launched = Outputs()
    launched.take(kernel.run(f"{line} --yes", cell="cell-2")[1])
    assert len(launched) == 2
    launched.until(kernel, "running (id ")
