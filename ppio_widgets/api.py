"""The Python face: which cloud, and a launch in one call.

`connect` is the one place that decides between practice and live; form, line
and Python all come through it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.cloud.credentials import PRACTICE_KEY, find_key
from ppio_widgets.cloud.host import read_host
from ppio_widgets.errors import RequestInvalid
from ppio_widgets.launcher.launch import Launch, LaunchState
from ppio_widgets.launcher.plan import LaunchPlan, Target
from ppio_widgets.request.check import Report, check
from ppio_widgets.request.models import CreateInstanceRequest

PRACTICE_VARIABLE = "PPIO_WIDGETS_PRACTICE"


def connect(
    *,
    practice: bool | None = None,
    api_key: str | None = None,
    base_url: str | None = None,
    fall_back: bool = False,
    need_key: bool = True,
) -> PpioClient:
    """Return a client of the cloud that is meant.

    Parameters
    ----------
    practice : bool, optional
        True for the practice cloud: the one served at a loopback base URL, else
        the one in this process. False for the live one. Without it,
        ``PPIO_WIDGETS_PRACTICE=1`` decides.
    api_key, base_url : str, optional
        See `PpioClient`.
    fall_back : bool
        Whether to take the practice cloud when there is no key. A form does; a
        line or a call never does.
    need_key : bool
        Whether a missing key is an error now rather than when a request is made.

    Raises
    ------
    CredentialsError, HostRefused
    """
    if practice is None:
        practice = os.environ.get(PRACTICE_VARIABLE) == "1" or None
    host = read_host(base_url)
    if practice is None and fall_back and find_key(host, api_key) is None:
        practice = True
    if not practice:
        client = PpioClient(api_key, base_url=base_url)
        if need_key:
            client.require_key()
        return client
    if host.loopback:
        return PpioClient(base_url=host.base_url)
    from ppio_widgets.practice import kernel_account  # noqa: PLC0415 - only who practises loads it
    from ppio_widgets.practice.transport import PracticeTransport  # noqa: PLC0415

    transport = PracticeTransport(kernel_account())
    return PpioClient(PRACTICE_KEY, base_url="http://localhost", transport=transport, practice=True)


def launch(
    body: Mapping[str, Any] | CreateInstanceRequest,
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    practice: bool | None = None,
) -> Launch:
    """Launch an instance: one request, sent once. Calling this is consent.

    Parameters
    ----------
    body : mapping or CreateInstanceRequest
        The body of "create instance"; nothing is added to it.
    api_key, base_url, practice
        Which cloud; see `connect`.

    Returns
    -------
    Launch
        With the instance's `id`; ``.wait()`` waits until it runs. Interrupting this
        call stops the waiting, not the launch.

    Raises
    ------
    RequestInvalid
        With every error at once; nothing was sent.
    CredentialsError, HostRefused, LaunchRefused, NotSent
        Nothing was sent.
    ApiError
        The server refused it.
    OutcomeUnknown
        It may have arrived: look before you send again.
    """
    report = _judged(body)
    report.require()
    client = connect(practice=practice, api_key=api_key, base_url=base_url)
    return finish(Launch(LaunchPlan(report, Target.of(client)), client))


def _judged(body: Mapping[str, Any] | CreateInstanceRequest) -> Report:
    if isinstance(body, CreateInstanceRequest):
        return Report(body, body.body())
    if not isinstance(body, Mapping):
        raise RequestInvalid("body_kind", kind=type(body).__name__)
    return check(body)


def finish(begun: Launch) -> Launch:
    """Submit a launch and wait for the server's answer.

    Raises
    ------
    PpioError
        Whatever kept it from being an instance.
    """
    begun.submit()
    begun.wait_for_answer()
    if begun.state is not LaunchState.SUCCEEDED and begun.error is not None:
        raise begun.error
    return begun
