"""Real kernels: what a front end receives, and where nobody can answer."""

from __future__ import annotations

import pytest

from tests.support.bodies import MINIMAL
from tests.support.kernel import Kernel, environment, real_kernel, text_of

LINE = "%ppio_launch --practice --name demo --unique-name --product a100-80g --image i"

# A form whose price is two hours old, while the new one is on its way.
OLD_PRICE = """\
import threading
from ppio_widgets import LaunchForm, PpioClient
from ppio_widgets.runtime import kernel
from tests.support.consent import let_read
from tests.support.prices import BODY, pricing
from tests.support.threads import wait_for_threads
prices = pricing(lambda: kernel.current().clock.now())
cloud = prices.__enter__()
form = LaunchForm(BODY, client=PpioClient(base_url=cloud.server.url), language="en")
form.appear()
wait_for_threads("ppio-catalogue")
tick, now = kernel.current().clock.monotonic, kernel.current().clock.now
kernel.current().clock.monotonic = lambda: tick() + 7200.0
kernel.current().clock.now = lambda: now() + 7200.0
cloud.cents, cloud.gate = 2520, threading.Event()
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kernel")
    manager, client = real_kernel(env=environment(folder))
    started = Kernel(client)
    code = "%load_ext ppio_widgets\nfrom ppio_widgets.practice.cloud import kernel_account"
    reply, published = started.run(code)
    assert reply["status"] == "ok", published
    yield started
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def count(kernel):
    return int(kernel.value("len(kernel_account().page(limit=1000)['data'])"))


def test_a_bad_line_is_one_line_and_stops_run_all(kernel):
    reply, published = kernel.run("%ppio_launch --nam demo")
    assert reply["status"] == "error"
    line = "UsageError: There is no option --nam. Did you mean --name?"
    told = [one["content"] for one in published if one["msg_type"] == "error"]
    assert [one["traceback"] for one in told] == [[line]]
    assert reply["traceback"] == [line]
    assert not text_of(published)


def test_an_error_of_ours_is_one_line_and_stops_run_all(kernel):
    reply, published = kernel.run("import ppio_widgets\nppio_widgets.launch({}, practice=True)")
    assert reply["status"] == "error"
    error = next(one["content"] for one in published if one["msg_type"] == "error")
    assert len(error["traceback"]) == 1
    assert "name: Give the instance a name." in error["traceback"][0]


def test_where_nobody_can_answer_nothing_is_sent(kernel):
    before = count(kernel)
    reply, _published = kernel.run(LINE)
    assert reply["status"] == "error"
    assert "add --yes" in "".join(reply["traceback"])
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
    assert " on the practice cloud" in shown[0]["content"]["data"]["text/plain"]


def press(kernel, model):
    kernel.client.shell_channel.send(
        kernel.client.session.msg(
            "comm_msg", {"comm_id": model, "data": {"method": "custom", "content": {"event": "click"}}}
        )
    )


def test_a_click_while_a_cell_runs_does_not_answer_the_question_that_came_meanwhile(kernel):
    kernel.run(OLD_PRICE)
    form = "form._controls._question"
    press(kernel, kernel.value("form._controls._launch.model_id").strip("'"))
    yes = kernel.value(f"{form}._yes.model_id").strip("'")
    assert kernel.value(f"'Asking for the price again' in {form}._text.value") == "True"
    busy = kernel.client.session.msg(
        "execute_request",
        {
            "code": "cloud.gate.set()\nlet_read()",
            "silent": False,
            "allow_stdin": False,
            "user_expressions": {},
        },
    )
    kernel.client.shell_channel.send(busy)
    press(kernel, yes)  # handled after the cell, when the new question could have been read
    assert kernel.value(f"'¥25.20' in {form}._text.value") == "True"
    assert kernel.value("(form.session.status.value, cloud.posts)") == "('armed', 0)"
    press(kernel, kernel.value(f"{form}._yes.model_id").strip("'"))
    assert kernel.value("bool(form.session.launch.wait_for_answer(20).id), cloud.posts") == "(True, 1)"
    kernel.run("form.close()\nprices.__exit__(None, None, None)")
    kernel.run("clock = kernel.current().clock\ndel clock.monotonic, clock.now")


def test_clicks_over_the_wire_launch_once_and_the_answer_reaches_the_widgets(kernel):
    kernel.run(f"from ppio_widgets import LaunchForm\nform = LaunchForm({MINIMAL!r}, practice=True)")
    before = count(kernel)
    # However slow this is, no time to read goes by until it is let.
    kernel.run("from ppio_widgets.runtime import kernel\nkernel.current().clock.monotonic = lambda: 0.0")

    def click(expression):
        press(kernel, kernel.value(f"{expression}.model_id").strip("'"))

    click("form._controls._launch")
    click("form._controls._question._yes")
    assert kernel.value("form.session.status.value") == "'armed'", "it was not read yet"
    kernel.run("del kernel.current().clock.monotonic\nfrom tests.support.consent import let_read\nlet_read()")
    click("form._controls._question._yes")
    click("form._controls._question._yes")
    assert kernel.value("form.session.launch.wait_for_answer(20).state.value") == "'succeeded'"
    assert count(kernel) == before + 1
    assert kernel.value("'ppio' in __import__('threading').current_thread().name") == "False"
