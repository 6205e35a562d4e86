"""Rent a PPIO GPU instance from a notebook: a form, a line magic, a practice cloud.

Names are imported when they are first used: importing this package imports
neither httpx nor pydantic nor ipywidgets.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ppio_widgets.runtime.kernel import outer_names, refuse_old

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
    from ppio_widgets.practice.account import Slow
    from ppio_widgets.practice.classroom.teacher import Classroom
    from ppio_widgets.request.envref import EnvRef
    from ppio_widgets.request.models import CreateInstanceRequest
    from ppio_widgets.request.validation import check
    from ppio_widgets.widgets.board import InstanceBoard
    from ppio_widgets.widgets.form.launch_form import LaunchForm

refuse_old()

__version__ = "0.1.0"

__all__ = [
    "AccessDenied",
    "ActionUnconfirmed",
    "AnswerUnreadable",
    "ApiError",
    "Classroom",
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
    "Slow",
    "Unreachable",
    "check",
    "launch",
]

# The modules of these names; any other public one is an error.
_HOMES = {
    "Classroom": "practice.classroom.teacher",
    "CreateInstanceRequest": "request.models",
    "EnvRef": "request.envref",
    "Instance": "api",
    "InstanceBoard": "widgets.board",
    "Launch": "launches.launch",
    "LaunchForm": "widgets.form.launch_form",
    "LaunchPlan": "launches.plan",
    "PpioClient": "cloud.client",
    "Slow": "practice.account",
    "check": "request.validation",
    "launch": "api",
    # IPython's hooks for `%load_ext` and `%unload_ext`
    "load_ipython_extension": "magics.extension",
    "unload_ipython_extension": "magics.extension",
}

outer_names.update(
    {
        "cloud": "api:connect",
        "note gone": "launches.history:note_gone",
        "name of gone": "launches.history:gone_name",
        "card of instances.instance:Instance": "cards.instance:card",
        "card of doctor.checkup:Checkup": "cards.checkup:checkup_card",
        "report of doctor.checkup:Checkup": "cards.checkup:report",
        "view of instances.instance:Instance": "widgets.instance_card:InstanceCard",
        "card of cloud.resources:Bill": "cards.lists:bill_card",
        "card of instances.listing:Board": "cards.lists:board_card",
        "card of practice.classroom.teacher:Progress": "cards.lists:class_card",
        "card of launches.launch:Launch": "cards.static:launch_card",
        "card of launches.launch:Wire": "cards.lists:wire_card",
        "view of launches.launch:Launch": "widgets.instance_card:LaunchCard",
        "card of launches.plan:LaunchPlan": "cards.static:plan_card",
        "card of launches.plan:Products": "cards.lists:products_card",
        "card of launches.plan:Storages": "cards.lists:storages_card",
    }
)


def __getattr__(name: str) -> Any:
    if name not in __all__ and name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"ppio_widgets.{_HOMES.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
