"""A ``docker run`` line as a draft, and all that has no counterpart in the body.

What counts: the image, the words behind it as one text that a shell splits into the same words, the ports in
the container, the variables, the places where something is mounted, the name, the number of GPUs. No shell is
run. ``-e NAME`` and a value that is wholly ``$NAME`` become a reference; elsewhere what the shell would fill
in stays as typed in a text (name, entrypoint, command, value of a variable), and drops what it stands in
anywhere else (image, port, mount point): either is said. ``podman run`` and ``nerdctl run`` are read by
docker's options.

docker reads options as the Go package pflag does: ``--option value``, ``--option=value``, short ones in a
cluster (``-itd``) whose last may have its value glued on (``-eA=1``, ``-p80:80``) or behind it, and nothing
is an option any more behind the first word that is none.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ppio_widgets.errors import InputError
from ppio_widgets.formats.dotenv import read_env_text
from ppio_widgets.formats.imported import Imported, LeftOut
from ppio_widgets.formats.json_body import Outside
from ppio_widgets.formats.shell import Command, Script, is_open, program, read_shell, shown
from ppio_widgets.request.envref import EnvRef, is_name
from ppio_widgets.secrets.patterns import looks_like_key, looks_secret
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# An option of a line: its long name, how it was typed, and its value; a switch has an empty one.
_Option = tuple[str, str, str]

# docker 28 (`docker --help`, `docker run --help`, and the hidden --dns-opt, --net and --net-alias): the
# options with a value, those without, and their letters. The namespace is nerdctl's, `replace` podman's.
_VALUED = """
config context host log-level namespace tlscacert tlscert tlskey
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
_SWITCHES = """
debug tls tlsverify version
detach disable-content-trust help init interactive no-healthcheck oom-kill-disable privileged publish-all
quiet read-only rm sig-proxy tty use-api-socket replace
"""
_LETTERS = """
a=attach c=cpu-shares d=detach e=env h=hostname i=interactive l=label m=memory p=publish P=publish-all q=quiet
t=tty u=user v=volume w=workdir
"""

VALUED = frozenset(_VALUED.split())
SWITCHES = frozenset(_SWITCHES.split())
LETTERS = dict(pair.split("=") for pair in _LETTERS.split())
# Between `docker` and `run`.
_LETTERS_BEFORE = {**LETTERS, "D": "debug", "H": "host", "n": "namespace"}

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

PROGRAMS = frozenset({"docker", "podman", "nerdctl", "nvidia-docker"})

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")

# Long dashes, which word processors and blogs make of two short ones.
_DASHES = ("\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212")

# How podman names the GPUs of NVIDIA.
_GPU_DEVICE = "nvidia.com/gpu="
_GPU_KEYS = frozenset({"count", "device", "driver", "capabilities", "options"})

_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_LOOPBACK = re.compile(r"127\.[0-9.]+|localhost|\[?::1\]?")

# The console takes 25 ports at most; a longer range was not written with a body in mind.
_LONGEST_RANGE = 25

# What is said of an option that says nothing of the body.
_SAID = {
    "expose": "docker_expose",  # docker alone makes an exposed port reachable for nobody outside
    "publish-all": "docker_publish_all",
    "workdir": "docker_workdir",
    **dict.fromkeys(HARMLESS, "docker_harmless"),
}
# Notes that matter least stand last.
_LAST = ("docker_around", "docker_redirected", "docker_options", "docker_harmless")


