"""What was agreed to before a launch: kinds of facts, or single facts that a question named.

A consent is a set of texts: ``"copy"`` lets any copy pass, ``"copy i-1"`` only that one. Nothing
else passes by it.
"""

from __future__ import annotations

from collections.abc import Iterable

from ppio_widgets.errors import CONSENTS, ConsentNeeded, LaunchRefused
from ppio_widgets.locale.text import visible

Consent = frozenset[str]
Again = bool | str | Iterable[str]

NOTHING: Consent = frozenset()


def read_consent(again: Again) -> Consent:
    """Read what a call agrees to.

    Parameters
    ----------
    again : bool, str or iterable of str
        True: a copy. Else ``"copy"``, ``"unchecked"``, ``"unreadable"``, ``"unrecorded"`` or several.

    Raises
    ------
    LaunchRefused
        For anything else: nothing was sent.
    """
    if isinstance(again, bool):
        return frozenset({"copy"}) if again else NOTHING
    given = [again] if isinstance(again, str) else again
    texts = list(given) if isinstance(given, Iterable) else [given]
    for text in texts:
        if not isinstance(text, str) or text.partition(" ")[0] not in CONSENTS:
            value = visible(text) if isinstance(text, str) else type(text).__name__
            raise LaunchRefused("again", value=value, choices=", ".join(CONSENTS))
    return frozenset(texts)


def allows(doubt: ConsentNeeded, consent: Consent) -> bool:
    """Whether just this doubt was agreed to."""
    return doubt.kind in consent or doubt.facts <= consent


def refuse(doubt: ConsentNeeded, consent: Consent) -> None:
    """Raise a doubt, unless just that was agreed to.

    Raises
    ------
    ConsentNeeded
    """
    if not allows(doubt, consent):
        raise doubt
