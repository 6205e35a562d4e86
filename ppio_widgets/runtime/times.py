"""Times as people type and read them; a time that is shown carries its zone."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from numbers import Number
from typing import TYPE_CHECKING

from ppio_widgets.errors import MomentUnreadable

if TYPE_CHECKING:
    from ppio_widgets.locale.words import Words

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_PART = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*(min|[smhd])", re.IGNORECASE)
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?", re.IGNORECASE)

_MORNING = time(9)
_SECOND = timedelta(seconds=1)

# A longer one is a slip: nobody means to rent by a timer of a notebook for a year.
LONGEST_SPAN = 31 * 86400.0


def read_span(text: str | float | timedelta) -> float:
    """Return a length of time in seconds: ``3h``, ``90m``, ``1h30m``, or a number of seconds."""
    seconds = _seconds(text)
    if not 0 < seconds <= LONGEST_SPAN:
        raise MomentUnreadable("span", value=as_given(text))
    return seconds


def _seconds(value: object) -> float:
    """Return a length of time in seconds; 0 for what is none."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, str):
        parts = _PART.findall(value)
        whole = parts and not _PART.sub("", value).strip()
        return sum(float(count) * _UNITS[unit.lower()] for count, unit in parts) if whole else 0.0
    if isinstance(value, bool) or not isinstance(value, Number):
        return 0.0
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ArithmeticError):  # a complex one; a signalling NaN; too large
        return 0.0


def as_given(value: object) -> str:
    """Return what was given, as it is repeated in a message; of what is no text and no number its kind."""
    if isinstance(value, str | Number | date | timedelta):
        try:
            return str(value)[:40]
        except ValueError:  # a whole number of too many digits
            pass
    return type(value).__name__


def write_span(seconds: float) -> str:
    """Return a length of time as it is typed: ``2h30m``; `read_span` reads it back."""
    left, parts = round(seconds), []
    for unit in ("d", "h", "m", "s"):
        count, left = divmod(left, _UNITS[unit])
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "1s"


def span_words(seconds: float, say: Words) -> str:
    """Return a length of time in words, to the second: ``"2 h 30 min"``."""
    left, parts = round(seconds), []
    for key, unit in (("days", "d"), ("hours", "h"), ("minutes", "m"), ("seconds", "s")):
        count, left = divmod(left, _UNITS[unit])
        if count:
            parts.append(say("span.day" if key == "days" and count == 1 else f"span.{key}", n=count))
    return " ".join(parts) or say("span.seconds", n=1)


def read_moment(text: str | datetime, now: float) -> float:
    """Return the Unix seconds of a time: ``17:30``, ``17:30+08:00``, or an ISO date and time.

    Without an offset it is the kernel's clock and zone. A time of day that is over means tomorrow. Raises
    `MomentUnreadable` when it is none, is over, or is further away than a month.
    """
    found = text if isinstance(text, datetime) else None
    try:
        if isinstance(text, str):
            # Python 3.10 does not read the Z.
            iso = re.sub(r"[Zz]$", "+00:00", text.strip())
            found = _of_day(text.strip(), now) or datetime.fromisoformat(iso)
        moment = None if found is None else found.timestamp()
    except (ValueError, ArithmeticError, OSError):  # no date; an offset of days; a year that no clock shows
        moment = None
    if moment is None:
        raise MomentUnreadable("moment", value=as_given(text))
    if not now < moment <= now + LONGEST_SPAN:
        raise MomentUnreadable("moment_over", value=as_given(text))
    return moment


def moment_words(moment: float, now: float) -> str:
    """Return a time with its zone, and with its date unless that is today: ``17:32 UTC+08:00``."""
    there, here = _local(moment), _local(now)
    day = "" if there.date() == here.date() else f"{there:%Y-%m-%d} "
    return f"{day}{there:%H:%M} {zone_of(there)}"


def table_moment(moment: float, now: float) -> str:
    """Return a time for a column whose head has the zone: ``17:32``, with its day unless that is today."""
    there, here = _local(moment), _local(now)
    if there.date() == here.date():
        return f"{there:%H:%M}"
    return f"{there:%m-%d %H:%M}" if there.year == here.year else f"{there:%Y-%m-%d}"


def local_zone(now: float) -> str:
    """Return the zone of the kernel's times: ``UTC+08:00``."""
    return zone_of(_local(now))


def until_morning(now: datetime | None = None) -> tuple[int, str]:
    """Return the seconds until tomorrow 09:00, and that time with its zone: ``09:00 UTC+08:00``.

    In the zone of `now`; in the kernel's when that is None or has no zone.
    """
    zone = now.tzinfo if now is not None else None
    here = now or datetime.now(tz=timezone.utc).astimezone()
    morning = datetime.combine(here.date() + timedelta(days=1), _MORNING, tzinfo=zone)
    if zone is None:  # the system's zone, as it will be then: summer time may begin tonight
        morning = morning.astimezone()
    # Within one zone Python subtracts clock faces, not moments.
    seconds = (morning.astimezone(timezone.utc) - here.astimezone(timezone.utc)) // _SECOND
    return seconds, f"{morning:%H:%M} {zone_of(morning)}"


def local_time(moment: float) -> datetime:
    """Return Unix seconds as the clock of the kernel's zone shows them."""
    return _local(moment).replace(tzinfo=None)


def zone_of(moment: datetime) -> str:
    """Return the zone of a moment as people read it: ``UTC+08:00``."""
    hours, minutes = f"{moment:%z}"[:3], f"{moment:%z}"[3:5]
    return "UTC" if (hours[1:], minutes) in (("00", "00"), ("", "")) else f"UTC{hours}:{minutes}"


def _local(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, tz=timezone.utc).astimezone()


def _of_day(text: str, now: float) -> datetime | None:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    zone = datetime.strptime(found[3].upper().replace("UTC", "Z"), "%z").tzinfo if found[3] else None
    today = datetime.fromtimestamp(now, tz=timezone.utc).astimezone(zone)
    there = datetime.combine(today.date(), time(int(found[1]), int(found[2])), tzinfo=zone)
    # A naive one is taken in the zone the kernel's clock has on that very day.
    return there if there.timestamp() > now else there + timedelta(days=1)