def read_docker(text: str, outside: Outside | None = None) -> Imported:
    """Read the first ``docker run`` of a text, with whatever stands around it, into a draft.

    Without `outside` the files that ``--env-file`` names are left out. An `InputError`, which never holds a
    value, where there is no ``docker run``, it names no image, or a part of it cannot be read.
    """
    script = read_shell(text)
    command, before, assigned, behind = _find_run(script)
    options, words = _read_options(behind, LETTERS)
    if not words or not words[0]:
        raise input_error("docker_no_image")
    image, *rest = words
    if image.startswith(_DASHES):
        raise input_error("docker_dash")
    publishes_all = any(name == "publish-all" for name, _, _ in options)
    run = _Run(script, command.exported, outside or Outside(), publishes_all)
    for option in options:
        run.take(*option)
    if before:
        run.note("docker_options", *before)
    if assigned:
        run.note("docker_assigned", *assigned)
    if sum(not one.assigns for one in script.commands) > 1 or script.problem:
        run.note("docker_around")
    if command.redirected:
        run.note("docker_redirected")
    if is_open(image):
        run.note("docker_open", "IMAGE")  # what is sent must not be a guess
    else:
        run.texts["image"] = image
    run.texts["command"] = shlex.join(run.as_typed(word, "COMMAND") for word in rest)
    return Imported("docker", run.draft(), run.left_out())


def _find_run(script: Script) -> tuple[Command, list[str], list[str], list[str]]:
    """Return the first ``docker run`` or ``docker container run``.

    With the options of the program itself, the variables set for it, and the words behind ``run``.
    """
    programs = 0
    for command in script.commands:
        place = program(command.words, PROGRAMS)
        programs += place is not None
        if place is None or "run" not in command.words:
            continue
        assigned = [found[1] for word in command.words[:place] if (found := _ASSIGNMENT.match(word))]
        options, verb = _read_options(command.words[place + 1 :], _LETTERS_BEFORE)
        verb = verb[1:] if verb[:1] == ["container"] else verb
        if verb[:1] == ["run"]:
            return command, [typed for _, typed, _ in options], assigned, verb[1:]
    raise script.problem or input_error("docker_verb" if programs else "docker_none")


