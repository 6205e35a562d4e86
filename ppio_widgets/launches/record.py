"""What is written down of a launch: enough to find its instance, and no secret."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from ppio_widgets.launches.names import alike
from ppio_widgets.launches.states import UNRESOLVED, LaunchState

VERSION = 1

_TIMES = ("sent_at", "offset", "absent_since", "absent_date", "gone_at")

# The states that a record can have; it is written only from the sending on.
_WRITTEN = ("sending", "succeeded", "rejected", "not_sent", "unknown", "absent")


@dataclass(frozen=True)
class Record:
    """One launch in the ledger.

    Attributes
    ----------
    launch_id : str
        Ours; it is the file's name.
    host : str
        Base URL that the request went to.
    account : str
        Label of the account: the key's last four characters.
    body : dict
        The request's body with every env value removed.
    sent_at : float
        Unix seconds of this machine's clock, when the request was about to leave.
    offset : float or None
        Seconds that the server's clock was ahead of ours then, where known.
    name_was_free : bool
        Whether no instance of this name was there just before.
    listed : tuple of str or None
        Ids of all that were listed just before and may be of this name: none of them is its instance.
        None where nobody looked, or a version before this one wrote it.
    state : LaunchState
    instance_id : str or None
    source : str
        Who said what became of it: ``"answer"``, ``"listing"``, ``"person"`` or ``""``.
    practice : bool
        Whether it went to a practice cloud.
    price : str or None
        What it was said to cost, in a sentence.
    absences : int
        Complete look-ups in a row that did not find it.
    absent_since : float
        When the first of them was made.
    candidates : tuple of str
        Ids of instances that it may be, when that is not clear.
    absent_date : float
        The server's clock at the first of these look-ups, 0 where not told.
    missed : str
        Why the last look-up proved nothing, in a sentence; empty when it did.
    gone : str
        ``"removed"`` or ``"not_seen"`` once its instance is proved to be gone; such an id is not asked for.
    gone_at : float
        When that was.
    """

    launch_id: str
    host: str
    account: str
    body: dict[str, Any] = field(default_factory=dict)
    sent_at: float = 0.0
    offset: float | None = None
    name_was_free: bool = False
    listed: tuple[str, ...] | None = None
    state: LaunchState = LaunchState.SENDING
    instance_id: str | None = None
    source: str = ""
    practice: bool = False
    price: str | None = None
    absences: int = 0
    absent_since: float = 0.0
    candidates: tuple[str, ...] = ()
    absent_date: float = 0.0
    missed: str = ""
    gone: str = ""
    gone_at: float = 0.0

    @property
    def name(self) -> str:
        """The instance's name, exactly as it was sent."""
        name = self.body.get("name")
        return name if isinstance(name, str) else ""

    @property
    def unresolved(self) -> bool:
        """Whether a machine may be running that nobody knows the id of."""
        return self.state in UNRESOLVED

    def rivals(self, other: Record) -> bool:
        """Whether another launch can be mistaken for this one: on the same host, with a name alike.

        Under whichever key: two keys may be of one account.
        """
        if self.launch_id == other.launch_id or self.host != other.host:
            return False
        return alike(self.name, other.name)

    def to_json(self) -> str:
        """Return it as it stands in its file."""
        # While it is being looked up, what is known for sure is that it is not known.
        state = LaunchState.UNKNOWN if self.state is LaunchState.RECONCILING else self.state
        return json.dumps({"version": VERSION, **asdict(replace(self, state=state))}, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> Record | None:
        """Read a file; None when it is torn, of another version, or not a record at all."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(data, Mapping) or data.get("version") != VERSION:
            return None
        known = {one.name: data[one.name] for one in fields(cls) if one.name in data}
        if not _is_sound(known):
            return None
        listed = known.get("listed")
        return cls(
            **{
                **known,
                "state": LaunchState(known["state"]),
                "candidates": tuple(str(one) for one in known.get("candidates", ())),
                "listed": None if listed is None else tuple(str(one) for one in listed),
            }
        )


def _is_sound(data: Mapping[str, Any]) -> bool:
    """Whether each value is of its kind, so that a damaged file cannot pass for a record."""
    kinds: Mapping[str, tuple[type, ...]] = {
        "launch_id": (str,),
        "host": (str,),
        "account": (str,),
        "body": (dict,),
        "state": (str,),
        "sent_at": (int, float),
        "offset": (int, float, type(None)),
        "name_was_free": (bool,),
        "listed": (list, type(None)),
        "instance_id": (str, type(None)),
        "source": (str,),
        "practice": (bool,),
        "price": (str, type(None)),
        "absences": (int,),
        "absent_since": (int, float),
        "candidates": (list,),
        "absent_date": (int, float),
        "missed": (str,),
        "gone": (str,),
        "gone_at": (int, float),
    }
    required = ("launch_id", "host", "account", "body", "sent_at", "state")
    if not all(name in data for name in required):
        return False
    if not all(isinstance(data[name], kind) for name, kind in kinds.items() if name in data):
        return False
    times = [data[name] for name in _TIMES if data.get(name) is not None]
    # Not infinite, not NaN, and not so large that it cannot be reckoned with.
    return (
        data["state"] in _WRITTEN
        and (data["state"] == LaunchState.SUCCEEDED.value) == bool(data.get("instance_id"))
        and all(abs(time) < 1e12 for time in times)
    )


def new_launch_id() -> str:
    """Return an id short enough to be typed."""
    return secrets.token_hex(4)


def without_env_values(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body that keeps the names of its variables only."""
    envs = body.get("envs")
    if not isinstance(envs, list | tuple):
        return dict(body)
    keys = [row["key"] for row in envs if isinstance(row, Mapping) and "key" in row]
    return {**body, "envs": [{"key": key} for key in keys]}
