"""Times as people type and read them; a time that is shown carries its zone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from ppio_widgets.errors import MomentUnreadable
from ppio_widgets.request.cost import zone_of

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_PART = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*(min|[smhd])", re.IGNORECASE)
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?", re.IGNORECASE)

# A longer one is a slip: nobody means to rent by a timer of a notebook for a year.
LONGEST_SPAN = 31 * 86400.0


def read_span(text: str | float | timedelta) -> float:
    """Return a length of time in seconds: ``3h``, ``90m``, ``1h30m``, or a number of seconds.

    Raises
    ------
    MomentUnreadable
    """
    if isinstance(text, timedelta):
        seconds = text.total_seconds()
    elif isinstance(text, str):
        parts = _PART.findall(text)
        whole = parts and not _PART.sub("", text).strip()
        seconds = sum(float(count) * _UNITS[unit.lower()] for count, unit in parts) if whole else 0.0
    else:
        seconds = float(text) if not isinstance(text, bool) else 0.0
    if not 0 < seconds <= LONGEST_SPAN:
        raise MomentUnreadable("span", value=str(text)[:40])
    return seconds


def write_span(seconds: float) -> str:
    """Return a length of time as it is typed: ``2h30m``; `read_span` reads it back."""
    left, parts = round(seconds), []
    for unit in ("d", "h", "m", "s"):
        count, left = divmod(left, _UNITS[unit])
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "1s"


def read_moment(text: str | datetime, now: float) -> float:
    """Return the Unix seconds of a time: ``17:30``, ``17:30+08:00``, or an ISO date and time.

    Without an offset it is the kernel's clock. A time of day that is over means tomorrow.

    Raises
    ------
    MomentUnreadable
        When it is none, or is over, or further away than a month.
    """
    found = text if isinstance(text, datetime) else _of_day(text.strip(), now) or _iso(text.strip())
    if found is None:
        raise MomentUnreadable("moment", value=str(text)[:40])
    moment = found.timestamp()
    if not now < moment <= now + LONGEST_SPAN:
        raise MomentUnreadable("moment_over", value=str(text)[:40])
    return moment


def moment_words(moment: float, now: float) -> str:
    """Return a time with its zone, and with its date unless that is today: ``17:32 UTC+08:00``."""
    there, here = _local(moment), _local(now)
    date = "" if there.date() == here.date() else f"{there:%Y-%m-%d} "
    return f"{date}{there:%H:%M} {zone_of(there)}"


def _local(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, tz=timezone.utc).astimezone()


def _of_day(text: str, now: float) -> datetime | None:
    found = _CLOCK.fullmatch(text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    zone = _zone(found[3])
    today = datetime.fromtimestamp(now, tz=zone or timezone.utc)
    today = today if zone else today.astimezone()
    there = datetime(today.year, today.month, today.day, int(found[1]), int(found[2]), tzinfo=zone)
    # A naive one is taken in the zone the kernel's clock has on that very day.
    return there if there.timestamp() > now else there + timedelta(days=1)


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text.upper() in ("Z", "UTC"):
        return timezone.utc
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))


def _iso(text: str) -> datetime | None:
    try:
        # Python 3.10 does not read the Z.
        return datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text))
    except ValueError:
        return None
