"""``%ppio ls``, ``products``, ``show``, ``stop``, ``start``, ``delete``, ``auto-renew``: on any day.

`cloud` is which cloud the line names, as arguments of `ppio_widgets.api.connect`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import StdinNotImplementedError

from ppio_widgets.formats.line.options import use_of
from ppio_widgets.locale import words
from ppio_widgets.magics.usage_error import UsageError
from ppio_widgets.runtime import kernel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ppio_widgets.cloud.client import Action, PpioClient
    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.instances.listing import Board
    from ppio_widgets.launches.plan import Products


def listed(*given: str, cloud: Mapping[str, Any]) -> Board:
    """Return all instances, newest first, filtered by name or status where that is given."""
    from ppio_widgets.instances.listing import open_board  # noqa: PLC0415 - heavy, on first use

    filters = dict(zip(given[::2], given[1::2], strict=True))
    if not filters.keys() <= {"--name", "--status"} or 2 * len(filters) != len(given):
        raise UsageError(use_of(words(), "ls"))
    return open_board(_client(cloud), filters.get("--name"), filters.get("--status"))


def products(*given: str, cloud: Mapping[str, Any]) -> Products:
    """Return what can be rented, filtered by words where they are given."""
    from ppio_widgets.launches.plan import list_products  # noqa: PLC0415

    if any(word.startswith("-") for word in given):
        raise UsageError(use_of(words(), "products"))
    return list_products(_client(cloud), " ".join(given))


def shown(word: str, *, cloud: Mapping[str, Any]) -> Instance:
    """Return one instance, freshly looked at; of one that is gone what was last seen of it here."""
    from ppio_widgets.cloud import recent  # noqa: PLC0415
    from ppio_widgets.errors import LaunchRefused  # noqa: PLC0415
    from ppio_widgets.instances.instance import Instance  # noqa: PLC0415

    client = _client(cloud)
    try:
        found = _found(client, [word])[0]
    except LaunchRefused as error:
        gone = recent.last_gone(client.host.base_url, word)
        if gone is None or error.code != "no_such_instance":
            raise
        found = Instance(gone.id, client, seen=gone)
    return found.refresh()


def stopped(*given: str, cloud: Mapping[str, Any]) -> None:
    """Stop each, and say of each whether it was seen to have stopped."""
    _on_each("stop", given, cloud)


def started(*given: str, cloud: Mapping[str, Any]) -> None:
    """Start each, and say of each whether it was seen to run."""
    _on_each("start", given, cloud)


def deleted(*given: str, cloud: Mapping[str, Any]) -> None:
    """Delete each for good, after one question that names them and what is lost."""
    named = [word for word in given if word != "--yes"]
    if not named:
        raise UsageError(use_of(words(), "delete"))
    _on_each("delete", named, cloud, consented="--yes" in given)


def renewal_stopped(*given: str, cloud: Mapping[str, Any]) -> None:
    """Turn the auto-renew of each off, and say of each whether it was seen to be off."""
    *named, switch = given
    if switch != "off":
        raise UsageError(use_of(words(), "auto-renew"))
    _on_each("stop_renewing", named, cloud)


def _on_each(
    action: Action, given: Sequence[str], cloud: Mapping[str, Any], *, consented: bool = True
) -> None:
    """Find them all first, so that a slip in a name stops everything before anything is done."""
    from ppio_widgets.errors import PpioError  # noqa: PLC0415
    from ppio_widgets.instances.listing import on_all  # noqa: PLC0415

    if any(word.startswith("-") for word in given):
        verb = "auto-renew" if action == "stop_renewing" else action
        raise UsageError(use_of(words(), verb))
    client = _client(cloud)
    machines = _found(client, given)
    if not consented and not _consent(machines):
        print(words()("ppio.delete_kept"))  # noqa: T201 - a line magic answers
        return

    def do(machine: Instance) -> str:
        getattr(machine, action)()
        return ""

    results = on_all(machines, do)
    if len(results) == 1 and isinstance(results[0], PpioError):
        raise results[0]
    if action == "delete":
        client.prices.load_products()  # the last time to say what they came to
    for machine, result in zip(machines, results, strict=True):
        print(f"{machine.title}: {result or machine.outcome}")  # noqa: T201
    _fail_with(results)


def _fail_with(results: Sequence[object]) -> None:
    """End as an error when any failed, so that Run All stops there."""
    from ppio_widgets.errors import ActionUnconfirmed, PpioError  # noqa: PLC0415

    failed = [result for result in results if isinstance(result, PpioError)]
    if failed:
        raise ActionUnconfirmed("some_failed", failed=len(failed), n=len(results))


def _found(client: PpioClient, given: Sequence[str]) -> list[Instance]:
    """Return the instances of ids or exact names, each once."""
    from ppio_widgets.instances.listing import resolve  # noqa: PLC0415

    found: dict[str, Instance] = {}
    for word in given:
        machine = resolve(client, word)
        found.setdefault(machine.id, machine)
    return list(found.values())


def _consent(machines: list[Instance]) -> bool:
    say = words()
    lost = say("lost.delete", names="; ".join(one.title for one in machines))
    typed = None
    if kernel.takes_input():
        try:
            typed = input(say("ppio.delete_ask", lost=lost))
        except (StdinNotImplementedError, EOFError):
            typed = None
    if typed is None:
        raise UsageError(say("ppio.delete_nobody", lost=lost))
    return typed.strip().lower() in ("y", "yes", "是")


def _client(cloud: Mapping[str, Any]) -> PpioClient:
    from ppio_widgets.api import connect  # noqa: PLC0415

    return connect(**cloud)
