"""The kernel's environment, which holds keys and other secrets.

A traceback in IPython's ``%xmode Verbose`` shows what the expressions of a line hold. ``os.environ`` is
one, and an Interrupt near it would show all of it. A call is shown as it stands, so this package asks by
calls: by `os.getenv`, and by `variables` for all of them.
"""

from __future__ import annotations

import os
from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

_environ: Callable[[object], MutableMapping[str, str]] = attrgetter("environ")


def variables() -> MutableMapping[str, str]:
    """Return all variables of the environment, by name; a caller binds them to no name of a module."""
    return _environ(os)
