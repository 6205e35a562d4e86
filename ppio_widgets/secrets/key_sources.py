"""Keys kept by others: Colab's secrets and the system's keyring, where they are at hand.

Neither is a dependency. Whatever goes wrong with them means "no key here", and only the
kind of what went wrong is logged: its words may hold what was asked for, or found.
"""

from __future__ import annotations

import logging
import sys
import threading
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ppio_widgets import environment

log = logging.getLogger("ppio_widgets")

# The name of our keys in a keyring; the user's name beside it is the host.
KEYRING_SERVICE = "ppio-widgets"


def ask_colab(variable: str) -> str | None:
    """Return the secret of this name that the notebook may read, or None.

    Colab asks the page through the kernel's stdin and waits without end for an answer:
    on any other thread that steals an `input`, and where the package is merely installed
    nobody ever answers. So only the main thread of a Colab machine asks.
    """
    on_colab = any(name.startswith("COLAB_") for name in environment.variables())
    on_main = threading.current_thread() is threading.main_thread()
    return _ask("google.colab", "google.colab.userdata", "get", variable) if on_colab and on_main else None


def ask_keyring(name: str) -> str | None:
    """Return the password that the system's keyring keeps for a host, or None."""
    return _ask("keyring", "keyring", "get_password", KEYRING_SERVICE, name)


def _ask(package: str, module: str, function: str, *arguments: str) -> str | None:
    if not _importable(package):
        return None
    answer: Any = None
    try:
        answer = getattr(import_module(module), function)(*arguments)
    except Exception as error:  # noqa: BLE001 - theirs to fail in any way
        log.debug("%s: %s", package, type(error).__name__)
    return answer if isinstance(answer, str) and answer.strip() else None


def _importable(package: str) -> bool:
    """Whether a package is there; to tell, its parents are imported, and those may fail."""
    if package in sys.modules:
        return sys.modules[package] is not None
    try:
        return find_spec(package) is not None
    except Exception as error:  # noqa: BLE001 - a missing parent, or one that breaks
        log.debug("%s: %s", package, type(error).__name__)
        return False
