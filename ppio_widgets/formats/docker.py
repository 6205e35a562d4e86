"""A ``docker run`` line as a draft, and all that has no counterpart in the body.

What counts: the image, the words behind it as one text that a shell splits into the same words, the ports in
the container, the variables, the places where something is mounted, the name, the number of GPUs. No shell is
run. ``-e NAME`` and a value that is wholly ``$NAME`` become a reference; elsewhere what the shell would fill
in stays as typed in a text (name, entrypoint, command, value of a variable), and drops what it stands in
anywhere else (image, port, mount point): either is said. ``podman run`` and ``nerdctl run`` are read by
docker's options.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ppio_widgets.errors import InputError
from ppio_widgets.formats.docker_flags import (
    HARMLESS,
    LONGEST_RANGE,
    PROGRAM,
    RUN,
    Given,
    Mount,
    read_gpus,
    read_mount,
    read_options,
    read_publishing,
    read_volume,
    usual_protocol,
)
from ppio_widgets.formats.dotenv import read_env_text
from ppio_widgets.formats.imported import Imported, LeftOut
from ppio_widgets.formats.shell import HOLE, Command, Script, ShellWord, read_shell
from ppio_widgets.request.envref import EnvRef, is_name
from ppio_widgets.secrets.patterns import looks_like_key, looks_secret
from ppio_widgets.secrets.redaction import input_error

ReadFile = Callable[[str], str]

_PROGRAMS = frozenset({"docker", "podman", "nerdctl", "nvidia-docker"})

# What may stand before the program and changes nothing of what it runs.
_BEFORE = frozenset({"sudo", "doas", "env", "exec", "command", "nohup", "time"})
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")

# Long dashes, which word processors and blogs make of two short ones.
_DASHES = ("\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212")

# How podman names the GPUs of NVIDIA.
_GPU_DEVICE = "nvidia.com/gpu="

# Notes that matter least stand last.
_LAST = ("docker_around", "docker_redirected", "docker_options", "docker_harmless")


def read_docker(text: str, read_file: ReadFile | None = None) -> Imported:
    """Read the first ``docker run`` of a text, with whatever stands around it, into a draft.

    `read_file` returns the text of a file that ``--env-file`` names (`PermissionError` where it must not be
    read); without it such a file is left out.

    Raises
    ------
    InputError
        When there is no ``docker run``, it names no image, or a part of it cannot be read. The message
        never holds a value.
    """
    script = read_shell(text)
    command, before, assigned, behind = _find_run(script)
    options, words = read_options(behind, RUN)
    if not words or not words[0].masked:
        raise input_error("docker_no_image")
    if words[0].masked.startswith(_DASHES):
        raise input_error("docker_dash")
    run = _Run(read_file, command.exported)
    run.take(options)
    if before:
        run.note("docker_options", *before)
    if assigned:
        run.note("docker_assigned", *assigned)
    if sum(not one.assigns for one in script.commands) > 1 or script.problem:
        run.note("docker_around")
    if command.redirected:
        run.note("docker_redirected")
    if words[0].expansions:
        run.note("docker_open", "IMAGE")  # what is sent must not be a guess
    else:
        run.texts["image"] = words[0].masked
    run.texts["command"] = shlex.join(run.as_typed(word, "COMMAND") for word in words[1:])
    return Imported("docker", run.draft(), run.left_out())


def _find_run(script: Script) -> tuple[Command, list[str], list[str], tuple[ShellWord, ...]]:
    """Return the first ``docker run`` or ``docker container run``.

    With the options of the program itself, the variables set for it, and the words behind ``run``.
    """
    programs = 0
    for command in script.commands:
        assigned, words = _program(command.words)
        if not words:
            continue
        programs += 1
        options, verb = read_options(words[1:], PROGRAM)
        verb = verb[1:] if verb and verb[0].masked == "container" else verb
        if verb and verb[0].masked == "run":
            return command, [option.shown for option in options], assigned, verb[1:]
    raise script.problem or input_error("docker_verb" if programs else "docker_none")


def _program(words: tuple[ShellWord, ...]) -> tuple[list[str], tuple[ShellWord, ...]]:
    """Return the variables set for a command, and its words from the program on; none if it is another."""
    assigned: list[str] = []
    wrapped = False
    for number, word in enumerate(words):
        name = re.split(r"[/\\]", word.masked)[-1].removesuffix(".exe")
        if name in _PROGRAMS:
            return assigned, words[number:]
        if assignment := _ASSIGNMENT.match(word.masked):
            assigned.append(assignment[1])
        elif name in _BEFORE:
            wrapped = True
        elif not wrapped:
            break
    return [], ()


@dataclass(repr=False)
class _Run:
    """Takes the options one by one; notes what is left out by the code of its sentence, with names in it."""

    read_file: ReadFile | None
    exported: Mapping[str, ShellWord]  # the variables that the text itself gives to docker
    texts: dict[str, str] = field(default_factory=dict)
    envs: dict[str, str | EnvRef] = field(default_factory=dict)
    from_files: dict[str, str | EnvRef] = field(default_factory=dict)
    ports: dict[int, str] = field(default_factory=dict)
    points: dict[str, None] = field(default_factory=dict)
    gpus: int = 0
    publishes_all: bool = False
    notes: dict[str, dict[str, None]] = field(default_factory=dict)

    def take(self, options: list[Given]) -> None:
        self.publishes_all = any(option.name == "publish-all" for option in options)
        for option in options:
            taker = _TAKERS.get(option.name)
            if taker is not None:
                taker(self, option)
            else:
                self.note("docker_harmless" if option.name in HARMLESS else "docker_options", option.shown)

    def note(self, code: str, *names: str) -> None:
        self.notes.setdefault(code, {}).update(dict.fromkeys(names))

    def as_typed(self, word: ShellWord, where: str) -> str:
        if word.expansions:
            self.note("docker_as_typed", where)
        return word.text

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

    def take_name(self, option: Given) -> None:
        self.texts["name"] = self.as_typed(option.value, option.shown)

    def take_entrypoint(self, option: Given) -> None:
        text = self.as_typed(option.value, option.shown)
        if not text:
            self.note("docker_entrypoint", option.shown)
        self.texts["entrypoint"] = shlex.join(_listed(text)) if text else ""

    def take_env(self, option: Given) -> None:
        key, value = option.value.cut("=")
        if HOLE in key:
            self.note("docker_open", option.shown)
        elif not key or (value is None and not is_name(key)) or looks_like_key(key):
            raise input_error("option_env")
        elif value is None:
            known = self.exported.get(key)
            self.envs[key] = EnvRef(key) if known is None else self.as_typed(known, f"{option.shown} {key}")
        elif value.variable:
            self.envs[key] = EnvRef(value.variable)
        else:
            self.envs[key] = self.as_typed(value, f"{option.shown} {key}")

    def take_env_file(self, option: Given) -> None:
        name = option.value.shown
        try:
            text = None if self.read_file is None or option.value.expansions else self.read_file(name)
        except PermissionError:
            self.note("docker_env_file_outside", name)
            return
        except (OSError, ValueError):
            text = None
        if text is None:
            self.note("docker_env_file", name)
            return
        try:
            rows = read_env_text(text)
        except InputError as error:
            self.note("docker_env_file_line", f"{name}:{error.params['line']}")
            return
        for key, value in rows:
            self._take_from_file(key, value)

    def _take_from_file(self, key: str, value: str | None) -> None:
        """Take a variable of a file; a secret stays in the file, as what is in a draft is shown and saved."""
        if value is None:
            self.from_files[key] = EnvRef(key)
        elif not value or not looks_secret(key):
            self.from_files[key] = value
        elif is_name(key):
            self.from_files[key] = EnvRef(key)
            self.note("docker_env_file_secret", key)
        else:
            self.from_files.pop(key, None)
            self.note("docker_env_file_left", key)

    def take_publish(self, option: Given) -> None:
        for part in option.value.masked.split(","):
            self._publish(part, option.shown)

    def take_expose(self, option: Given) -> None:
        # docker alone makes an exposed port reachable for nobody outside.
        if self.publishes_all:
            self._publish(option.value.masked, option.shown)
        else:
            self.note("docker_expose", option.shown)

    def take_publish_all(self, option: Given) -> None:
        self.note("docker_publish_all", option.shown)

    def take_volume(self, option: Given) -> None:
        self._mount(read_volume(option.value.masked), option.shown)

    def take_mount(self, option: Given) -> None:
        self._mount(read_mount(option.value.masked), option.shown)

    def take_tmpfs(self, option: Given) -> None:
        self.note("docker_tmpfs", option.value.shown.partition(":")[0])

    def take_gpus(self, option: Given) -> None:
        if option.value.expansions:
            self.note("docker_open", option.shown)
            return
        gpus = read_gpus(option.value.masked)
        if gpus is None:
            self.note("docker_gpus_all", option.shown)
        elif gpus == 0:
            self.note("docker_gpus_none", option.shown)
        self.gpus = 1 if gpus is None else gpus

    def take_device(self, option: Given) -> None:
        gpu = option.value.masked.removeprefix(_GPU_DEVICE)
        if gpu == option.value.masked:
            self.note("docker_options", option.shown)
        elif gpu == "all":
            self.note("docker_gpus_all", option.shown)
            self.gpus = max(self.gpus, 1)
        else:
            self.gpus += 1

    def take_network(self, option: Given) -> None:
        is_host = option.value.masked == "host"
        self.note("docker_host_network" if is_host else "docker_options", option.shown)

    def take_workdir(self, option: Given) -> None:
        self.note("docker_workdir", option.shown)

    def _publish(self, text: str, shown: str) -> None:
        read = read_publishing(text, shown)
        if read is None:
            self.note("docker_open", shown)
        elif read.protocol != "tcp":
            self.note("docker_protocol", f"{read.shown}/{read.protocol}")
        elif read.high - read.low >= LONGEST_RANGE:
            self.note("docker_range", read.shown)
        else:
            if read.host not in ("", read.shown):
                self.note("docker_host_port", f"{read.host}:{read.shown}")
            if read.loopback:
                self.note("docker_loopback", read.shown)
            ports = {port: usual_protocol(port) for port in range(read.low, read.high + 1)}
            self.ports.update(ports)
            self.note("docker_guessed", *(f"{port} {protocol}" for port, protocol in ports.items()))

    def _mount(self, mount: Mount, shown: str) -> None:
        if HOLE in mount.point:
            self.note("docker_open", shown)
        elif mount.kind == "tmpfs":
            self.note("docker_tmpfs", mount.point)
        elif mount.kind not in ("bind", "volume"):
            self.note("docker_options", shown)
        else:
            self.note("docker_content", mount.point)
            if mount.read_only:
                self.note("docker_read_only", mount.point)
            self.points[mount.point] = None


_TAKERS: dict[str, Callable[[_Run, Given], None]] = {
    "device": _Run.take_device,
    "entrypoint": _Run.take_entrypoint,
    "env": _Run.take_env,
    "env-file": _Run.take_env_file,
    "expose": _Run.take_expose,
    "gpus": _Run.take_gpus,
    "mount": _Run.take_mount,
    "name": _Run.take_name,
    "net": _Run.take_network,
    "network": _Run.take_network,
    "publish": _Run.take_publish,
    "publish-all": _Run.take_publish_all,
    "tmpfs": _Run.take_tmpfs,
    "volume": _Run.take_volume,
    "workdir": _Run.take_workdir,
}


def _listed(text: str) -> list[str]:
    """Return the words of an entrypoint: several may be written as a JSON list."""
    try:
        words = json.loads(text) if text.startswith("[") else None
    except (ValueError, RecursionError):
        words = None
    is_list = isinstance(words, list) and words and all(isinstance(word, str) for word in words)
    return words if is_list else [text]  # type: ignore[return-value] # mypy does not see through all()
