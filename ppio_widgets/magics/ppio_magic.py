"""``%ppio``: sign in and out, choose the cloud, see products, launches and instances, and settle them."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import IPython.core.error
from IPython.core.error import StdinNotImplementedError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from ppio_widgets.errors import ActionUnconfirmed
from ppio_widgets.formats.line.options import BY_FLAG
from ppio_widgets.formats.line.usage import use_of
from ppio_widgets.locale import words
from ppio_widgets.magics import ppio_magic, preset_magic
from ppio_widgets.runtime import kernel
from ppio_widgets.secrets.frames import without_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.cloud.instance_calls import Action
    from ppio_widgets.errors import PpioError
    from ppio_widgets.formats.line.tokens import Word
    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.instances.listing import Board
    from ppio_widgets.launches.products import Products


@magics_class
class PpioMagics(Magics):
    """``%ppio``."""

    @no_var_expand
    @line_magic
    @without_frames
    def ppio(self, line: str) -> Any:
        """Sign in and out, choose the cloud, see and settle launches, see and stop instances."""
        from ppio_widgets.errors import PpioError  # noqa: PLC0415 - on first use
        from ppio_widgets.formats.line.tokens import Word, split_line  # noqa: PLC0415
        from ppio_widgets.secrets.scrub import unrepeated  # noqa: PLC0415

        try:
            first, *rest = split_line(line) or [Word()]
            verb = first.text
            if verb == "preset":  # it reads options, so it needs the line as it was typed
                return preset_magic.preset(line, [word.text for word in rest], self._lookup)
            known = _VERBS.get(verb)
            if known is None:
                raise _unknown(verb)
            rest, named = self._cloud(rest, verb) if verb in _ON_CLOUD else (rest, {})
            if len(rest) in known[1]:
                return known[0](*(self._said(word, verb) for word in rest), **named)
            message = use_of(words(), verb, rest[0].text if rest else "")
        except ActionUnconfirmed:
            raise  # loud, and as what it is: a machine may still be billed
        except PpioError as error:
            message = str(unrepeated(error))
        raise UsageError(message)

    def _cloud(self, given: Sequence[Word], verb: str) -> tuple[list[Word], dict[str, Any]]:
        """Take out of a line which cloud it names."""
        from ppio_widgets.formats.line.tokens import LineError, Word  # noqa: PLC0415

        left: list[Word] = []
        cloud: dict[str, Any] = {}
        coming = iter(given)
        for word in coming:
            argument = _CLOUD.get(word.text) if word.is_flag else None
            if argument is None:
                left.append(word)
            elif argument == "practice":
                cloud[argument] = True
            else:
                cloud[argument] = self._said(next(coming, Word()), verb).strip()
                if not cloud[argument]:  # it would be another cloud than was meant
                    metavar = BY_FLAG[word.text].metavar
                    raise LineError("option_needs_value", option=word.text, metavar=metavar)
        return left, {"cloud": cloud}

    def _said(self, word: Word, verb: str) -> str:
        """Return a word as it was typed; an unquoted ``$name`` is that text of the notebook."""
        from ppio_widgets.formats.line.tokens import LineError  # noqa: PLC0415

        name = word.text.removeprefix("$")
        if word.quoted or name == word.text or not name.isidentifier():
            inside = word.variables(kernel.is_variable)
            if inside:
                raise LineError("ppio_variable", option=f"%ppio {verb}", named=inside[0])
            return word.text
        try:
            found = self._lookup(name)
        except NameError:
            message = words()("preset.no_variable", name=name)
            raise UsageError(message) from None
        if isinstance(found, bool) or not isinstance(found, str | int):
            raise LineError("option_kind", option=f"%ppio {verb}", kind=type(found).__name__)
        return str(found)

    def _lookup(self, expression: str) -> Any:
        return eval(expression, self.shell.user_global_ns, self.shell.user_ns)  # noqa: S307 - the person's own notebook


def _unknown(verb: str) -> PpioError:
    """Say in one line that there is no such verb, and which was likely meant if that one harms nothing."""
    from ppio_widgets.formats.line.tokens import LineError  # noqa: PLC0415

    if not verb:
        return LineError("ppio_nothing")
    close = difflib.get_close_matches(verb, VERBS, 1)
    harmless = bool(close) and close[0] not in _ACTING
    return LineError("ppio_meant" if harmless else "ppio_unknown", word=verb, meant="".join(close))


def _login(cloud: Mapping[str, Any]) -> None:
    from getpass import getpass  # noqa: PLC0415 - the terminal's business, only here

    from ppio_widgets.secrets.credentials import ApiKey, remember_key  # noqa: PLC0415
    from ppio_widgets.secrets.hosts import read_host  # noqa: PLC0415

    say = words()
    if "practice" in cloud:
        raise UsageError(use_of(say, "login"))
    host = read_host(**cloud)
    if host.loopback:
        raise UsageError(say("ppio.login_practice", host=host.name))
    try:
        typed = getpass(say("ppio.login_ask", host=host.name))
    except (StdinNotImplementedError, EOFError):
        typed = None
    if typed is None:
        raise UsageError(say("ppio.login_nobody"))
    key = ApiKey(typed, "%ppio login")
    del typed
    remember_key(host, key)
    print(say("ppio.logged_in", host=host.name, last=key.last_four))  # noqa: T201 - a line magic answers


def _logout() -> None:
    from ppio_widgets.secrets.credentials import forget_keys  # noqa: PLC0415

    forget_keys()
    print(words()("ppio.logged_out"))  # noqa: T201


def _practice(state: str) -> None:
    from ppio_widgets.api import switch_practice  # noqa: PLC0415

    if state not in ("on", "off"):
        raise UsageError(use_of(words(), "practice"))
    switch_practice(state == "on")
    print(words()(f"ppio.practice_{state}"))  # noqa: T201


def _launches(verb: str = "", launch_id: str = "", name: str = "") -> Any:
    from ppio_widgets.launches import history  # noqa: PLC0415

    if not verb:
        return history.launches()
    from ppio_widgets import api  # noqa: PLC0415

    say = words()
    if verb == "look" and not name:
        open_ones = [launch_id] if launch_id else history.open_ids()
        said = "\n".join(api.look_up(one) for one in open_ones) or say("record.none_open")
    elif verb == "absent" and name:
        said = api.declare_absent(launch_id, name)
    elif verb == "forget" and launch_id and not name:
        said = say("record.forgotten" if history.forget(launch_id) else "record.kept", launch_id=launch_id)
    else:
        raise UsageError(use_of(say, "launches", verb))
    print(said)  # noqa: T201
    return None


def _help() -> None:
    print(words()("ppio.usage"))  # noqa: T201


_SOME = range(1, 1000)
_ANY = range(1000)

# How a line names its cloud, and what `connect` calls it.
_CLOUD = {"--practice": "practice", "--base-url": "base_url", "--allow-host": "allow_host"}
_ON_CLOUD = frozenset({"ls", "products", "show", "stop", "start", "delete", "auto-renew", "login"})

# What bills or destroys is never proposed for a word that was mistyped.
_ACTING = frozenset({"start", "stop", "delete"})

# Each verb with the numbers of words that may follow it.
_VERBS: dict[str, tuple[Callable[..., Any], Sequence[int]]] = {
    "ls": (ppio_magic.listed, (0, 2, 4)),
    "products": (ppio_magic.products, _ANY),
    "show": (ppio_magic.shown, (1,)),
    "stop": (ppio_magic.stopped, _SOME),
    "start": (ppio_magic.started, _SOME),
    "delete": (ppio_magic.deleted, _SOME),
    "auto-renew": (ppio_magic.renewal_stopped, range(2, 1000)),
    "help": (_help, (0,)),
    "login": (_login, (0,)),
    "logout": (_logout, (0,)),
    "practice": (_practice, (1,)),
    "launches": (_launches, (0, 1, 2, 3)),
}

VERBS = (*_VERBS, "preset")

# For `%ppio?`: asked by IPython when it is shown, in the language of that moment.
PpioMagics.ppio.getdoc = lambda: words()("ppio.usage")


def tell_of_open_launches() -> None:
    """Print one line for each launch of an earlier kernel whose outcome is not known."""
    from ppio_widgets.launches.ledger import ledger_for  # noqa: PLC0415

    contents = ledger_for(practice=False).unresolved()
    if contents.unreadable or contents.records or contents.closed is not None:
        from ppio_widgets.launches.history import left_open  # noqa: PLC0415 - heavy, and rarely needed

        print("\n".join(left_open(words())))  # noqa: T201


def listed(*given: str, cloud: Mapping[str, Any]) -> Board:
    """Return all instances, newest first, filtered by name or status where that is given."""
    from ppio_widgets.instances.listing import open_board  # noqa: PLC0415 - heavy, on first use

    filters = dict(zip(given[::2], given[1::2], strict=True))
    if not filters.keys() <= {"--name", "--status"} or 2 * len(filters) != len(given):
        raise UsageError(use_of(words(), "ls"))
    return open_board(_client(cloud), filters.get("--name"), filters.get("--status"))


def products(*given: str, cloud: Mapping[str, Any]) -> Products:
    """Return what can be rented, filtered by words where they are given."""
    from ppio_widgets.launches.products import list_products  # noqa: PLC0415

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
    from ppio_widgets.cloud.instance_cost import offers_of  # noqa: PLC0415
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
        offers_of(client)  # the last time to say what they came to
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


class UsageError(IPython.core.error.UsageError):
    """IPython's own, told to the front end as an error.

    IPython writes its own one to stderr and tells nobody else the reason: nbclient and papermill
    then stop without one. Of a subclass it would show the traceback; what is shown here is the line.
    """

    def _render_traceback_(self) -> list[str]:
        """Show one readable line in place of a stack (IPython's hook)."""
        return [f"{type(self).__name__}: {self}"]
