"""Answering a question the way a person does: after reading it."""

from __future__ import annotations


def let_read() -> None:
    """Let the time pass in which a question takes no answer; call it between asking and answering."""
