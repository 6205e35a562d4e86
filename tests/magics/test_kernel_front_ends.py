"""Front ends that tell no cell (nbclassic, a server that runs the cells of a page), and Colab."""

from __future__ import annotations

import pytest
from jupyter_client.blocking import BlockingKernelClient

from tests.support.kernel import Kernel, environment, real_kernel, text_of

LINE = "%ppio_launch --practice --name demo --unique-name --product a100-80g --image ubuntu:24.04"
FORM = "from ppio_widgets import LaunchForm\nform = LaunchForm(practice=True)\nform"
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def connect(tmp_path_factory):
    """Connects one more front end to the kernel: its messages name a session of their own."""
    env = environment(tmp_path_factory.mktemp("kernel"))
    manager, first = real_kernel(env=env)
    clients = [first]

    def connect():
        client = BlockingKernelClient(
            connection_file=manager.connection_file
        )  # `manager.client` shares a session
        client.load_connection_file()
        client.start_channels()
        clients.append(client)
        client.wait_for_ready(timeout=60)
        return Kernel(client)

    reply, published = Kernel(first).run("%load_ext ppio_widgets")
    assert reply["status"] == "ok", published
    yield connect
    for client in clients:
        client.stop_channels()
    manager.shutdown_kernel(now=True)


def press(front, model):
    """Send what the script of a view sends when a page has drawn it, and wait until it is heard of."""
    data = {"method": "custom", "content": {"event": "click"}}
    message = front.client.session.msg("comm_msg", {"comm_id": model, "data": data})
    front.client.shell_channel.send(message)
    front.run("None")  # behind it: what another front end sends may overtake it


def count(front):
    front.run("from ppio_widgets.practice.cloud import kernel_account")
    return int(front.value("len(kernel_account().page(limit=1000)['data'])"))


def shows_buttons(front, **options):
    """Run a line: whether it showed a view with buttons; nothing is sent in any case."""
    before = count(front)
    _reply, published = front.run(LINE, **options)
    assert count(front) == before
    return any(VIEW in one["content"].get("data", {}) for one in published)


def asks_in_text(front):
    before = count(front)
    reply, published = front.run(f"x = {LINE}", stdin=True, answer="n")
    assert reply["status"] == "ok"
    assert count(front) == before
    return "Not launched" in text_of(published) or "Nothing was sent" in text_of(published)


def test_nbclassic_is_asked_in_text_until_a_widget_of_it_was_heard_of(connect):
    page = connect()
    assert asks_in_text(page)
    reply, published = page.run(LINE)
    assert reply["status"] == "error", "where nobody can type, nothing is guessed"
    assert "add --yes" in "".join(reply["traceback"])
    _reply, published = page.run(FORM)
    assert any(VIEW in one["content"].get("data", {}) for one in published)
    press(page, page.value("form._shown.model_id").strip("'"))
    assert shows_buttons(page)
    assert shows_buttons(page, stdin=True)
    console = connect()
    assert not shows_buttons(console)
    assert asks_in_text(console), "a console of the same kernel has no buttons"


def test_cells_that_a_server_runs_for_a_page_have_buttons(connect):
    server, page = connect(), connect()
    assert not shows_buttons(server)
    server.run(FORM)
    press(page, server.value("form._shown.model_id").strip("'"))
    assert shows_buttons(server)


def test_colab_tells_its_cells_in_its_own_way(connect):
    assert shows_buttons(connect(), metadata={"colab": {"cell_id": "abc"}})
