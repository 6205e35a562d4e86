"""Rent a PPIO GPU instance from a notebook: a form, a line magic, a practice cloud.

Names are imported when they are first used: importing this package imports
neither httpx nor pydantic nor ipywidgets.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ppio_widgets.runtime.kernel import outer_names

if TYPE_CHECKING:
    from ppio_widgets.api import launch
    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.errors import (
        AccessDenied,
        ActionUnconfirmed,
        AnswerUnreadable,
        ApiError,
        ConsentNeeded,
        CredentialsError,
        HostRefused,
        InputError,
        LaunchAbsent,
        LaunchRefused,
        MomentUnreadable,
        NotSent,
        OutcomeUnknown,
        PpioError,
        PresetRefused,
        RequestInvalid,
        Unreachable,
    )
    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.launches.plan import LaunchPlan
    from ppio_widgets.request.envref import EnvRef
    from ppio_widgets.request.models import CreateInstanceRequest
    from ppio_widgets.request.validation import check
    from ppio_widgets.widgets.board import InstanceBoard
    from ppio_widgets.widgets.form.launch_form import LaunchForm

__version__ = "0.1.0"

__all__ = [
    "AccessDenied",
    "ActionUnconfirmed",
    "AnswerUnreadable",
    "ApiError",
    "ConsentNeeded",
    "CreateInstanceRequest",
    "CredentialsError",
    "EnvRef",
    "HostRefused",
    "InputError",
    "Instance",
    "InstanceBoard",
    "Launch",
    "LaunchAbsent",
    "LaunchForm",
    "LaunchPlan",
    "LaunchRefused",
    "MomentUnreadable",
    "NotSent",
    "OutcomeUnknown",
    "PpioClient",
    "PpioError",
    "PresetRefused",
    "RequestInvalid",
    "Unreachable",
    "check",
    "launch",
]

_HOMES = {
    "CreateInstanceRequest": "ppio_widgets.request.models",
    "EnvRef": "ppio_widgets.request.envref",
    "Instance": "ppio_widgets.api",
    "InstanceBoard": "ppio_widgets.widgets.board",
    "Launch": "ppio_widgets.launches.launch",
    "LaunchForm": "ppio_widgets.widgets.form.launch_form",
    "LaunchPlan": "ppio_widgets.launches.plan",
    "PpioClient": "ppio_widgets.cloud.client",
    "check": "ppio_widgets.request.validation",
    "launch": "ppio_widgets.api",
}


outer_names.update(
    {
        "cloud": "api:connect",
        "note gone": "launches.history:note_gone",
        "name of gone": "launches.history:gone_name",
        "card of instances.instance:Instance": "cards.instance:drawn",
        "view of instances.instance:Instance": "widgets.instance_card:InstanceCard",
        "card of instances.listing:Board": "cards.lists:board_drawn",
        "card of launches.launch:Launch": "cards.static:launch_drawn",
        "view of launches.launch:Launch": "widgets.instance_card:LaunchCard",
        "card of launches.plan:LaunchPlan": "cards.static:plan_drawn",
        "card of launches.plan:Products": "cards.lists:products_drawn",
    }
)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES.get(name, "ppio_widgets.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


def load_ipython_extension(shell: Any) -> None:
    """Register the magics (IPython's hook for ``%load_ext ppio_widgets``)."""
    from ppio_widgets.magics.extension import load  # noqa: PLC0415 - IPython only when it asks

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics away again."""
    from ppio_widgets.magics.extension import unload  # noqa: PLC0415

    unload(shell)
