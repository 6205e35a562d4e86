"""The values of docker's options that have a counterpart in the body: ports, mounts, GPUs, variables' files.

Those of the line are read from a word's masked text (`shell.HOLE` where the shell would fill something in).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import Literal

from ppio_widgets.formats.shell import HOLE
from ppio_widgets.request.envref import EnvRef, is_name
from ppio_widgets.secrets.patterns import looks_like_key
from ppio_widgets.secrets.redaction import input_error

# Docker publishes plain TCP and does not know what is spoken on it; the body wants to. Where one of these
# programs usually listens it is http, anywhere else tcp, which carries everything, http as well.
_WEB = (
    *(range(80, 81), range(3000, 3010), range(5000, 5010)),  # servers of all kinds, Flask
    *(range(8000, 8100), range(8880, 8900)),  # vLLM, Triton, code-server, Jupyter
    *(range(6006, 6007), range(7860, 7870), range(8188, 8189)),  # TensorBoard, Gradio, ComfyUI
    *(range(8265, 8266), range(8501, 8510), range(8787, 8788)),  # Ray, Streamlit, RStudio and Dask
    *(range(11434, 11435), range(30000, 30001)),  # Ollama, SGLang
)

# The console takes 25 ports at most; a longer range was not written with a body in mind.
LONGEST_RANGE = 25

_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_LOOPBACK = re.compile(r"127\.[0-9.]+|localhost|\[?::1\]?")

# An empty disk in one of these places hides what the image needs.
_OF_THE_SYSTEM = re.compile(
    r"/(?:bin|boot|dev|etc|lib|lib32|lib64|proc|run|sbin|sys|usr|var/run|tmp/\.X11-unix)(?:/.*)?", re.DOTALL
)

_DRIVE = re.compile(r"^[A-Za-z]:(?=[\\/][^:]*:)")


@dataclass(frozen=True)
class Publishing:
    """Ports of a container.

    Attributes
    ----------
    low, high : int
        First and last port in the container.
    protocol : str
        ``"tcp"``, ``"udp"``, ``"sctp"``.
    host : str
        Port or range on the host, as typed; empty when any.
    loopback : bool
        Whether only the host itself could reach them.
    """

    low: int
    high: int
    protocol: str
    host: str = ""
    loopback: bool = False

    @property
    def shown(self) -> str:
        """The ports in the container: ``"80"``, ``"8000-8010"``."""
        return f"{self.low}" if self.low == self.high else f"{self.low}-{self.high}"


@dataclass(frozen=True)
class Mount:
    """Where in the container something is mounted, and what: ``"bind"``, ``"volume"``, ``"tmpfs"``."""

    kind: str
    point: str
    read_only: bool = False

    @property
    def of_the_system(self) -> bool:
        """Whether a part of the container's system would be covered."""
        return _OF_THE_SYSTEM.fullmatch(self.point) is not None


def usual_protocol(port: int) -> Literal["http", "tcp"]:
    """Return what is usually spoken on a port."""
    return "http" if any(port in ports for ports in _WEB) else "tcp"


def read_publishing(text: str, option: str) -> Publishing | None:
    """Read ``[IP:][HOST:]CONTAINER[/PROTOCOL]``; None when the shell would fill in the container's port.

    Raises
    ------
    InputError
    """
    where, _, protocol = text.partition("/")
    before, _, container = where.rpartition(":")
    if HOLE in container or HOLE in protocol:
        return None
    found = _RANGE.fullmatch(container)
    low, high = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    protocol = protocol.lower() or "tcp"
    if not 1 <= low <= high <= 65535 or protocol not in ("tcp", "udp", "sctp"):
        raise input_error("docker_port", option=option)
    address, _, host = before.rpartition(":")
    host = host if _RANGE.fullmatch(host) else ""
    return Publishing(low, high, protocol, host, _LOOPBACK.fullmatch(address) is not None)


def read_volume(text: str) -> Mount:
    """Read ``[SOURCE:]/PATH[:OPTIONS]``; a source may be a path of Windows.

    Raises
    ------
    InputError
    """
    # The colon of a drive is no separator. A volume's name has at least two characters.
    parts = _DRIVE.sub("", text).split(":")
    if len(parts) > 3:
        raise input_error("docker_volume")
    options = parts[2].split(",") if len(parts) == 3 else []
    return _checked(
        Mount("volume", parts[1] if len(parts) > 1 else parts[0], "ro" in options), "docker_volume"
    )


def read_mount(text: str) -> Mount:
    """Read ``type=bind,source=…,target=/PATH,readonly``.

    Raises
    ------
    InputError
    """
    values: dict[str, str] = {}
    for field in _fields(text, "docker_mount"):
        key, equals, value = field.partition("=")
        values[key.strip().lower()] = value if equals else "true"
    point = next((values[key] for key in ("target", "dst", "destination") if key in values), "")
    read_only = any(values.get(key, "false") in ("true", "1") for key in ("readonly", "ro"))
    return _checked(Mount(values.get("type", "volume"), point, read_only), "docker_mount")


def read_gpus(text: str) -> int | None:
    """Read the value of ``--gpus``: a number, ``all``, ``device=0,1``, ``count=2,…``.

    Returns
    -------
    int or None
        How many; None when all.

    Raises
    ------
    InputError
    """
    values: dict[str, list[str]] = {"count": [], "device": []}
    key = "count"
    fields = _fields(text, "docker_gpus")
    for field in fields:
        # Without its quotes ``device=0,1`` falls apart into two fields, and is meant all the same.
        name, equals, value = field.partition("=")
        key = name.strip() if equals else key
        values.setdefault(key, []).extend((value if equals else field).split(","))
    if not fields or not values.keys() <= {"count", "device", "driver", "capabilities", "options"}:
        raise input_error("docker_gpus")
    if values["device"]:
        return None if "all" in values["device"] else len(set(values["device"]))
    # docker takes one when only something else about them is said.
    [count] = values["count"][-1:] or ["1"]
    if count in ("all", "-1"):
        return None
    if not re.fullmatch(r"[0-9]{1,4}", count):
        raise input_error("docker_gpus")
    return int(count)


def read_env_file(text: str) -> list[tuple[str, str | EnvRef]]:
    """Return the variables of a file in its order.

    A line is ``KEY=VALUE`` with the value verbatim, quotes and trailing blanks included; ``#`` begins a
    comment only where a line begins; a bare ``KEY`` is taken from the environment.

    Raises
    ------
    InputError
        For a line without a key, or whose key has a blank inside or looks like a token; the message has
        its number only.
    """
    rows: list[tuple[str, str | EnvRef]] = []
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.removesuffix("\r").lstrip()
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not key or " " in key or "\t" in key or not (equals or is_name(key)) or looks_like_key(key):
            raise input_error("docker_env_file_line", number=number)
        rows.append((key, value if equals else EnvRef(key)))
    return rows


def _checked(mount: Mount, code: str) -> Mount:
    if not mount.point.startswith(("/", HOLE)):
        raise input_error(code)
    return mount


def _fields(text: str, code: str) -> list[str]:
    """Split at commas, but not inside double quotes, as docker does."""
    try:
        return next(csv.reader([text]), [])
    except csv.Error:
        raise input_error(code) from None
