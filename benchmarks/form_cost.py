"""What the form costs on the kernel's side: models, messages, bytes, milliseconds.

Run with ``.venv/bin/python benchmarks/form_cost.py``. Models, messages and bytes are exact and are also
held by ``tests/widgets/test_budget.py``; times depend on the machine.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

import comm
from comm.base_comm import BaseComm

from ppio_widgets import LaunchForm

RUNS = 20
sent: list[tuple[str, int]] = []


class RecordingComm(BaseComm):
    """A comm that only counts."""

    def publish_msg(self, msg_type: str, data: Any = None, *_parts: Any, **keys: Any) -> None:
        """Record one message."""
        names = {key: value for key, value in keys.items() if isinstance(value, str)}
        content = {"comm_id": self.comm_id, "data": data, **names}
        sent.append((msg_type, len(json.dumps(content, ensure_ascii=False).encode())))


def body(rows: int) -> dict[str, Any]:
    """Return a body with many environment variables."""
    return {
        "name": "demo",
        "product_id": "p",
        "image": "ubuntu:24.04",
        "billing": {"mode": "postpaid"},
        "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
        "envs": [{"key": f"KEY_{number}", "value": str(number)} for number in range(rows)],
    }


def report(what: str, times: list[float]) -> None:
    """Print one line and forget the messages."""
    models = sum(kind == "comm_open" for kind, _ in sent)
    size = sum(size for _, size in sent) / 1000
    middle = statistics.median(times) * 1000
    print(f"{what:<28}{models:>6} models {len(sent) - models:>6} messages {size:>8.1f} kB {middle:>8.2f} ms")
    sent.clear()


def main() -> None:
    """Measure opening, a keystroke and a row."""
    comm.create_comm = RecordingComm
    for rows in (0, 50, 200):
        times = []
        for _ in range(RUNS):
            sent.clear()
            began = time.perf_counter()
            form = LaunchForm(body(rows), practice=True)
            times.append(time.perf_counter() - began)
            kept = list(sent)
            if len(times) < RUNS:
                form.close()
        sent[:] = kept
        report(f"open, {rows} rows", times)
        name = form._sections.fields["name"].widget
        times = []
        for number in range(RUNS):
            sent.clear()
            state = {"method": "update", "state": {"value": f"demo{number}"}, "buffer_paths": []}
            began = time.perf_counter()
            name._handle_msg({"content": {"data": state}, "buffers": []})
            times.append(time.perf_counter() - began)
        report(f"a key in the name, {rows} rows", times)
        form.close()
        sent.clear()


if __name__ == "__main__":
    main()