@dataclass(repr=False)
class _Run:
    """Takes the options one by one; notes what is left out by the code of its sentence, with names in it."""

    script: Script
    exported: Mapping[str, str]  # the variables that the text itself gives to docker
    outside: Outside
    publishes_all: bool
    texts: dict[str, str] = field(default_factory=dict)
    envs: dict[str, str | EnvRef] = field(default_factory=dict)
    from_files: dict[str, str | EnvRef] = field(default_factory=dict)
    ports: dict[int, str] = field(default_factory=dict)
    points: dict[str, None] = field(default_factory=dict)
    gpus: int = 0
    notes: dict[str, dict[str, None]] = field(default_factory=dict)

    def note(self, code: str, *names: str) -> None:
        self.notes.setdefault(code, {}).update(dict.fromkeys(names))

    def as_typed(self, word: str, where: str) -> str:
        if is_open(word):
            self.note("docker_as_typed", where)
        return self.script.typed(word)

    def draft(self) -> dict[str, Any]:
        """Return what was taken; what was not given is absent."""
        # docker reads the files first; the last value of a variable is the one that counts.
        envs = {**self.from_files, **self.envs}
        draft: dict[str, Any] = {
            **{name: self.texts.get(name) for name in ("name", "image", "entrypoint", "command")},
            "resource": {"gpu_num": self.gpus} if self.gpus else None,
            "envs": [{"key": key, "value": value} for key, value in envs.items()],
            "ports": [{"port": port, "protocol": protocol} for port, protocol in self.ports.items()],
            "volumes": [{"type": "local", "mount_point": point} for point in self.points],
        }
        return {key: value for key, value in draft.items() if value}

    def left_out(self) -> tuple[LeftOut, ...]:
        """Return what was noted: what matters most first, what is missed by nobody last."""
        codes = sorted(self.notes, key=lambda code: _LAST.index(code) if code in _LAST else -1)
        return tuple(LeftOut(code, {"names": ", ".join(self.notes[code])}) for code in codes)

    def take(self, name: str, typed: str, value: str) -> None:  # noqa: C901, PLR0912 - one case for each option
        match name:
            case "name":
                self.texts["name"] = self.as_typed(value, typed)
            case "entrypoint":
                self._entrypoint(self.as_typed(value, typed), typed)
            case "env":
                self._env(value, typed)
            case "env-file":
                self._env_file(value)
            case "publish":
                for part in value.split(","):
                    self._publish(part, typed)
            case "expose" if self.publishes_all:
                self._publish(value, typed)
            case "volume":
                self._volume(value, typed)
            case "mount":
                self._mount(value, typed)
            case "tmpfs":
                self.note("docker_tmpfs", shown(value).partition(":")[0])
            case "gpus":
                self._gpus(value, typed)
            case "device" if value.startswith(_GPU_DEVICE):
                self.gpus += 1
                if value == f"{_GPU_DEVICE}all":
                    self.note("docker_gpus_all", typed)
            case "net" | "network" if value == "host":
                self.note("docker_host_network", typed)
            case _:
                self.note(_SAID.get(name, "docker_options"), typed)

    def _entrypoint(self, text: str, typed: str) -> None:
        """Take an entrypoint: several words may be written as a JSON list."""
        if not text:
            self.note("docker_entrypoint", typed)
        try:
            words = json.loads(text) if text.startswith("[") else [text]
            self.texts["entrypoint"] = shlex.join(words) if text else ""
        except (ValueError, TypeError, RecursionError):
            self.texts["entrypoint"] = shlex.quote(text)

    def _env(self, text: str, typed: str) -> None:
        key, equals, value = text.partition("=")
        if is_open(key):
            self.note("docker_open", typed)
            return
        if not key or not (equals or is_name(key)) or looks_like_key(key):
            raise input_error("option_env")
        name = self.script.variable(value) if equals else key if key not in self.exported else None
        said = value if equals else self.exported.get(key, "")
        self.envs[key] = EnvRef(name) if name else self.as_typed(said, f"{typed} {key}")

    def _env_file(self, word: str) -> None:
        """Take the variables of a file; a secret stays there, as what is in a draft is shown and saved."""
        name = shown(word)
        try:
            text = None if is_open(word) else self.outside.text(name)
        except PermissionError:
            self.note("docker_env_file_outside", name)
            return
        if text is None:
            self.note("docker_env_file", name)
            return
        try:
            rows = read_env_text(text)
        except InputError as error:
            self.note("docker_env_file_line", f"{name}:{error.params['line']}")
            return
        for key, value in rows:
            is_secret = bool(value) and looks_secret(key)
            if is_secret and not is_name(key):
                self.from_files.pop(key, None)
                self.note("docker_env_file_left", key)
                continue
            if is_secret:
                self.note("docker_env_file_secret", key)
            self.from_files[key] = EnvRef(key) if is_secret or value is None else value

    def _publish(self, text: str, typed: str) -> None:
        """Take ``[IP:][HOST:]CONTAINER[/PROTOCOL]``; CONTAINER may be a range."""
        where, _, protocol = text.lower().partition("/")
        before, _, container = where.rpartition(":")
        address, _, host = before.rpartition(":")
        if is_open(container + protocol):
            self.note("docker_open", typed)
            return
        found = _RANGE.fullmatch(container)
        low, high = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= low <= high <= 65535 or protocol not in ("", "tcp", "udp", "sctp"):
            raise input_error("docker_port", option=typed)
        if protocol not in ("", "tcp"):
            self.note("docker_protocol", f"{container}/{protocol}")
        elif high - low >= _LONGEST_RANGE:
            self.note("docker_range", container)
        else:
            if _RANGE.fullmatch(host) and host != container:
                self.note("docker_host_port", f"{host}:{container}")
            if _LOOPBACK.fullmatch(address):
                self.note("docker_loopback", container)
            ports = {port: usual_protocol(port) for port in range(low, high + 1)}
            self.ports.update(ports)
            self.note("docker_guessed", *(f"{port} {protocol}" for port, protocol in ports.items()))

    def _volume(self, text: str, typed: str) -> None:
        """Take ``[SOURCE:]/PATH[:OPTIONS]``; colons of the source, as of a drive, do not matter."""
        *before, last = text.split(":")
        is_point = not before or last.startswith("/") or is_open(last[:1])
        point, options = (last, "") if is_point else (before[-1], last)
        self._mounted(point, typed, "docker_volume", read_only="ro" in options.split(","))

    def _mount(self, text: str, typed: str) -> None:
        """Take ``type=bind,source=…,target=/PATH,readonly``; the source may stand in quotes."""
        values: dict[str, str] = {}
        for part in text.replace('"', "").split(","):
            key, equals, value = part.partition("=")
            values[key.strip().lower()] = value if equals else "true"
        point = next((values[key] for key in ("target", "dst", "destination") if key in values), "")
        read_only = any(values.get(key) in ("true", "1") for key in ("readonly", "ro"))
        kind = values.get("type", "volume")
        self._mounted(point, typed, "docker_mount", kind=kind, read_only=read_only)

    def _mounted(self, point: str, typed: str, code: str, *, kind: str = "volume", read_only: bool) -> None:
        if not point.startswith("/") and not is_open(point[:1]):
            raise input_error(code)
        if is_open(point):
            self.note("docker_open", typed)
        elif kind == "tmpfs":
            self.note("docker_tmpfs", point)
        elif kind not in ("bind", "volume"):
            self.note("docker_options", typed)
        else:
            self.note("docker_content", point)
            if read_only:
                self.note("docker_read_only", point)
            self.points[point] = None

    def _gpus(self, text: str, typed: str) -> None:
        """Take a number, ``all``, ``device=0,1``, ``count=2,…``, with quotes around a list or without."""
        if is_open(text):
            self.note("docker_open", typed)
            return
        values: dict[str, list[str]] = {"count": [], "device": []}
        key = "count"
        for part in text.replace('"', "").split(","):
            name, equals, value = part.partition("=")
            key = name.strip() if equals else key
            values.setdefault(key, []).append(value if equals else part)
        # docker takes one when only something else about them is said.
        count = values["count"][-1] if values["count"] else "1"
        if not values.keys() <= _GPU_KEYS or not re.fullmatch(r"[0-9]{1,4}|all|-1", count):
            raise input_error("docker_gpus")
        if "all" in values["device"] or (count in ("all", "-1") and not values["device"]):
            self.note("docker_gpus_all", typed)
            self.gpus = 1
            return
        self.gpus = len(set(values["device"])) or int(count)
        if not self.gpus:
            self.note("docker_gpus_none", typed)


