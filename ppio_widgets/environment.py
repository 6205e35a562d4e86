"""The kernel's environment, which holds keys and other secrets.

A traceback in IPython's ``%xmode Verbose`` shows what the expressions of a line hold. ``os.environ`` is
one, and an Interrupt near it would show all of it; `os.getenv` has it within. A call is shown as it
stands, and what it holds meanwhile goes with its frame, so this package asks here.
"""

from __future__ import annotations

import os
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

_environ: Callable[[object], MutableMapping[str, str]] = attrgetter("environ")


def variable(name: str) -> str | None:
    """Return what a variable of the environment holds; None where it is not set."""
    return _environ(os).get(name)


def variables() -> dict[str, str]:
    """Return what all variables of the environment hold now; other threads may set some meanwhile."""
    return {name: value for name in list(_environ(os)) if (value := variable(name)) is not None}
