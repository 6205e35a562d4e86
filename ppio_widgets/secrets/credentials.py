"""The API key: it shows itself nowhere; and where it comes from."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from ppio_widgets import environment
from ppio_widgets.errors import CredentialsError, HostRefused
from ppio_widgets.runtime import kernel
from ppio_widgets.runtime.files import contents, keep_private, state_folder, written
from ppio_widgets.secrets.frames import without_frames
from ppio_widgets.secrets.hosts import NOVITA, PPIO, Host, read_host

if TYPE_CHECKING:
    from pathlib import Path

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
# Where the practice cloud within a kernel seems to be; nothing listens there for it.
PRACTICE_ADDRESS = "http://localhost"

# Each key goes to its own host and to no other (PPIO's skills and Novita's CLI name them so).
KEY_VARIABLES = {PPIO: "PPIO_API_KEY", NOVITA: "NOVITA_API_KEY"}

SHORTEST = 8
LONGEST = 512

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@without_frames
class ApiKey:
    """An API key that does not show itself; `source` says where it came from, for people: ``"PPIO_API_KEY"``.

    White space around it is dropped. What cannot be a key raises a `CredentialsError`, which says what kind
    of thing is wrong with it and never holds the value.
    """

    __slots__ = ("_value", "source")

    def __init__(self, value: object, source: str) -> None:
        if not isinstance(value, str):
            raise CredentialsError("key_kind", source=source, kind=type(value).__name__)
        text = value.strip()
        faults = {
            "key_empty": not text,
            "key_control": _CONTROL.search(text) is not None,
            "key_ascii": not text.isascii(),
            "key_blank": " " in text,
            "key_short": len(text) < SHORTEST,
            "key_long": len(text) > LONGEST,
        }
        for code, wrong in faults.items():
            if wrong:
                raise CredentialsError(code, source=source)
        self._value = text
        self.source = source

    @property
    def last_four(self) -> str:
        """How it ends; empty for a practice key, as that may be a PIN."""
        return "" if is_practice_key(self) else self._value[-4:]

    @property
    def label(self) -> str:
        """What may be shown of it: how it ends, or of a practice key the name in it."""
        return f"…{self.last_four}" if self.last_four else practice_name(self._value)

    def __repr__(self) -> str:
        shown = f"••••{self.last_four}" if self.last_four else self.label
        return f"ApiKey({shown} from {self.source})"

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


@without_frames  # as `read_host`
def host_of(
    base_url: str | None = None, *, allow_host: str | None = None, argument: KeySource | None = None
) -> Host:
    """Return a base URL that may be used with a key, as `read_host` does.

    A stranger, or an address with a path, is a class where the key is a practice key: the argument or,
    without one, `class_key`. A function is not asked for one.
    """
    try:
        return read_host(base_url, allow_host=allow_host)
    except HostRefused as error:
        refused = error
    with suppress(HostRefused, CredentialsError):
        host = read_host(base_url, allow_host=allow_host, practises=True)
        key = class_key(host) if argument is None else None if callable(argument) else _asked(argument)
        if key is not None and is_practice_key(key):
            return host
    raise refused.with_traceback(None)


def practice_name(key: str) -> str:
    """Return the name in a practice key: whose account it is."""
    name, _, pin = key.removeprefix("sk_practice_").rpartition(".")
    return name or pin


def draw_practice_key(name: str) -> str:
    """Return a new practice key: nobody else's account, in the name of whoever draws it, with a number."""
    return f"sk_practice_{name}-{secrets.token_hex(2)}.{secrets.token_hex(8)}"


