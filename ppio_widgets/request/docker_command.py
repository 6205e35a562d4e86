"""Finds the ``docker run`` among the commands of a text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ppio_widgets.request.docker_options import PROGRAM, read_options
from ppio_widgets.request.shell_words import ShellWord, next_command
from ppio_widgets.request.tokens import LineError

_PROGRAMS = frozenset({"docker", "podman", "nerdctl", "nvidia-docker"})

# What may stand before the program and changes nothing of what it runs.
_BEFORE = frozenset({"sudo", "doas", "env", "exec", "command", "nohup", "time"})
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_PROMPTS = frozenset({"$", "!", "%"})


@dataclass(frozen=True)
class Run:
    """The first ``docker run`` of a text.

    Attributes
    ----------
    words : tuple of ShellWord
        What stands behind ``run``.
    options : tuple of str
        Options of the program itself, as typed.
    assigned : tuple of str
        Names of the variables that are set for this command only.
    alone : bool
        Whether the text holds no other command.
    redirected : bool
        Whether it reads or writes files by ``<`` and ``>``.
    """

    words: tuple[ShellWord, ...] = field(repr=False)
    options: tuple[str, ...] = ()
    assigned: tuple[str, ...] = ()
    alone: bool = True
    redirected: bool = False


def find_run(text: str) -> Run:
    """Return the first ``docker run`` or ``docker container run`` of a text.

    Raises
    ------
    LineError
        When there is none, or the commands up to it cannot be read.
    """
    position, programs, others = 0, 0, 0
    while position < len(text):
        command = next_command(text, position)
        position = command.end
        assigned, words = _program(command.words)
        if words:
            programs += 1
            options, verb = read_options(words[1:], PROGRAM)
            verb = verb[1:] if verb and verb[0].masked == "container" else verb
            if verb and verb[0].masked == "run":
                shown = tuple(option.shown for option in options)
                alone = not (others or text[position:].strip(" \t\n;&|()"))
                return Run(verb[1:], shown, assigned, alone, command.redirected)
        others += bool(command.words)
    raise LineError("docker_verb" if programs else "docker_none")


def _program(words: tuple[ShellWord, ...]) -> tuple[tuple[str, ...], tuple[ShellWord, ...]]:
    """Return the variables set for a command, and its words from the program on; none if it is another."""
    assigned: list[str] = []
    wrapped = False
    for number, word in enumerate(words):
        typed = word.masked.removeprefix("!") if number == 0 else word.masked
        name = re.split(r"[/\\]", typed)[-1].removesuffix(".exe")
        if name in _PROGRAMS:
            return tuple(assigned), words[number:]
        if assignment := _ASSIGNMENT.match(word.masked):
            assigned.append(assignment[1])
        elif name in _BEFORE:
            wrapped = True
        elif not (wrapped or (number == 0 and word.masked in _PROMPTS)):
            break
    return (), ()
