"""A front end without a browser: it counts what is sent and plays what a person does."""

from __future__ import annotations

import json
from typing import Any

import comm
from comm.base_comm import BaseComm

# Kind and size in bytes of every message, in the order in which they were sent.
sent: list[tuple[str, int]] = []


class RecordingComm(BaseComm):
    """A comm that only counts."""

    def publish_msg(
        self, msg_type: str, data: Any = None, _metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        """Record one message: the size of its content as JSON, and of its buffers."""
        content = {"comm_id": self.comm_id, "data": data, **keys}
        size = len(json.dumps(content, ensure_ascii=False).encode())
        sent.append((msg_type, size + sum(len(part) for part in buffers or ())))


def record() -> None:
    """Record what widgets send from now on."""
    comm.create_comm = RecordingComm


def counted() -> dict[str, float]:
    """Return what was sent since it was asked before."""
    opened = sum(kind == "comm_open" for kind, _ in sent)
    totals = {
        "comm_opens": float(opened),
        "other_messages": float(len(sent) - opened),
        "bytes": float(sum(size for _, size in sent)),
    }
    sent.clear()
    return totals


def type_into(widget: Any, text: str) -> None:
    """Change a control's value as the front end does."""
    _message(widget, {"method": "update", "state": {"value": text}, "buffer_paths": []})


def choose(buttons: Any, index: int) -> None:
    """Choose one of several, as the front end does."""
    _message(buttons, {"method": "update", "state": {"index": index}, "buffer_paths": []})


def press(button: Any) -> None:
    """Click a button."""
    _message(button, {"method": "custom", "content": {"event": "click"}})


def _message(widget: Any, data: dict[str, Any]) -> None:
    widget._handle_msg({"content": {"data": data}, "buffers": []})
