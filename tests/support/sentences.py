"""What a launch says to people."""

from __future__ import annotations

from ppio_widgets.launches.sentences import launch_sentence
from ppio_widgets.locale.words import words


def sentence_of(launch, say=None):
    """Where a launch stands, in a sentence."""
    return launch_sentence(launch, say or words())
