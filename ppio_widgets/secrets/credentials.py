"""The API key: it shows itself nowhere; and where it comes from."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NoReturn, TypeAlias

from ppio_widgets import environment
from ppio_widgets.errors import CredentialsError
from ppio_widgets.runtime import forks, kernel
from ppio_widgets.secrets.hosts import NOVITA, PPIO, Host, read_host

log = logging.getLogger("ppio_widgets")

# The name of our keys in a keyring; the user's name beside it is the host.
KEYRING_SERVICE = "ppio-widgets"

# A practice cloud takes every key of this shape, ``sk_practice_NAME.PIN``, and each is an account of
# its own. It opens nothing else, so it may be printed.
_PRACTICE_KEY = re.compile(r"sk_practice_[A-Za-z0-9._-]{1,100}")

# Where every kernel that has it takes its practice key from; without it a kernel draws its own.
PRACTICE_KEY_VARIABLE = "PPIO_WIDGETS_PRACTICE_KEY"

# Where `ppio-widgets practice` listens unless it is told otherwise.
PRACTICE_PORT = 8899

# Each key goes to its own host and to no other (PPIO's skills and Novita's CLI name them so).
KEY_VARIABLES = {PPIO: "PPIO_API_KEY", NOVITA: "NOVITA_API_KEY"}

SHORTEST = 8
LONGEST = 512

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class ApiKey:
    """An API key that does not show itself; `source` says where it came from, for people: ``"PPIO_API_KEY"``.

    White space around it is dropped. What cannot be a key raises a `CredentialsError`, which says what kind
    of thing is wrong with it and never holds the value.
    """

    __slots__ = ("_value", "source")

    def __init__(self, value: str, source: str) -> None:
        self._value = ""  # a traceback may show even what was never built
        self.source = source
        refusal = _refusal(value, source)
        if refusal is not None:
            del value  # what is nearly a key stays in no frame of the traceback
            raise refusal
        self._value = value.strip()

    @property
    def last_four(self) -> str:
        """What may be shown of it."""
        return self._value[-4:]

    def __repr__(self) -> str:
        return f"ApiKey(••••{self.last_four} from {self.source})"

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is neither pickled nor copied")

    def __getstate__(self) -> NoReturn:
        raise TypeError("an API key is neither pickled nor copied")


# What may be given as a key: itself, or a function that fetches it when a request is made.
KeySource: TypeAlias = str | ApiKey | Callable[[], str | ApiKey]


def hidden(argument: KeySource | None) -> ApiKey | Callable[[], str | ApiKey] | None:
    """Return what was given as a key so that no frame of a traceback shows it."""
    return ApiKey(argument, "api_key") if isinstance(argument, str) else argument


def reveal(key: ApiKey) -> str:
    """Return the key's value; called where the header is made, and where it is taken out of answers."""
    return key._value  # noqa: SLF001 - the one door


def digest(key: ApiKey) -> str:
    """Return what two keys have in common only when they are the same, and which gives none away."""
    return hashlib.sha256(reveal(key).encode()).hexdigest()


def is_practice_key(key: ApiKey | str) -> bool:
    """Whether a key is one of a practice cloud."""
    return _PRACTICE_KEY.fullmatch(key if isinstance(key, str) else reveal(key)) is not None


def draw_practice_key(name: str) -> str:
    """Return a new practice key: nobody else's account, in the name of whoever draws it."""
    return f"sk_practice_{name}.{secrets.token_hex(8)}"


def _refusal(value: object, source: str) -> CredentialsError | None:
    """Return what is wrong with a key, or None."""
    if not isinstance(value, str):
        return CredentialsError("key_kind", source=source, kind=type(value).__name__)
    value = value.strip()
    faults = {
        "key_empty": not value,
        "key_control": _CONTROL.search(value) is not None,
        "key_ascii": not value.isascii(),
        "key_blank": " " in value,
        "key_short": len(value) < SHORTEST,
        "key_long": len(value) > LONGEST,
    }
    return next((CredentialsError(code, source=source) for code, wrong in faults.items() if wrong), None)


class _Memory:
    """The keys kept until logout in a kernel or session, each for one host; nothing is written."""

    def __init__(self) -> None:
        self._lock = forks.lock()
        self._signed_in: dict[str, ApiKey] = {}
        self._kept: dict[str, ApiKey] = {}
        self._logouts = 0

    def sign_in(self, host: Host, key: ApiKey) -> None:
        with self._lock:
            self._signed_in[host.base_url] = key

    def signed_in(self, host: Host) -> ApiKey | None:
        with self._lock:
            return self._signed_in.get(host.base_url)

    def kept(self, host: Host) -> tuple[ApiKey | None, int]:
        """Return what Colab or the keyring once answered, and the number of logouts so far."""
        with self._lock:
            return self._kept.get(host.base_url), self._logouts

    def keep(self, host: Host, key: ApiKey, logouts: int) -> None:
        """Keep what they answered, unless somebody logged out while it was asked."""
        with self._lock:
            if logouts == self._logouts:
                self._kept[host.base_url] = key

    def forget(self) -> None:
        with self._lock:
            self._signed_in.clear()
            self._kept.clear()
            self._logouts += 1


