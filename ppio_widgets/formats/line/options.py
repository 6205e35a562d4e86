"""The one table of options, in the groups of the help; the line's parser, help and completion read it.

It is plain data, so that loading the extension costs nothing. The words of an option are ``option.<name>``,
those of a group ``usage.<group>``.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ppio_widgets.errors import CONSENTS
from ppio_widgets.locale.columns import padded, width, wrapped

if TYPE_CHECKING:
    from ppio_widgets.locale.words import Words


@dataclass(frozen=True)
class Option:
    """One option of the line."""

    flag: str  # as typed, "--gpus"
    path: tuple[str, ...] = ()  # where its value goes in the body; empty where it is not of the body
    kind: str = "text"  # how its words become a value and back: a row of `parser.KINDS`
    metavar: str = ""  # what the help shows for the value; empty for a switch, in brackets when optional
    repeated: bool = False  # whether each use adds a row
    choices: tuple[str, ...] = ()  # the only values it takes, if so
    source: str = ""  # where completion takes values from: a row of `magics.completers.SOURCES`

    @property
    def name(self) -> str:
        """The flag without its dashes."""
        return self.flag.removeprefix("--")

    @property
    def value_needed(self) -> bool:
        """Whether a value has to follow."""
        return bool(self.metavar) and not self.metavar.startswith("[")

    @property
    def of_body(self) -> bool:
        """Whether it says something about the body, so that there is something to launch."""
        return bool(self.path) or self.kind in ("body", "env_file")


_BILLING = ("postpaid", "prepaid", "spot")
_TYPES = ("gpu", "cpu")
_VOLUME = "local:/PATH|network:ID:/PATH"
_RENEW = ("billing", "prepaid", "auto_renew")

# Of a port; the first one is meant where none is given.
PROTOCOLS = ("http", "tcp")

GROUPS: dict[str, tuple[Option, ...]] = {
    "machine": (
        Option("--name", ("name",), "text", "NAME"),
        Option("--product", ("product_id",), "text", "ID", source="products"),
        Option("--gpus", ("resource", "gpu_num"), "whole", "N"),
        Option("--rootfs", ("resource", "rootfs_size_gb"), "whole", "GB"),
        Option("--cuda", ("resource", "min_cuda_version"), "text", "VERSION"),
        Option("--type", ("type",), "choice", "TYPE", choices=_TYPES),
        Option("--region", ("candidate_regions",), "text", "ID", repeated=True, source="regions"),
        Option("--auto-migrate", ("auto_migrate", "enabled"), "switch"),
        Option("--include-system-disk", ("auto_migrate", "include_system_disk"), "switch"),
    ),
    "container": (
        Option("--image", ("image",), "text", "IMAGE", source="images"),
        Option("--registry-auth", ("registry_auth_id",), "text", "ID", source="auths"),
        Option("--entrypoint", ("entrypoint",), "text", "TEXT"),
        Option("--command", ("command",), "text", "TEXT"),
        Option("--env", ("envs",), "env", "KEY[=VALUE]", repeated=True, source="envs"),
        Option("--env-file", (), "env_file", "FILE", repeated=True, source="env_files"),
        Option("--port", ("ports",), "port", "PORT[/PROTOCOL]", repeated=True, source="ports"),
        Option("--jupyter", ("tools", "jupyter"), "jupyter", "[PORT[/PROTOCOL]]", source="ports"),
        Option("--volume", ("volumes",), "volume", _VOLUME, repeated=True, source="volumes"),
        Option("--network", ("network", "id"), "text", "ID", source="networks"),
        Option("--network-ip", ("network", "ip"), "text", "IP"),
    ),
    "money": (
        Option("--billing", ("billing", "mode"), "choice", "MODE", choices=_BILLING),
        Option("--months", ("billing", "prepaid", "months"), "whole", "N"),
        Option("--auto-renew", _RENEW, "renew", "[MONTHS]"),
        Option("--max-price", (), "price", "AMOUNT"),
        Option("--stop-after", (), "span", "3h"),
        Option("--stop-at", (), "text", "17:30"),
    ),
    "start": (
        Option("--body", (), "body", "JSON|FILE|@NAME", source="bodies"),
        Option("--like", (), "text", "ID", source="instances"),
        Option("--preset", (), "text", "NAME", source="presets"),
    ),
    "sending": (
        Option("--dry-run", (), "switch"),
        Option("--form", (), "switch"),
        Option("--yes", (), "switch"),
        Option("--again", (), "consent", "[FACT]", repeated=True, choices=tuple(CONSENTS)),
        Option("--unique-name", (), "switch"),
        Option("--practice", (), "switch"),
        Option("--base-url", (), "cloud", "URL", source="base_urls"),
        Option("--allow-host", (), "cloud", "HOST"),
        Option("--help", (), "switch"),
    ),
}

OPTIONS: tuple[Option, ...] = tuple(option for group in GROUPS.values() for option in group)

BY_FLAG: dict[str, Option] = {option.flag: option for option in OPTIONS}


def option_for(path: tuple[str | int, ...]) -> Option | None:
    """Return the option that sets `path` or what stands around it."""
    for depth in range(len(path), 0, -1):
        for option in OPTIONS:
            if option.path == path[:depth]:
                return option
    return None


# Each of them is consent to spend, so it is never proposed.
_CONSENT = frozenset({"--yes", "--again"})

# docker's short options: as words, with a value behind or attached to them.
_OF_DOCKER = re.compile(r"(-[epv])(?:[^a-z].*)?|(-(?:i|t|it|ti|d))", re.DOTALL)
_DOCKER_CODES = {"-e": "option_docker_env", "-p": "option_docker_port", "-v": "option_docker_volume"}


def closest(flag: str) -> str | None:
    """Return the flag that was likely meant; none where that one is consent."""
    close = difflib.get_close_matches(flag, BY_FLAG, 1)
    return close[0] if close and close[0] not in _CONSENT else None


def of_docker(word: str) -> tuple[str, str] | None:
    """Return the code of the sentence about a short option of docker, and that option."""
    match = _OF_DOCKER.fullmatch(word)
    if match is None:
        return None
    flag = match[1] or match[2]
    return _DOCKER_CODES.get(flag, "option_docker_terminal"), flag


# Of the help: its width, and that of its flags.
COLUMNS = 96
_HEAD = 30


def usage(say: Words) -> str:
    """Return the help as text of at most `COLUMNS` columns."""
    lines = [say("line.about")]
    for name, options in GROUPS.items():
        lines += ["", say(f"usage.{name}")]
        for option in options:
            lines += _entry(option, say)
    return "\n".join([*lines, "", say("line.examples")])


def _entry(option: Option, say: Words) -> list[str]:
    head = f"  {option.flag} {option.metavar}".rstrip() + (" …" if option.repeated else "")
    about = [" " * _HEAD + line for line in wrapped(say(f"option.{option.name}"), COLUMNS - _HEAD)]
    if width(head) >= _HEAD:
        return [head, *about]
    return [padded(head, _HEAD) + about[0].lstrip(), *about[1:]]