def _read_options(words: list[str], letters: Mapping[str, str]) -> tuple[list[_Option], list[str]]:
    """Return the options that `words` begin with, and the words behind them.

    A switch that is turned off (``--init=false``) is not returned. An `InputError`, which never has a value,
    for an option that is not known (how many words it takes is not known either), or whose value is missing.
    """
    given: list[_Option] = []
    position = 0
    while position < len(words) and words[position].startswith("-") and words[position] != "-":
        word = words[position]
        position += 1
        if word == "--":
            break
        for name, typed, glued in _named(word, letters):
            value = "" if glued is None and name in SWITCHES else glued
            if value is None:
                if position == len(words):
                    raise input_error("docker_value", option=typed)
                value = words[position]
                position += 1
            if not (name in SWITCHES and value in _FALSE):
                given.append((name, typed, value))
    return given, words[position:]


def _named(word: str, letters: Mapping[str, str]) -> Iterator[tuple[str, str, str | None]]:
    """Yield the options of a word: name, how it was typed, and the value where that is in the same word.

    A cluster goes up to the first letter that has a value: ``-itd``, ``-eA=1``, ``-p=80:80``, ``-d=true``.
    """
    if word.startswith("--"):
        head, equals, value = word.partition("=")
        if head[2:] not in VALUED | SWITCHES:
            raise input_error("docker_option", option=shown(head))
        yield head[2:], head, value if equals else None
        return
    for place, letter in enumerate(word[1:], 2):
        name, behind = letters.get(letter), word[place:]
        if name is None:
            raise input_error("docker_option", option=shown(f"-{letter}"))
        # pflag: an equals sign with something behind it is no part of the value.
        is_said = behind.startswith("=") and behind != "="
        if name in VALUED or is_said:
            yield name, f"-{letter}", behind[is_said:] or None
            return
        yield name, f"-{letter}", None


def usual_protocol(port: int) -> Literal["http", "tcp"]:
    """Return what is usually spoken on a port."""
    return "http" if any(port in ports for ports in _WEB) else "tcp"