def _memory() -> _Memory:
    return kernel.of(_Memory)


def remember_key(host: Host, key: ApiKey) -> None:
    """Keep a key for one host in this kernel's memory (``%ppio login``).

    Not for this machine: whatever listens there gets only what is passed to it.
    """
    if host.loopback:
        raise CredentialsError("key_loopback", host=host.name)
    _memory().sign_in(host, key)


def forget_keys() -> None:
    """Drop every key that was signed in with or found elsewhere (``%ppio logout``)."""
    _memory().forget()


def keys_at_hand() -> tuple[ApiKey, ...]:
    """Return the keys of the known hosts that this kernel knows already; nobody else is asked."""
    memory = _memory()
    found: list[ApiKey | CredentialsError | None] = []
    for base_url, variable in KEY_VARIABLES.items():
        host = read_host(base_url)
        found += [
            memory.signed_in(host),
            memory.kept(host)[0],
            _read(environment.variable(variable), variable),
        ]
    return tuple(key for key in found if isinstance(key, ApiKey))


def find_key(host: Host, argument: KeySource | None = None) -> ApiKey | None:
    """Return the key for a host, or None when there is none.

    The argument first. On loopback then only a practice key, so that no real key goes to
    whatever listens there: ``PPIO_WIDGETS_PRACTICE_KEY``, else one that this kernel draws.
    Elsewhere `remember_key`; and for the known hosts their environment variable, Colab's secret
    of that name, the keyring. One that cannot be a key is not passed over: it raises a `CredentialsError`.
    """
    found = _found(host, argument)
    del argument
    if isinstance(found, CredentialsError):
        raise found
    return found


def require_key(host: Host, argument: KeySource | None = None) -> ApiKey:
    """Return the key for a host as `find_key` does; without one the error says where it can come from."""
    found = _found(host, argument)
    del argument
    if isinstance(found, CredentialsError):
        raise found
    if found is None:
        variable = KEY_VARIABLES.get(host.base_url)
        if variable is None:
            raise CredentialsError("key_missing_other", host=host.name)
        raise CredentialsError("key_missing", host=host.name, variable=variable)
    return found


# From here on what cannot be a key comes back as an error: whoever raises it holds no value.


def _found(host: Host, argument: KeySource | None) -> ApiKey | CredentialsError | None:
    if argument is not None:
        return _asked(argument)
    if host.loopback:
        return _practice_key()
    key = _memory().signed_in(host)
    if key is not None or not host.known:
        return key
    variable = KEY_VARIABLES[host.base_url]
    return _read(environment.variable(variable), variable) or _of_others(host, variable)


def _practice_key() -> ApiKey | CredentialsError:
    """Return the practice key of this kernel or host session; a real key in its place is refused."""
    key = _read(environment.variable(PRACTICE_KEY_VARIABLE), PRACTICE_KEY_VARIABLE) or kernel.of(_drawn)
    if isinstance(key, ApiKey) and not is_practice_key(key):
        return CredentialsError("key_no_practice", source=key.source)
    return key


def _drawn() -> ApiKey:
    return ApiKey(draw_practice_key("kernel"), "practice")


def _asked(argument: KeySource) -> ApiKey | CredentialsError:
    """Return the key that an argument is, or asks for."""
    answer: object = argument
    if callable(argument):
        try:
            answer = argument()
        except Exception as error:  # noqa: BLE001 - its words, and what is behind it, may hold the key
            return CredentialsError("key_callable", kind=type(error).__name__)
    return answer if isinstance(answer, ApiKey) else _made(answer, "api_key")


def _of_others(host: Host, variable: str) -> ApiKey | CredentialsError | None:
    kept, logouts = _memory().kept(host)
    if kept is not None:
        return kept
    key = _read(ask_colab(variable), f"Colab:{variable}")
    key = key or _read(ask_keyring(host.name), f"keyring:{KEYRING_SERVICE}")
    if isinstance(key, ApiKey):
        _memory().keep(host, key, logouts)
    return key


def _read(value: str | None, source: str) -> ApiKey | CredentialsError | None:
    """Return the key that a text is; None for a blank one."""
    return _made(value, source) if value and value.strip() else None


def _made(value: object, source: str) -> ApiKey | CredentialsError:
    return _refusal(value, source) or ApiKey(str(value), source)


# --- keys kept by others. Neither Colab nor keyring is a dependency. Whatever goes wrong with them means "no
# key here", and only its kind is logged: its words may hold what was asked for, or found.


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
