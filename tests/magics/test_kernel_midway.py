"""A real kernel that is interrupted, or killed, while a launch is on its way."""

import os
import signal
import threading

import pytest

from ppio_widgets.launches.ledger import Ledger
from ppio_widgets.launches.states import LaunchState
from tests.support.bodies import MINIMAL
from tests.support.kernel import Kernel, environment, real_kernel, text_of
from tests.support.wire import PATIENCE, REAL_KEY, faulty, listing, no_class, nothing_there, row, says

LINE = "%ppio_launch --name demo --product p --image i --yes"


class Held:
    """A create call whose answer is held back until it is let go."""

    def __init__(self):
        self.arrived = threading.Event()

    def __call__(self, server, connection):
        server.read(connection)
        self.arrived.set()
        server.let_go.wait(60)
        text = b'{"id": "kept-1"}'
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))


@pytest.fixture
def kernels(tmp_path):
    running = []

    def start(**more):
        manager, client = real_kernel(env=environment(tmp_path) | more)
        running.append((manager, client))
        kernel = Kernel(client)
        kernel.manager = manager
        return kernel

    yield start
    for manager, client in running:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def when(event, act):
    """Do something once an event is there, while this thread is busy with the kernel."""

    def wait():
        assert event.wait(30)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_interrupt_ends_the_waiting_and_keeps_the_answer(kernels):
    held = Held()
    running = says(200, {"id": "kept-1", "name": "demo", "status": {"status": "running"}})
    with faulty(no_class, nothing_there, held, running) as server:
        kernel = kernels(PPIO_GPU_BASE_URL=server.url)
        kernel.run("%load_ext ppio_widgets")
        pid = kernel.manager.provisioner.pid
        interrupting = when(held.arrived, lambda: os.kill(pid, signal.SIGINT))
        reply, published = kernel.run(LINE)
        interrupting.join(PATIENCE)
        assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
        said = text_of(published)
        assert "The wait was interrupted; the launch goes on" in said
        launch_id = said.strip().rpartition(" ")[2]
        server.let_go.set()
        kernel.run(
            "import threading\n[one.join(20) for one in threading.enumerate() if one.name == 'ppio-launch']"
        )
        reply, published = kernel.run(f"%ppio launches look {launch_id}")
        assert "(id kept-1)" in text_of(published)
        assert server.posts == 1


def test_a_killed_kernel_leaves_a_record_that_is_looked_up(kernels, tmp_path):
    held = Held()
    found = listing(row("demo", "found-1"))
    with faulty(nothing_there, held, found) as server:
        kernel = kernels()
        kernel.run("from ppio_widgets import launch")
        code = f"launch({MINIMAL!r}, base_url={server.url!r}, api_key={REAL_KEY!r})"
        message = kernel.client.session.msg(
            "execute_request", {"code": code, "silent": False, "allow_stdin": False, "user_expressions": {}}
        )
        kernel.client.shell_channel.send(message)
        assert held.arrived.wait(30)
        os.kill(kernel.manager.provisioner.pid, signal.SIGKILL)
        (record,) = Ledger(tmp_path / "state" / "launches").read().records
        assert record.state is LaunchState.SENDING
        server.let_go.set()

        restarted = kernels()
        _, published = restarted.run("%load_ext ppio_widgets")
        said = text_of(published)
        assert "it is not known whether it was launched" in said
        assert f"%ppio launches look {record.launch_id}" in said
        again = restarted.run(f"from ppio_widgets import launch\n{code}")[0]
        assert again["ename"] == "ConsentNeeded"
        look = f"from ppio_widgets.api import look_up\nlook_up({record.launch_id!r}, api_key={REAL_KEY!r})"
        restarted.run(look)
        assert "id found-1" in restarted.value(look)
        assert server.posts == 1
        assert REAL_KEY not in "".join(path.read_text() for path in (tmp_path / "state").rglob("*.json"))
