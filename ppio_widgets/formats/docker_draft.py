"""The draft that the options of a ``docker run`` make, one after the other, and what has no place in it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ppio_widgets.errors import InputError
from ppio_widgets.formats.docker_flags import HARMLESS, Given
from ppio_widgets.formats.docker_values import (
    LONGEST_RANGE,
    Mount,
    read_env_file,
    read_gpus,
    read_mount,
    read_publishing,
    read_volume,
    usual_protocol,
)
from ppio_widgets.formats.imported import LeftOut
from ppio_widgets.formats.shell import HOLE, ShellWord
from ppio_widgets.request.envref import EnvRef, is_name, looks_secret
from ppio_widgets.secrets.patterns import looks_like_key
from ppio_widgets.secrets.redaction import input_error

ReadFile = Callable[[str], str]

# How podman names the GPUs of NVIDIA (the Container Device Interface).
_CDI = "nvidia.com/gpu="

# Notes that matter least stand last.
_LAST = ("docker_around", "docker_redirected", "docker_options", "docker_harmless")


@dataclass(repr=False)
class DraftReader:
    """Takes the options one by one; notes what is left out by the code of its sentence, with the names in it.

    Parameters
    ----------
    read_file : callable or None
        Returns the text of a file of variables; `PermissionError` where it must not be read.
    exported : mapping of str to ShellWord
        The variables that the text itself gives to docker.
    """

    read_file: ReadFile | None
    exported: Mapping[str, ShellWord]
    texts: dict[str, str] = field(default_factory=dict)
    envs: dict[str, str | EnvRef] = field(default_factory=dict)
    from_files: dict[str, str | EnvRef] = field(default_factory=dict)
    ports: dict[int, str] = field(default_factory=dict)
    points: dict[str, None] = field(default_factory=dict)
    gpus: int = 0
    publishes_all: bool = False
    notes: dict[str, dict[str, None]] = field(default_factory=dict)

    def take(self, options: list[Given]) -> None:
        """Take the options."""
        self.publishes_all = any(option.name == "publish-all" for option in options)
        for option in options:
            taker = self._takers.get(option.name)
            if taker is not None:
                taker(option)
            else:
                self.note("docker_harmless" if option.name in HARMLESS else "docker_options", option.shown)

    def take_image(self, word: ShellWord) -> None:
        """Take the image, unless a shell would fill in a part of it: what is sent must not be a guess."""
        if word.expansions:
            self.note("docker_open", "IMAGE")
        else:
            self.texts["image"] = word.masked

    def take_command(self, words: tuple[ShellWord, ...]) -> None:
        """Take the words behind the image."""
        self.texts["command"] = shlex.join(self._as_typed(word, "COMMAND") for word in words)

    def note(self, code: str, *names: str) -> None:
        """Note what is left out, or taken otherwise than it was given."""
        self.notes.setdefault(code, {}).update(dict.fromkeys(names))

    def draft(self) -> dict[str, Any]:
        """Return what was taken; what was not given is absent."""
        draft: dict[str, Any] = {
            name: self.texts[name]
            for name in ("name", "image", "entrypoint", "command")
            if self.texts.get(name)
        }
        if self.gpus:
            draft["resource"] = {"gpu_num": self.gpus}
        # docker reads the files first; the last value of a variable is the one that counts.
        envs = {**self.from_files, **self.envs}
        draft["envs"] = [{"key": key, "value": value} for key, value in envs.items()]
        draft["ports"] = [{"port": port, "protocol": protocol} for port, protocol in self.ports.items()]
        draft["volumes"] = [{"type": "local", "mount_point": point} for point in self.points]
        return {key: value for key, value in draft.items() if value}

    def left_out(self) -> tuple[LeftOut, ...]:
        """Return what was noted: what matters most first, what is missed by nobody last."""
        codes = sorted(self.notes, key=lambda code: _LAST.index(code) if code in _LAST else -1)
        return tuple(LeftOut(code, {"names": ", ".join(self.notes[code])}) for code in codes)

    @cached_property
    def _takers(self) -> dict[str, Callable[[Given], None]]:
        return {
            "device": self._take_device,
            "entrypoint": self._take_entrypoint,
            "env": self._take_env,
            "env-file": self._take_env_file,
            "expose": self._take_expose,
            "gpus": self._take_gpus,
            "mount": self._take_mount,
            "name": self._take_text,
            "net": self._take_network,
            "network": self._take_network,
            "publish": self._take_publish,
            "publish-all": self._take_publish_all,
            "tmpfs": self._take_tmpfs,
            "volume": self._take_volume,
            "workdir": self._take_workdir,
        }

    def _take_text(self, option: Given) -> None:
        self.texts[option.name] = self._as_typed(option.value, option.shown)

    def _take_entrypoint(self, option: Given) -> None:
        text = self._as_typed(option.value, option.shown)
        if not text:
            self.note("docker_entrypoint", option.shown)
        self.texts["entrypoint"] = shlex.join(_listed(text)) if text else ""

    def _take_env(self, option: Given) -> None:
        key, value = option.value.cut("=")
        if HOLE in key:
            self.note("docker_open", option.shown)
        elif not key or (value is None and not is_name(key)) or looks_like_key(key):
            raise input_error("option_env")
        elif value is None:
            known = self.exported.get(key)
            self.envs[key] = EnvRef(key) if known is None else self._as_typed(known, f"{option.shown} {key}")
        elif value.variable:
            self.envs[key] = EnvRef(value.variable)
        else:
            self.envs[key] = self._as_typed(value, f"{option.shown} {key}")

    def _take_env_file(self, option: Given) -> None:
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
            rows = read_env_file(text)
        except InputError as error:
            self.note("docker_env_file_line", f"{name}:{error.params['number']}")
            return
        for key, value in rows:
            self._take_from_file(key, value)

    def _take_from_file(self, key: str, value: str | EnvRef) -> None:
        """Take a variable of a file; a secret stays in the file, as what is in a draft is shown and saved."""
        if not value or isinstance(value, EnvRef) or not looks_secret(key):
            self.from_files[key] = value
        elif is_name(key):
            self.from_files[key] = EnvRef(key)
            self.note("docker_env_file_secret", key)
        else:
            self.from_files.pop(key, None)
            self.note("docker_env_file_left", key)

    def _take_publish(self, option: Given) -> None:
        for part in option.value.masked.split(","):
            self._publish(part, option.shown)

    def _take_expose(self, option: Given) -> None:
        # docker alone makes an exposed port reachable for nobody outside.
        if self.publishes_all:
            self._publish(option.value.masked, option.shown)
        else:
            self.note("docker_expose", option.shown)

    def _take_publish_all(self, option: Given) -> None:
        self.note("docker_publish_all", option.shown)

    def _take_volume(self, option: Given) -> None:
        self._mount(read_volume(option.value.masked), option.shown)

    def _take_mount(self, option: Given) -> None:
        self._mount(read_mount(option.value.masked), option.shown)

    def _take_tmpfs(self, option: Given) -> None:
        self.note("docker_tmpfs", option.value.shown.partition(":")[0])

    def _take_gpus(self, option: Given) -> None:
        if option.value.expansions:
            self.note("docker_open", option.shown)
            return
        gpus = read_gpus(option.value.masked)
        if gpus is None:
            self.note("docker_gpus_all", option.shown)
        elif gpus == 0:
            self.note("docker_gpus_none", option.shown)
        self.gpus = 1 if gpus is None else gpus

    def _take_device(self, option: Given) -> None:
        names = option.value.masked.split(",")
        if not all(name.startswith(_CDI) for name in names):
            self.note("docker_options", option.shown)
        elif f"{_CDI}all" in names:
            self.note("docker_gpus_all", option.shown)
            self.gpus = max(self.gpus, 1)
        else:
            self.gpus += len(names)

    def _take_network(self, option: Given) -> None:
        is_host = option.value.masked == "host"
        self.note("docker_host_network" if is_host else "docker_options", option.shown)

    def _take_workdir(self, option: Given) -> None:
        self.note("docker_workdir", option.shown)

    def _as_typed(self, word: ShellWord, where: str) -> str:
        if word.expansions:
            self.note("docker_as_typed", where)
        return word.text

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
        elif mount.of_the_system:
            self.note("docker_system", mount.point)
        else:
            self.note("docker_content", mount.point)
            if mount.read_only:
                self.note("docker_read_only", mount.point)
            self.points[mount.point] = None


def _listed(text: str) -> list[str]:
    """Return the words of an entrypoint: podman takes several as a JSON list."""
    try:
        words = json.loads(text) if text.startswith("[") else None
    except (ValueError, RecursionError):
        words = None
    is_list = isinstance(words, list) and words and all(isinstance(word, str) for word in words)
    return words if is_list else [text]  # type: ignore[return-value] # mypy does not see through all()
