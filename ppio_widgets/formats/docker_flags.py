"""The options of ``docker run``, how its words are read, and the values that have a counterpart in the body.

docker reads options as the Go package pflag does: ``--option value``, ``--option=value``, short ones in a
cluster (``-itd``) whose last may have its value glued on (``-eA=1``, ``-p80:80``) or behind it, and nothing
is an option any more behind the first word that is none. Values are read from a word's masked text
(`shell.HOLE` where the shell would fill something in).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import Literal

from ppio_widgets.formats.shell import HOLE, ShellWord
from ppio_widgets.secrets.redaction import input_error


@dataclass(frozen=True)
class Table:
    """Options by their long names: which take a value, which take none, and their letters."""

    valued: frozenset[str]
    switches: frozenset[str]
    letters: dict[str, str]


@dataclass(frozen=True)
class Given:
    """One option of a line: its long name, how it was typed, and its value; a switch has an empty one."""

    name: str
    shown: str
    value: ShellWord = field(repr=False)


# docker 28 (`docker run --help`, and the hidden --dns-opt, --net and --net-alias).
_VALUED = """
add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile
cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus
cpuset-mems detach-keys device device-cgroup-rule device-read-bps device-read-iops device-write-bps
device-write-iops dns dns-opt dns-option dns-search domainname entrypoint env env-file expose gpus group-add
health-cmd health-interval health-retries health-start-interval health-start-period health-timeout hostname
io-maxbandwidth io-maxiops ip ip6 ipc isolation kernel-memory label label-file link link-local-ip log-driver
log-opt mac-address memory memory-reservation memory-swap memory-swappiness mount name net net-alias network
network-alias oom-score-adj pid pids-limit platform publish pull restart runtime security-opt shm-size
stop-signal stop-timeout storage-opt sysctl tmpfs ulimit user userns uts volume volume-driver volumes-from
workdir
"""
# The last is podman's, which many lines have.
_SWITCHES = """
detach disable-content-trust help init interactive no-healthcheck oom-kill-disable privileged publish-all
quiet read-only rm sig-proxy tty use-api-socket replace
"""
_LETTERS = """
a=attach c=cpu-shares d=detach e=env h=hostname i=interactive l=label m=memory p=publish P=publish-all q=quiet
t=tty u=user v=volume w=workdir
"""

RUN = Table(
    frozenset(_VALUED.split()),
    frozenset(_SWITCHES.split()),
    dict(pair.split("=") for pair in _LETTERS.split()),
)

# What may stand between `docker` and `run`; the namespace is nerdctl's.
PROGRAM = Table(
    frozenset({"config", "context", "host", "log-level", "namespace", "tlscacert", "tlscert", "tlskey"}),
    frozenset({"debug", "help", "tls", "tlsverify", "version"}),
    {"c": "context", "D": "debug", "H": "host", "l": "log-level", "n": "namespace", "v": "version"},
)

# About the terminal, the client or the time after the end: nothing of it is missed in the cloud.
HARMLESS = frozenset(
    {
        *("attach", "cidfile", "detach", "detach-keys", "disable-content-trust", "help", "init"),
        *("interactive", "pull", "quiet", "replace", "rm", "sig-proxy", "tty"),
    }
)

_FALSE = frozenset({"0", "f", "F", "false", "False", "FALSE"})

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


def read_options(words: tuple[ShellWord, ...], table: Table) -> tuple[list[Given], tuple[ShellWord, ...]]:
    """Return the options that `words` begin with, and the words behind them.

    A switch that is turned off (``--init=false``) is not returned.

    Raises
    ------
    InputError
        For an option that is not known (how many words it takes is not known either), or one whose
        value is missing. No value is ever in the message.
    """
    given: list[Given] = []
    position = 0
    while position < len(words) and words[position].masked.startswith("-") and words[position].masked != "-":
        word = words[position]
        position += 1
        if word.masked == "--":
            break
        for name, shown, glued in (_long if word.masked.startswith("--") else _cluster)(word, table):
            value = glued or (ShellWord("") if name in table.switches else None)
            if value is None:
                if position == len(words):
                    raise input_error("docker_value", option=shown)
                value = words[position]
                position += 1
            if not (name in table.switches and value.masked in _FALSE):
                given.append(Given(name, shown, value))
    return given, words[position:]


# Name, how it was typed, and the value where that is in the same word.
_Option = tuple[str, str, ShellWord | None]


def _long(word: ShellWord, table: Table) -> list[_Option]:
    head, value = word.cut("=")
    name = head[2:]
    if name not in table.valued and name not in table.switches:
        raise input_error("docker_option", option=head.replace(HOLE, "…"))
    return [(name, head, value)]


def _cluster(word: ShellWord, table: Table) -> list[_Option]:
    """Read ``-itd``, ``-eA=1``, ``-p=80:80``, ``-d=true``: up to the first letter that has a value."""
    options: list[_Option] = []
    for place, letter in enumerate(word.masked[1:], 2):
        shown = f"-{letter}".replace(HOLE, "…")
        name = table.letters.get(letter)
        if name is None:
            raise input_error("docker_option", option=shown)
        behind = word.after(place)
        # pflag: an equals sign with something behind it is no part of the value.
        value = behind.after(1) if behind.masked.startswith("=") and behind.masked != "=" else behind
        if name in table.valued or value is not behind:
            return [*options, (name, shown, value if value.masked else None)]
        options.append((name, shown, None))
    return options


@dataclass(frozen=True)
class Publishing:
    """The ports of a container from `low` to `high`."""

    low: int
    high: int
    protocol: str
    host: str = ""  # port or range on the host, as typed; empty when any
    loopback: bool = False  # whether only the host itself could reach them

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


def usual_protocol(port: int) -> Literal["http", "tcp"]:
    """Return what is usually spoken on a port."""
    return "http" if any(port in ports for ports in _WEB) else "tcp"


def read_publishing(text: str, option: str) -> Publishing | None:
    """Read ``[IP:][HOST:]CONTAINER[/PROTOCOL]``; None when the shell would fill in the container's port."""
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
    """Read ``[SOURCE:]/PATH[:OPTIONS]``; colons of the source, as of a drive, do not matter."""
    parts = text.split(":")
    options = "" if len(parts) == 1 or parts[-1].startswith(("/", HOLE)) else parts.pop()
    point = parts[-1]
    return _checked(Mount("volume", point, "ro" in options.split(",")), "docker_volume")


def read_mount(text: str) -> Mount:
    """Read ``type=bind,source=…,target=/PATH,readonly``."""
    values: dict[str, str] = {}
    for part in _fields(text, "docker_mount"):
        key, equals, value = part.partition("=")
        values[key.strip().lower()] = value if equals else "true"
    point = next((values[key] for key in ("target", "dst", "destination") if key in values), "")
    read_only = any(values.get(key, "false") in ("true", "1") for key in ("readonly", "ro"))
    return _checked(Mount(values.get("type", "volume"), point, read_only), "docker_mount")


def read_gpus(text: str) -> int | None:
    """Read the value of ``--gpus``: a number, ``all``, ``device=0,1``, ``count=2,…``; None for all."""
    values: dict[str, list[str]] = {"count": [], "device": []}
    key = "count"
    parts = _fields(text, "docker_gpus")
    for part in parts:
        # Without its quotes ``device=0,1`` falls apart into two fields, and is meant all the same.
        name, equals, value = part.partition("=")
        key = name.strip() if equals else key
        values.setdefault(key, []).extend((value if equals else part).split(","))
    if not parts or not values.keys() <= {"count", "device", "driver", "capabilities", "options"}:
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
