"""When a launch is to be stopped: the timer that its instance gets as soon as its id is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ppio_widgets.errors import MomentUnreadable
from ppio_widgets.instances.autostop import set_when_launched
from ppio_widgets.runtime import threads
from ppio_widgets.runtime.times import moment_words, read_moment, read_span, write_span

if TYPE_CHECKING:
    from ppio_widgets.launches.launch import Launch
    from ppio_widgets.locale import Words


@dataclass(frozen=True)
class Timer:
    """When the kernel stops what is launched; false when it does not.

    Attributes
    ----------
    after : float or None
        Seconds from the moment its id is known.
    at : float or None
        Unix seconds.
    """

    after: float | None = None
    at: float | None = None

    def __bool__(self) -> bool:
        return self.after is not None or self.at is not None

    @classmethod
    def read(cls, text: str) -> Timer:
        """Read a length of time (``3h``) or a time (``17:30``); empty text is no timer.

        Raises
        ------
        MomentUnreadable
        """
        if not text.strip():
            return cls()
        try:
            return cls(after=read_span(text))
        except MomentUnreadable:
            pass  # then it is a time, or its message says what both look like
        try:
            return cls(at=read_moment(text, threads.clock.now()))
        except MomentUnreadable as error:
            if error.code != "moment":
                raise
        raise MomentUnreadable("stop_field", value=text.strip()[:40])

    def sentence(self, say: Words) -> str:
        """Return when it fires and whose it is; empty where there is none."""
        if self.at is not None:
            return say("line.stop_at", moment=moment_words(self.at, threads.clock.now()))
        if self.after is not None:
            return say("line.stop_after", span=write_span(self.after))
        return ""

    def require(self) -> None:
        """Pass unless its time is over.

        Raises
        ------
        MomentUnreadable
        """
        now = threads.clock.now()
        if self.at is not None and self.at <= now:
            raise MomentUnreadable("moment_over", value=moment_words(self.at, now))

    def set_on(self, launch: Launch) -> Launch:
        """Have the launch's instance stopped; nothing happens for a launch that makes none."""
        if self.at is not None:
            set_when_launched(launch, self.at)
        elif self.after is not None:
            set_when_launched(launch, self.after, is_span=True)
        return launch
