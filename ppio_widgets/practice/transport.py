"""The practice cloud inside this process, as an httpx transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from ppio_widgets.practice.failures import AnswerLost
from ppio_widgets.practice.routes import answer

if TYPE_CHECKING:
    from ppio_widgets.practice.cloud import PracticeCloud

# The events of httpx's real transport, in its order. A client that learns from
# them whether a request has left must learn the same here.
_BEFORE = ("connection.connect_tcp", "http11.send_request_headers", "http11.send_request_body")
_AFTER = ("http11.receive_response_headers",)


class PracticeTransport(httpx.BaseTransport):
    """Answers requests from a practice cloud, firing the trace events of a real one."""

    def __init__(self, cloud: PracticeCloud) -> None:
        self.cloud = cloud

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request (httpx's hook)."""
        request.read()
        self._fire(request, _BEFORE)
        try:
            result = answer(self.cloud, request)
        except AnswerLost:
            # The words of the real one when a server ends the connection.
            message = "Server disconnected without sending a response."
            raise httpx.RemoteProtocolError(message, request=request) from None
        self._fire(request, _AFTER)
        return result

    @staticmethod
    def _fire(request: httpx.Request, events: tuple[str, ...]) -> None:
        trace: Any = request.extensions.get("trace")
        if trace is not None:
            for event in events:
                trace(f"{event}.started", {})
                trace(f"{event}.complete", {})
