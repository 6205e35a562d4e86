"""``--stop-after`` and ``--stop-at``: the timer that a launch gets as soon as it has an id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ppio_widgets.locale import Span, words

if TYPE_CHECKING:
    from ppio_widgets.launcher.launch import Launch
    from ppio_widgets.request.line import Line


@dataclass(frozen=True)
class Timer:
    """When the kernel stops what a line launches; false when it does not.

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
    def of(cls, given: Line) -> Timer:
        """Read the timer of a line.

        Raises
        ------
        MomentUnreadable
            For a time that is none or is over: nothing was sent.
        """
        from ppio_widgets.launcher import worker  # noqa: PLC0415 - on first use
        from ppio_widgets.request.moments import read_moment  # noqa: PLC0415

        at = read_moment(given.stop_at, worker.clock.now()) if given.stop_at else None
        return cls(given.stop_after, at)

    def announce(self) -> None:
        """Say when it fires and whose it is, before anything is sent."""
        from ppio_widgets.launcher import worker  # noqa: PLC0415
        from ppio_widgets.request.moments import moment_words  # noqa: PLC0415

        say = words()
        if self.at is not None:
            print(say("line.stop_at", moment=moment_words(self.at, worker.clock.now())))  # noqa: T201
        elif self.after is not None:
            print(say("line.stop_after", span=Span(self.after).sentence(say)))  # noqa: T201

    def set_on(self, launch: Launch) -> Launch:
        """Have the launch's instance stopped; nothing happens for a launch that makes none."""
        from ppio_widgets.launcher import worker  # noqa: PLC0415
        from ppio_widgets.launcher.deadline import set_when_launched  # noqa: PLC0415

        at, after = self.at, self.after
        if at is not None:
            set_when_launched(launch, lambda: at)
        elif after is not None:
            set_when_launched(launch, lambda: worker.clock.now() + after)
        return launch
