"""The one tree of exceptions; every message in it is safe to print.

An exception holds a *code* and its parameters and is put into words late, so
that the same one reads in English and in Chinese. Bad arguments of a line are
a ``UsageError`` of IPython's, see `ppio_widgets.magics`.
"""

from __future__ import annotations

import logging
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ppio_widgets.locale.words import Span, filled, joined, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.locale.words import Words

log = logging.getLogger("ppio_widgets")

# Statuses by which the server surely refused. 409 may mean that it is there already;
# 408, 425 and every 5xx that somebody on the way gave up; of others nothing is known.
REFUSALS = frozenset((307, 308, *range(400, 407), *range(411, 416), 422, 429, 431, 451))

# Statuses that call for the same next step as another one.
_ALIKE = {
    **dict.fromkeys((406, 421, 501), 405),
    **dict.fromkeys((412, 416, 417, 428), 411),
    **dict.fromkeys((420, 449), 429),
    450: 418,
}


# What can be agreed to, and the codes of the doubts that each lets pass.
CONSENTS: Mapping[str, tuple[str, ...]] = {
    "copy": ("name_taken", "names_taken", "name_unresolved"),
    "unchecked": ("name_unchecked",),
    "unreadable": ("ledger_unreadable",),
    "unrecorded": ("ledger_unwritable", "ledger_closed"),
}


class PpioError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    code : str
        Key of the sentence in ``locale/``, without its ``error.`` prefix.
    **params
        Values for the sentence. Never a secret.
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params: Mapping[str, object] = params

    def sentence(self, say: Words) -> str:
        """Return the message in the language of `say`."""
        return filled(say, f"error.{self.code}", self.params)

    def __str__(self) -> str:
        return self.sentence(words())

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by code and parameters."""
        return (type(self), (self.code,), {"params": dict(self.params)})

    def _render_traceback_(self) -> list[str]:
        """Show one readable line in a notebook instead of a stack (IPython's hook)."""
        return [f"{type(self).__name__}: {self}"]


def frames_of(error: BaseException) -> str:
    """Return where an exception came from: frames only, as its text may hold what was typed."""
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))


def log_line(level: int, text: str, *given: object) -> None:
    """Log a line; a filter or a handler that raises keeps nothing from being done."""
    with suppress(Exception):
        log.log(level, text, *given)


def log_fault(place: str, error: BaseException) -> None:
    """Log what was raised where, and none of its text; where that cannot be done all else goes on."""
    with suppress(Exception):
        log_line(logging.ERROR, "%s: %s in %s", place, type(error).__name__, frames_of(error))


def is_gone(error: BaseException) -> bool:
    """Whether the API itself said once that it knows no such instance, which proves nothing yet.

    It answers 400, not 404; the page of a gateway is no word of the API.
    """
    return isinstance(error, ApiError) and error.status in (400, 404) and error.reason == "RESOURCE_NOT_FOUND"


class CredentialsError(PpioError):
    """There is no API key, or what was given cannot be one."""


class HostRefused(PpioError):
    """The base URL is not one that a request may go to."""


class InputError(PpioError):
    """A line, a file or a pasted text cannot be read; the message names the option and the way out.

    `secrets.redaction.input_error` makes it, so that no message repeats what looks like a key.
    """


class RequestInvalid(PpioError):
    """The body does not fit the contract; nothing was sent."""


class LaunchRefused(PpioError):
    """We declined to send; nothing was sent and nothing is billed."""


class ConsentNeeded(LaunchRefused):
    """There is a reason not to send: a second copy, or no record of it. Agreeing to it lets only that pass.

    Its parameter ``of`` says what it is about, where there may be several: ids or files.
    """

    @property
    def kind(self) -> str:
        """What has to be agreed to: one of `CONSENTS`."""
        return next(kind for kind, codes in CONSENTS.items() if self.code in codes)

    @property
    def facts(self) -> frozenset[str]:
        """What exactly: ``{"copy i-1"}``; without anything that it is of, its kind alone."""
        about = self.params.get("of")
        of = about if isinstance(about, tuple) else ()
        return frozenset(f"{self.kind} {one}" for one in of) or frozenset({self.kind})

    def fact(self, say: Words) -> str:
        """Return the reason alone."""
        return super().sentence(say)

    def scope(self, say: Words) -> str:
        """Return what a Yes agrees to, and that it agrees to nothing else."""
        return say(f"agree.{self.code}", **self.params)

    def sentence(self, say: Words) -> str:
        """Return the reason, and how to override it in a line or a call."""
        return joined((self.fact(say), say(f"consent.{self.code}")))


class NotSent(PpioError):
    """The request surely did not leave this machine."""


class OutcomeUnknown(PpioError):
    """The request may have arrived, but no readable answer came back."""

    def sentence(self, say: Words) -> str:
        """Return the message; of an inner answer only what it said: to launch again is no advice here."""
        inner = self.params.get("words")
        if not isinstance(inner, ApiError):
            return super().sentence(say)
        return say(f"error.{self.code}", words=inner.said(say))


class LaunchAbsent(PpioError):
    """The answer was lost, the instance was looked up, and it is not there."""


class ActionUnconfirmed(PpioError):
    """A stop, start, restart or delete was asked for, and the instance does not show it: it may be billed."""


class MomentUnreadable(PpioError):
    """What was given is no time or length of time, or a time that is over."""


class PresetRefused(PpioError):
    """A preset cannot be saved, or is not there, or cannot be read."""


class Unreachable(PpioError):
    """A read got no answer; nothing has changed on the server."""


class AnswerUnreadable(PpioError):
    """A read got an answer that is not certain: not the API's, not fresh, or not whole."""


class ApiError(PpioError):
    """The server answered with an error.

    Attributes
    ----------
    status : int
        HTTP status.
    reason : str
        The API's own name for the error (``"VALIDATOR_PARAM"``), or ``""``.
    message : str
        The server's own words, shortened, control characters made visible.
    server_time : float
        The server's clock as Unix seconds; 0 where not told, or where the answer is not surely the API's
        and fresh.
    """

    server_time = 0.0

    @property
    def status(self) -> int:
        """HTTP status of the answer."""
        return int(str(self.params["status"]))

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait, where it does."""
        seconds = self.params.get("retry_after")
        return seconds if isinstance(seconds, float) else None

    @property
    def reason(self) -> str:
        """The API's own name for the error, or an empty text."""
        return str(self.params.get("reason", ""))

    @property
    def message(self) -> str:
        """The server's own words."""
        return str(self.params.get("message", ""))

    @property
    def refused(self) -> bool:
        """Whether nothing was done, surely; otherwise the call may have been carried out."""
        return self.status in REFUSALS

    def sentence(self, say: Words) -> str:
        """Status, the server's words, its name for the error, and the next step."""
        # The next step, the most exact that there is.
        steps = (self.reason, self.status, _ALIKE.get(self.status), f"{self.status // 100}xx", "other")
        parts = [self.said(say), say.first(*(f"next.{step}" for step in steps))]
        if self.retry_after is not None:
            parts.append(say("retry.wait", span=Span(self.retry_after).sentence(say)))
        return joined(parts)

    def said(self, say: Words) -> str:
        """Status, the server's words and its name for the error: what it said, and no advice."""
        told = [self.message, f"[{self.reason}]" if self.reason else ""]
        text = " ".join(filter(None, told)) or say("answer.no_words")
        key = "error.api" if self.refused else "error.api_open"
        return say.ended(say(key, status=self.status, words=text))


class AccessDenied(ApiError):
    """The key is missing, wrong, or has no right (401 or 403)."""
