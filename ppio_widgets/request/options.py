"""The one table of options: flag, path in the body, kind of value.

The line's parser, its help and its completion all read this table. It is plain
data, so that loading the extension costs nothing.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

# How the words after a flag become a value; the readers are in `line`.
Kind = Literal[
    "text",
    "whole",
    "choice",
    "switch",
    "env",
    "port",
    "volume",
    "jupyter",
    "renew",
    "body",
    "price",
    "machine",
    "span",
    "moment",
]


@dataclass(frozen=True)
class Option:
    """One option of the line.

    Attributes
    ----------
    flag : str
        As typed, ``"--gpus"``.
    path : tuple of str
        Where its value goes in the body; empty for an option that is not of the body.
    kind : str
        How its value is read.
    metavar : str
        What the help shows for the value; empty for a switch, in brackets when optional.
    repeated : bool
        Whether each use adds a row.
    choices : tuple of str
        The only values it takes, if so.
    """

    flag: str
    path: tuple[str, ...] = ()
    kind: Kind = "text"
    metavar: str = ""
    repeated: bool = False
    choices: tuple[str, ...] = ()

    @property
    def value_needed(self) -> bool:
        """Whether a value has to follow."""
        return bool(self.metavar) and not self.value_optional

    @property
    def value_optional(self) -> bool:
        """Whether a value may follow."""
        return self.metavar.startswith("[")


_BILLING = ("postpaid", "prepaid", "spot")
_TYPES = ("gpu", "cpu")
_RENEW = ("billing", "prepaid", "auto_renew")

OPTIONS: tuple[Option, ...] = (
    Option("--name", ("name",), "text", "NAME"),
    Option("--product", ("product_id",), "text", "ID"),
    Option("--image", ("image",), "text", "IMAGE"),
    Option("--billing", ("billing", "mode"), "choice", "MODE", choices=_BILLING),
    Option("--months", ("billing", "prepaid", "months"), "whole", "N"),
    Option("--auto-renew", _RENEW, "renew", "[MONTHS]"),
    Option("--gpus", ("resource", "gpu_num"), "whole", "N"),
    Option("--rootfs", ("resource", "rootfs_size_gb"), "whole", "GB"),
    Option("--cuda", ("resource", "min_cuda_version"), "text", "VERSION"),
    Option("--type", ("type",), "choice", "TYPE", choices=_TYPES),
    Option("--registry-auth", ("registry_auth_id",), "text", "ID"),
    Option("--entrypoint", ("entrypoint",), "text", "TEXT"),
    Option("--command", ("command",), "text", "TEXT"),
    Option("--env", ("envs",), "env", "KEY[=VALUE]", repeated=True),
    Option("--port", ("ports",), "port", "PORT[/PROTOCOL]", repeated=True),
    Option("--network", ("network", "id"), "text", "ID"),
    Option("--network-ip", ("network", "ip"), "text", "IP"),
    Option("--volume", ("volumes",), "volume", "local:/PATH|network:ID:/PATH", repeated=True),
    Option("--region", ("candidate_regions",), "text", "ID", repeated=True),
    Option("--jupyter", ("tools", "jupyter"), "jupyter", "[PORT[/PROTOCOL]]"),
    Option("--auto-migrate", ("auto_migrate", "enabled"), "switch"),
    Option("--include-system-disk", ("auto_migrate", "include_system_disk"), "switch"),
    Option("--body", (), "body", "JSON"),
    Option("--dry-run", (), "switch"),
    Option("--yes", (), "switch"),
    Option("--again", (), "switch"),
    Option("--unique-name", (), "switch"),
    Option("--max-price", (), "price", "AMOUNT"),
    Option("--like", (), "machine", "ID"),
    Option("--stop-after", (), "span", "3h"),
    Option("--stop-at", (), "moment", "17:30"),
    Option("--practice", (), "switch"),
    Option("--form", (), "switch"),
)

BY_FLAG: dict[str, Option] = {option.flag: option for option in OPTIONS}


def option_for(path: tuple[str | int, ...]) -> Option | None:
    """Return the option that sets `path` or what stands around it."""
    for depth in range(len(path), 0, -1):
        for option in OPTIONS:
            if option.path == path[:depth]:
                return option
    return None


def closest(flag: str) -> str | None:
    """Return the flag that was likely meant."""
    close = difflib.get_close_matches(flag, BY_FLAG, 1)
    return close[0] if close else None
