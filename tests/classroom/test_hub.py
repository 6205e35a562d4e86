"""Five people of a real JupyterHub in one class: their names are the hub's, and nobody sees a neighbour."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, begun, new_page
from tests.browser.hosts.hub import PEOPLE, Hub, HubSheet
from tests.support.hosts import environments

from .served import served

# Who they are is told by the hub.
CELLS = [
    "%load_ext ppio_widgets\n%ppio class",
    """import os
name = os.environ["JUPYTERHUB_USER"] + "-first"
run = %ppio_launch --product 3090.8c30g.os --image ubuntu:24.04 --rootfs 20 --name $name --yes
run.wait(60)
%ppio check 1.2""",
    """from ppio_widgets.api import connect
print("sees:", *(one.name for one in connect().list_instances()))""",
    "print(run.instance.delete().outcome)",
]
SAYS = ["¥100.00 left", "✓ 1.2 is passed.", "sees: {person}-first", "confirmed deleted"]


def test_five_people_of_a_hub_take_part_by_their_names(tmp_path, chromium):
    python = environments() / "jupyterhub" / "bin" / "python"
    pages = []
    with served(tmp_path) as room, begun(Hub(tmp_path, room.url, python=str(python))) as hub:
        sheets = []
        for seat in hub.seats():
            pages.append(new_page(chromium))
            sheets.append(HubSheet(seat, pages[-1]))
            sheets[-1].open(CELLS)
        # All of them are there at once, and go on together.
        for number, says in enumerate(SAYS):
            for sheet in sheets:
                sheet.run(number)
            for sheet in sheets:
                told = sheet.output(number).last
                expect(told).to_contain_text(says.format(person=sheet.lab.person), timeout=PATIENCE)
        board = room.room.progress()
        for page in pages:
            page.context.close()
    rows = {one.student: one for one in board.students}
    assert sorted(rows) == sorted(PEOPLE)
    assert {(row.on, row.passed) for row in rows.values()} == {((), ("1.2",))}
