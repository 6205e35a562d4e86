"""A ``docker run`` line (podman, nerdctl) as a draft, and all that has no counterpart in the body.

What counts: the image, the words behind it as one text that a shell splits into the same words, the ports in
the container, the variables, the places where something is mounted, the name, the number of GPUs. No shell is
run. ``-e NAME`` and a value that is wholly ``$NAME`` become a reference; elsewhere what the shell would fill
in stays as typed in a text (name, entrypoint, command, value of a variable), and drops what it stands in
anywhere else (image, port, mount point): either is said.

The line is found here; `docker_flags` knows how many words an option takes, `docker_values` reads what is
in them, `docker_draft` puts it together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ppio_widgets.formats.docker_draft import DraftReader, ReadFile
from ppio_widgets.formats.docker_flags import PROGRAM, RUN, read_options
from ppio_widgets.formats.imported import Imported
from ppio_widgets.formats.shell import Script, ShellWord, read_shell
from ppio_widgets.secrets.redaction import input_error

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROGRAMS = frozenset({"docker", "podman", "nerdctl", "nvidia-docker"})

# What may stand before the program and changes nothing of what it runs.
_BEFORE = frozenset({"sudo", "doas", "env", "exec", "command", "nohup", "time"})
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")

# Long dashes, which word processors and blogs make of two short ones.
_DASHES = ("\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212")


def read_docker(text: str, read_file: ReadFile | None = None) -> Imported:
    """Read the first ``docker run`` of a text into a draft.

    Parameters
    ----------
    text : str
        A shell's lines, with ``sudo``, a prompt, continued lines and other commands around.
    read_file : callable, optional
        Returns the text of a file that ``--env-file`` names; without it such a file is left out.

    Returns
    -------
    Imported
        Of kind ``"docker"``.

    Raises
    ------
    InputError
        When there is no ``docker run``, it names no image, or a part of it cannot be read. The message
        never holds a value.
    """
    script = read_shell(text)
    run = _find_run(script)
    options, words = read_options(run.words, RUN)
    if not words or not words[0].masked:
        raise input_error("docker_no_image")
    if words[0].masked.startswith(_DASHES):
        raise input_error("docker_dash")
    reader = DraftReader(read_file, run.exported)
    reader.take(options)
    _note_around(reader, run, script)
    reader.take_image(words[0])
    reader.take_command(words[1:])
    return Imported("docker", reader.draft(), reader.left_out())


@dataclass(frozen=True)
class _Run:
    """A ``docker run``.

    Attributes
    ----------
    words : tuple of ShellWord
        What stands behind ``run``.
    options : tuple of str
        Options of the program itself, as typed.
    assigned : tuple of str
        Names of the variables that are set for this command only.
    redirected : bool
        Whether it reads or writes files by ``<`` and ``>``.
    exported : mapping of str to ShellWord
        The variables that the text gives it.
    """

    words: tuple[ShellWord, ...] = field(repr=False)
    options: tuple[str, ...]
    assigned: tuple[str, ...]
    redirected: bool
    exported: Mapping[str, ShellWord] = field(repr=False)


def _find_run(script: Script) -> _Run:
    """Return the first ``docker run`` or ``docker container run``."""
    programs = 0
    for command in script.commands:
        assigned, words = _program(command.words)
        if not words:
            continue
        programs += 1
        options, verb = read_options(words[1:], PROGRAM)
        verb = verb[1:] if verb and verb[0].masked == "container" else verb
        if verb and verb[0].masked == "run":
            shown = tuple(option.shown for option in options)
            return _Run(verb[1:], shown, assigned, command.redirected, command.exported)
    raise script.problem or input_error("docker_verb" if programs else "docker_none")


def _note_around(reader: DraftReader, run: _Run, script: Script) -> None:
    """Note what stands around the words behind ``run``."""
    if run.options:
        reader.note("docker_options", *run.options)
    if run.assigned:
        reader.note("docker_assigned", *run.assigned)
    if sum(not command.assigns for command in script.commands) > 1 or script.problem:
        reader.note("docker_around")
    if run.redirected:
        reader.note("docker_redirected")


def _program(words: tuple[ShellWord, ...]) -> tuple[tuple[str, ...], tuple[ShellWord, ...]]:
    """Return the variables set for a command, and its words from the program on; none if it is another."""
    assigned: list[str] = []
    wrapped = False
    for number, word in enumerate(words):
        name = re.split(r"[/\\]", word.masked)[-1].removesuffix(".exe")
        if name in _PROGRAMS:
            return tuple(assigned), words[number:]
        if assignment := _ASSIGNMENT.match(word.masked):
            assigned.append(assignment[1])
        elif name in _BEFORE:
            wrapped = True
        elif not wrapped:
            break
    return (), ()
