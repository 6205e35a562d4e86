"""The options of ``docker run``, and how its words are read.

docker reads options as the Go package pflag does: ``--option value``, ``--option=value``, short ones in a
cluster (``-itd``) whose last may have its value glued on (``-eA=1``, ``-p80:80``) or behind it, and nothing
is an option any more behind the first word that is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ppio_widgets.formats.shell import shown
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    value: str = field(repr=False)


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
_HARMLESS = """
attach cidfile detach detach-keys disable-content-trust help init interactive pull quiet replace rm sig-proxy
tty
"""
HARMLESS = frozenset(_HARMLESS.split())

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


def read_options(words: list[str], table: Table) -> tuple[list[Given], list[str]]:
    """Return the options that `words` begin with, and the words behind them.

    A switch that is turned off (``--init=false``) is not returned. An `InputError`, which never has a value,
    for an option that is not known (how many words it takes is not known either), or whose value is missing.
    """
    given: list[Given] = []
    position = 0
    while position < len(words) and words[position].startswith("-") and words[position] != "-":
        word = words[position]
        position += 1
        if word == "--":
            break
        for name, typed, glued in _named(word, table):
            value = "" if glued is None and name in table.switches else glued
            if value is None:
                if position == len(words):
                    raise input_error("docker_value", option=typed)
                value = words[position]
                position += 1
            if not (name in table.switches and value in _FALSE):
                given.append(Given(name, typed, value))
    return given, words[position:]


def _named(word: str, table: Table) -> Iterator[tuple[str, str, str | None]]:
    """Yield the options of a word: name, how it was typed, and the value where that is in the same word.

    A cluster goes up to the first letter that has a value: ``-itd``, ``-eA=1``, ``-p=80:80``, ``-d=true``.
    """
    if word.startswith("--"):
        head, equals, value = word.partition("=")
        if head[2:] not in table.valued | table.switches:
            raise input_error("docker_option", option=shown(head))
        yield head[2:], head, value if equals else None
        return
    for place, letter in enumerate(word[1:], 2):
        name, behind = table.letters.get(letter), word[place:]
        if name is None:
            raise input_error("docker_option", option=shown(f"-{letter}"))
        # pflag: an equals sign with something behind it is no part of the value.
        is_said = behind.startswith("=") and behind != "="
        if name in table.valued or is_said:
            yield name, f"-{letter}", behind[is_said:] or None
            return
        yield name, f"-{letter}", None


def usual_protocol(port: int) -> Literal["http", "tcp"]:
    """Return what is usually spoken on a port."""
    return "http" if any(port in ports for ports in _WEB) else "tcp"
