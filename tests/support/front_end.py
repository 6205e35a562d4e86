"""What a page shows, kept from the messages of its widgets as a front end keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MODEL = "IPY_MODEL_"


class Page:
    """The state of each model, by its id: what was sent, not what Python holds."""

    def __init__(self) -> None:
        self.models: dict[str, dict[str, Any]] = {}

    def take(self, kind: str, content: Mapping[str, Any]) -> None:
        """Take a message about a comm; others change nothing."""
        data = content.get("data") or {}
        if kind == "comm_open":
            self.models[content["comm_id"]] = dict(data["state"])
        elif kind == "comm_msg" and data.get("method") in ("update", "echo_update"):
            self.models.setdefault(content["comm_id"], {}).update(data["state"])
        elif kind == "comm_close":
            self.models.pop(content["comm_id"], None)

    def widgets(self, model: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Give a widget and all within it, with their ids, in reading order."""
        state = self.models.get(model, {})
        yield model, state
        for child in state.get("children", ()):
            yield from self.widgets(child.removeprefix(MODEL))

    def html(self, model: str) -> str:
        """Return all HTML of a widget."""
        shown = (state for _id, state in self.widgets(model) if state.get("_model_name") == "HTMLModel")
        return "\n".join(state.get("value", "") for state in shown)

    def button(self, model: str, description: str) -> str:
        """Return the id of the button with these words, or nothing where there is none."""
        return next((key for key, one in self.widgets(model) if one.get("description") == description), "")
