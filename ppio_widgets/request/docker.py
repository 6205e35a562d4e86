"""A ``docker run`` line (podman, nerdctl) as a draft, and all that has no counterpart in the body.

What counts: the image, the words behind it as one text that a shell splits into the same words, the ports in
the container, the variables, the places where something is mounted, the name, the number of GPUs. No shell is
run. ``-e NAME`` and a value that is wholly ``$NAME`` become a reference; elsewhere what the shell would fill
in stays as typed in a text (name, entrypoint, command, value of a variable), and drops what it stands in
anywhere else (image, port, mount point): either is said.

`docker_command` finds the line, `docker_options` knows how many words an option takes, `docker_values` reads
what is in them, `docker_draft` puts it together.
"""

from __future__ import annotations

from ppio_widgets.request.docker_command import find_run
from ppio_widgets.request.docker_draft import DraftReader, ReadFile
from ppio_widgets.request.docker_options import RUN, read_options
from ppio_widgets.request.imported import Imported
from ppio_widgets.request.tokens import LineError

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
    LineError
        When there is no ``docker run``, it names no image, or a part of it cannot be read. The message
        never holds a value.
    """
    run = find_run(text.replace("\r\n", "\n"))
    options, words = read_options(run.words, RUN)
    if not words or not words[0].masked:
        raise LineError("docker_no_image")
    if words[0].masked.startswith(_DASHES):
        raise LineError("docker_dash")
    reader = DraftReader(read_file)
    reader.take(options)
    reader.take_around(run)
    reader.take_image(words[0])
    reader.take_command(words[1:])
    return Imported("docker", reader.draft(), reader.left_out())