class _Memory:
    """The keys kept until logout in a kernel or session, each for one host; nothing is written.

    A logout begins two new books: what is asked for meanwhile goes into an old one, which nobody reads.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.signed_in: dict[str, ApiKey] = {}
        self.found: dict[str, ApiKey] = {}  # what Colab or the keyring once answered


def _memory() -> _Memory:
    return kernel.of(_Memory)


def remember_key(host: Host, key: ApiKey) -> None:
    """Keep a key for one host in this kernel's memory (``%ppio login``).

    Not for this machine: whatever listens there gets only what is passed to it.
    """
    if host.loopback or host.is_class:
        raise CredentialsError("key_loopback", host=host.name)
    _memory().signed_in[host.base_url] = key


def forget_keys() -> None:
    """Drop every key that was signed in with or found elsewhere (``%ppio logout``)."""
    _memory().forget()


def keys_at_hand() -> tuple[ApiKey, ...]:
    """Return the keys that this kernel knows already; nobody else is asked."""
    memory = _memory()
    found: list[ApiKey | None] = [*memory.signed_in.values(), *memory.found.values()]
    for variable in KEY_VARIABLES.values():
        with suppress(CredentialsError):
            found.append(_of_environment(variable))
    return tuple(filter(None, found))


@without_frames
def find_key(host: Host, argument: KeySource | None = None) -> ApiKey | None:
    """Return the key for a host, or None when there is none.

    The argument first. On loopback then only a practice key, so that no real key goes to
    whatever listens there: as `class_key`, else one that this kernel draws. A class gets no other at all.
    Elsewhere `remember_key`; and for the known hosts their environment variable, Colab's secret
    of that name, the keyring. One that cannot be a key is not passed over: it raises a `CredentialsError`.
    """
    if argument is not None:
        return _asked(argument)
    if host.loopback or host.is_class:
        return _practice_key(host)
    key = _memory().signed_in.get(host.base_url)
    if key is not None or not host.known:
        return key
    variable = KEY_VARIABLES[host.base_url]
    return _of_environment(variable) or _of_others(host, variable)


@without_frames
def require_key(host: Host, argument: KeySource | None = None) -> ApiKey:
    """Return the key for a host as `find_key` does; without one the error says where it can come from."""
    found = find_key(host, argument)
    if found is not None:
        return found
    if host.known:
        raise CredentialsError("key_missing", host=host.name, variable=KEY_VARIABLES[host.base_url])
    raise CredentialsError("key_missing_other", host=host.name)


def _asked(argument: KeySource) -> ApiKey:
    """Return the key that an argument is, or asks for."""
    answer: object = argument
    if callable(argument):
        try:
            answer = argument()
        except Exception as error:  # noqa: BLE001 - its words, and what is behind it, may hold the key
            raise CredentialsError("key_callable", kind=type(error).__name__) from None
    return answer if isinstance(answer, ApiKey) else ApiKey(answer, "api_key")


def _practice_key(host: Host) -> ApiKey:
    """Return the practice key of this kernel or host session; a real key in its place is refused."""
    key = class_key(host) or kernel.of(_drawn)
    if not is_practice_key(key):
        raise CredentialsError("key_no_practice", source=key.source)
    return key


def _drawn() -> ApiKey:
    return ApiKey(draw_practice_key("kernel"), "practice")


# --- keys of classes. A first join makes the PIN, and nobody can be told it again: it is kept for the
# person's other notebooks and later kernels, unless several people are served by one process.

# The source of such a key.
JOINED = "class"
_LARGEST_FILE = 64 * 1024


class _Joined(dict[str, dict[str, str]]):
    """By address, the keys that this kernel or session joined a class with; the last one counts."""


def class_key(host: Host) -> ApiKey | None:
    """Return the key of an address: joined with here, of the environment, or kept; None without one."""
    joined = kernel.of(_Joined).get(host.base_url)
    given = None if joined or not _is_named(host) else _of_environment(PRACTICE_KEY_VARIABLE)
    if given is not None:
        return given
    kept = next(reversed((joined or kept_keys(host)).values()), None)
    return ApiKey(kept, JOINED) if kept else None


def _is_named(host: Host) -> bool:
    """Whether the practice key of the environment is meant for an address: elsewhere it makes no class."""
    with suppress(HostRefused):
        return not host.is_class or host == read_host(practises=True)
    return False


def keep_class_key(host: Host, student: str, value: str) -> None:
    """Keep the key that a student joined with; where no file can be written, for this kernel alone."""
    joined = kernel.of(_Joined).setdefault(host.base_url, {})
    joined.pop(student, None)
    joined[student] = value
    _write_kept(host)


def forget_class_key(host: Host, student: str, value: str) -> None:
    """Forget a key that proved to be none; another one of the student stays."""
    joined = kernel.of(_Joined).get(host.base_url, {})
    if joined.get(student) == value:
        del joined[student]
    if _of_file(host).get(student) == value:
        _write_kept(host, without=student)


def kept_keys(host: Host) -> dict[str, str]:
    """Return the keys that an address was joined with by their students' names, the last one last."""
    joined = kernel.of(_Joined).get(host.base_url, {})
    return {**{name: key for name, key in _of_file(host).items() if name not in joined}, **joined}


def _of_file(host: Host) -> dict[str, str]:
    found: object = None
    if _keeps(host):
        with suppress(OSError, ValueError, RecursionError):
            found = json.loads(contents(_kept_at(host), _LARGEST_FILE))
    kept = found.items() if isinstance(found, dict) else ()
    return {name: key for name, key in kept if isinstance(key, str) and is_practice_key(key)}


def _write_kept(host: Host, without: str = "") -> None:
    if not _keeps(host):
        return
    kept = {name: key for name, key in kept_keys(host).items() if name != without}
    path = _kept_at(host)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        keep_private(path.parent)
        with written(path.parent, "key", json.dumps(kept)) as spare:
            spare.replace(path)


def _keeps(host: Host) -> bool:
    """Whether keys of an address outlive the kernel: not those of its own cloud, which ends with it."""
    return host.base_url != PRACTICE_ADDRESS and not kernel.current().served


def _kept_at(host: Host) -> Path:
    name = hashlib.sha256(host.base_url.encode()).hexdigest()[:24]
    return state_folder() / "classes" / f"{name}.json"


def _of_environment(variable: str) -> ApiKey | None:
    return _read(environment.variable(variable), variable)


def _of_others(host: Host, variable: str) -> ApiKey | None:
    found = _memory().found
    key = found.get(host.base_url)
    key = key or _read(ask_colab(variable), f"Colab:{variable}")
    key = key or _read(ask_keyring(host.name), f"keyring:{KEYRING_SERVICE}")
    if key is not None:
        found[host.base_url] = key
    return key


def _read(value: str | None, source: str) -> ApiKey | None:
    """Return the key that a text is; None for a blank one."""
    return ApiKey(value, source) if value and value.strip() else None


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
    return _ask("google.colab.userdata", "get", variable) if on_colab and on_main else None


def ask_keyring(name: str) -> str | None:
    """Return the password that the system's keyring keeps for a host, or None."""
    return _ask("keyring", "get_password", KEYRING_SERVICE, name)


def _ask(module: str, function: str, *arguments: str) -> str | None:
    answer: object = None
    try:
        answer = getattr(import_module(module), function)(*arguments)
    except ImportError:
        return None
    except Exception as error:  # noqa: BLE001 - theirs to fail in any way
        log.debug("%s: %s", module, type(error).__name__)
    return answer if isinstance(answer, str) and answer.strip() else None
