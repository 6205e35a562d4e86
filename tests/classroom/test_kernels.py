"""Students at once: a kernel for each, all on one served class, doing the quickstart and lesson 1.

Four of them in `make test`, thirty in `make class`.
"""

from __future__ import annotations

import os
import re
from decimal import Decimal

import pytest

from tests.support.kernel import Kernel, environment, real_kernel, text_of

from .served import served

STUDENTS = int(os.environ.get("PPIO_WIDGETS_STUDENTS", "4"))
NAMES = [f"s{number:02}" for number in range(1, STUDENTS + 1)]
RENT = "%ppio_launch --product 3090.8c30g.os --image ubuntu:24.04 --rootfs 20"
NIGHT = "# Nothing is on, and the teacher lets a night pass."
SEES = """from ppio_widgets.api import connect
print("sees:", *sorted(one.name for one in connect().list_instances()))"""
CELLS = (
    "%load_ext ppio_widgets\n%ppio class join {student} 47{student}",
    "%ppio check 1.0 189",
    f"run = {RENT} --name {{student}}-line --port 8888/http --yes\nrun.wait(60).instance.status",
    "%ppio check 0.1",
    "%ppio check 1.2",
    "%ppio check 1.3 2.96",
    SEES,
    # There are fewer GPUs than all of them would take at once.
    "print(run.instance.delete().outcome)",
    # The next answer is lost, and is looked up.
    f"again = {RENT} --name {{student}}-again --yes\nprint(again.source, len(again.wire))",
    "%ppio check 1.4",
    "print(again.instance.delete().outcome)",
    'from ppio_widgets import launch\ntwin = launch({{**run.plan.body, "name": "{student}-python"}})',
    "%ppio check 0.2",
    "print(twin.instance.delete().outcome)",
    "%ppio check 0.3",
    NIGHT,
    "%ppio check 1.6",
    "%ppio class",
    "%ppio check 1.5 {spent}",
)


class Student:
    """A person with a kernel, who runs one cell after another; each has to run, each check to pass."""

    def __init__(self, name, folder, url):
        self.name, self.spent, self.told = name, "", {}
        self._manager, client = real_kernel(env=environment(folder) | {"PPIO_GPU_BASE_URL": url})
        self._kernel = Kernel(client)

    def begin(self, cell):
        self._asked = self._kernel.ask(cell.format(student=self.name, spent=self.spent))

    def end(self, cell):
        reply, published = self._kernel.answered(self._asked)
        told = self.told[cell] = text_of(published)
        assert reply["status"] == "ok", f"{self.name}, {cell!r}: {told} {reply}"
        if cell == "%ppio class":
            self.spent = re.search(r"¥([0-9.]+) spent", told)[1]
        for exercise in re.findall(r"^%ppio check (\S+)", cell):
            assert f"✓ {exercise} is passed." in told, f"{self.name}: {told}"

    def close(self):
        self._kernel.client.stop_channels()
        self._manager.shutdown_kernel(now=True)


@pytest.fixture
def room(tmp_path):
    with served(tmp_path) as room:
        yield room


@pytest.fixture
def students(tmp_path, room):
    begun = []
    for name in NAMES:
        folder = tmp_path / name
        folder.mkdir()
        begun.append(Student(name, folder, room.url))
    yield begun
    for one in begun:
        one.close()


@pytest.mark.long
def test_all_do_the_quickstart_and_lesson_1_at_once(room, students):
    for cell in CELLS:
        if cell == NIGHT:
            room.room.jump("15h")
        for student in students:
            student.begin(cell)
        for student in students:
            student.end(cell)
        room.weigh()

    board = room.room.progress()
    rows = {one.student: one for one in board.students}
    assert sorted(rows) == NAMES
    for student in students:
        told = "".join(student.told.values())
        assert f"\nsees: {student.name}-line\n" in told, "nobody sees a neighbour"
        assert "\nlisting 2\n" in told, "the lost answer was looked up"
        row = rows[student.name]
        assert (row.on, row.yellow) == ((), False)
        assert set(row.passed) == set(board.exercises)
        assert abs(row.spent - Decimal(student.spent)) < Decimal("0.01")
    assert room.megabytes < 100
    assert room.share < 0.1, "of a core"
