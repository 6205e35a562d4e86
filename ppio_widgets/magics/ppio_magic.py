"""``%ppio``: a table of verbs that sign in, choose the cloud, and see and settle launches and instances."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import IPython.core.error
from IPython.core.error import StdinNotImplementedError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from ppio_widgets.errors import ActionUnconfirmed
from ppio_widgets.locale.words import words
from ppio_widgets.magics import completers, preset_magic
from ppio_widgets.magics.completion import Proposal
from ppio_widgets.runtime import kernel
from ppio_widgets.secrets.frames import without_frames

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from ppio_widgets.cloud.client import Action, PpioClient
    from ppio_widgets.formats.line.tokens import Typed, Word
    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.instances.listing import Board
    from ppio_widgets.launches.plan import Products
    from ppio_widgets.magics.completion import LineContext


class UsageError(IPython.core.error.UsageError):
    """IPython's own, told to the front end as an error: the one line by which a magic refuses.

    IPython writes its own one to stderr and tells nobody else the reason: nbclient and papermill
    then stop without one. Of a subclass it would show the traceback; what is shown here is the line.
    """

    def _render_traceback_(self) -> list[str]:
        """Show one readable line in place of a stack (IPython's hook)."""
        return [f"{type(self).__name__}: {self}"]


def _nothing(_text: str, _context: LineContext, _given: Collection[str] = ()) -> list[Proposal]:
    return []


@dataclass(frozen=True)
class VerbOption:
    """An option of a verb: the argument it becomes, what it takes (a switch nothing), what Tab proposes."""

    argument: str
    metavar: str = ""
    completes: Callable[[str, LineContext], list[Proposal]] = _nothing


@dataclass(frozen=True)
class Verb:
    """A verb of ``%ppio``; its words to people stand in ``ppio.usage`` of the locale.

    `run` gets the words and, by their arguments, the options; text that it returns is printed. `takes`
    says how many words there may be, `completes` what Tab proposes for the next one. A verb that `acts`
    bills or destroys, and is never proposed for a mistyped one. One that `reads_line` gets the line as
    it was typed, and who knows the notebook's variables.
    """

    run: Callable[..., Any]
    takes: Sequence[int] = (0,)
    completes: Callable[[str, LineContext, Collection[str]], list[Proposal]] = _nothing
    options: Mapping[str, VerbOption] = field(default_factory=dict)
    acts: bool = False
    reads_line: bool = False


@magics_class
class PpioMagics(Magics):
    """``%ppio``."""

    @no_var_expand
    @line_magic
    @without_frames
    def ppio(self, line: str) -> Any:
        """Sign in and out, choose the cloud, see and settle launches, see and stop instances."""
        from ppio_widgets.errors import PpioError  # noqa: PLC0415 - on first use
        from ppio_widgets.secrets.redaction import unrepeated  # noqa: PLC0415

        try:
            answer = self._answer(line)
        except ActionUnconfirmed:
            raise  # loud, and as what it is: an instance may still be billed
        except PpioError as error:
            message = str(unrepeated(error))
        else:
            if not isinstance(answer, str):
                return answer
            print(answer)  # noqa: T201 - a line magic answers
            return None
        raise UsageError(message)

    def _answer(self, line: str) -> Any:
        from ppio_widgets.formats.line.tokens import split_line  # noqa: PLC0415

        given = split_line(line)
        name = _verb_in([word.text for word in given])
        verb = VERBS[name]
        rest, options = _apart(given[len(name.split()) :], verb.options)
        if len(rest) not in verb.takes:
            raise _misused(name)
        if verb.reads_line:
            return verb.run(line, self._lookup)
        told = [self._said(word, name) for word in rest]
        if verb.options and any(word.startswith("-") for word in told):
            raise _misused(name)
        return verb.run(*told, **self._arguments(options, name))

    def _arguments(self, given: Mapping[str, Word], name: str) -> dict[str, Any]:
        from ppio_widgets.secrets.redaction import input_error  # noqa: PLC0415

        arguments: dict[str, Any] = {}
        for flag, word in given.items():
            option = VERBS[name].options[flag]
            said = self._said(word, name).strip()
            if not said:  # it would be another cloud than was meant
                raise input_error("option_needs_value", option=flag, metavar=option.metavar)
            arguments[option.argument] = said if option.metavar else True
        return arguments

    def _said(self, word: Word, verb: str) -> str:
        """Return a word as it was typed; an unquoted ``$name`` is that text of the notebook."""
        from ppio_widgets.secrets.redaction import input_error  # noqa: PLC0415

        name = word.text.removeprefix("$")
        if word.quoted or name == word.text or not name.isidentifier():
            inside = word.variables(kernel.is_variable)
            if inside:
                raise input_error("ppio_variable", option=f"%ppio {verb}", named=inside[0])
            return word.text
        try:
            found = self._lookup(name)
        except NameError:
            raise input_error("no_variable", name=name) from None
        if isinstance(found, bool) or not isinstance(found, str | int):
            raise input_error("option_kind", option=f"%ppio {verb}", kind=type(found).__name__)
        return str(found)

    def _lookup(self, expression: str) -> Any:
        return eval(expression, self.shell.user_global_ns, self.shell.user_ns)  # noqa: S307 - the person's own notebook


# For `%ppio?`: asked by IPython when it is shown, in the language of that moment.
PpioMagics.ppio.getdoc = lambda: words()("ppio.usage")


def ppio_completer(line: Typed, context: LineContext) -> tuple[str, list[Proposal]]:
    """Return the part of the typed word of ``%ppio`` that is completed, and the ways to go on."""
    return line.raw, _proposals(line.before, line.text, context)


def _proposals(before: Sequence[Word], text: str, context: LineContext) -> list[Proposal]:
    given = [word.text for word in before]
    if not given:
        return _plain(_first_words(), text, "%ppio")
    seconds = [name.partition(" ")[2] for name in VERBS if name.startswith(f"{given[0]} ")]
    if seconds and not given[1:]:
        return _plain(seconds, text, given[0])
    name = _known_verb(given)
    if name is None:
        return []
    verb = VERBS[name]
    last = verb.options.get(given[-1])
    if last is not None and last.metavar:
        return last.completes(text, context)
    if text.startswith("-") or not max(verb.takes):
        return _plain([flag for flag in verb.options if flag not in given], text, name)
    words_given = [word.text for word in _apart(before[len(name.split()) :], verb.options)[0]]
    return verb.completes(text, context, words_given) if len(words_given) < max(verb.takes) else []


def _plain(choices: Iterable[str], text: str, about: str) -> list[Proposal]:
    return [Proposal(one, about, plain=True) for one in choices if one.startswith(text)]


def _apart(given: Sequence[Word], options: Mapping[str, VerbOption]) -> tuple[list[Word], dict[str, Word]]:
    """Return the words of a verb, and by their flags the values of its options (of a switch itself)."""
    from ppio_widgets.formats.line.tokens import Word  # noqa: PLC0415

    left: list[Word] = []
    found: dict[str, Word] = {}
    coming = iter(given)
    for word in coming:
        option = options.get(word.text) if word.is_flag else None
        if option is None or word.text in found:
            left.append(word)
        else:
            found[word.text] = next(coming, Word()) if option.metavar else word
    return left, found


def _first_words() -> list[str]:
    return list(dict.fromkeys(name.partition(" ")[0] for name in VERBS))


def _known_verb(given: Sequence[str]) -> str | None:
    """Return the verb that a line begins with, by its two words or its one."""
    return next((name for name in (" ".join(given[:2]), given[0]) if name in VERBS), None)


def _verb_in(given: Sequence[str]) -> str:
    """Return the verb of a line; one that was likely meant is named if it harms nothing."""
    from ppio_widgets.secrets.redaction import input_error  # noqa: PLC0415

    if not given or not given[0]:
        raise input_error("ppio_nothing")
    name = _known_verb(given)
    if name is not None:
        return name
    if given[0] in _first_words():
        raise _misused(given[0])
    close = difflib.get_close_matches(given[0], _first_words(), 1)
    harmless = bool(close) and not (close[0] in VERBS and VERBS[close[0]].acts)
    raise input_error("ppio_meant" if harmless else "ppio_unknown", word=given[0], meant="".join(close))


def _misused(name: str) -> UsageError:
    """Say in one line how a verb is written; of one word that goes on, in all its ways."""
    say = words()
    written = [re.split(r" {2,}", line)[0] for line in say("ppio.usage").split("\n")]
    uses = [use for use in written if use.split()[1 : 1 + len(name.split())] == name.split()]
    return UsageError(say("ppio.use", uses=", ".join(uses)))


# Instances and products: `cloud` is which cloud the line names, as arguments of `api.connect`.


def _ls(*, name: str | None = None, status: str | None = None, **cloud: Any) -> Board:
    """Return all instances, newest first, filtered by name or status where that is given."""
    from ppio_widgets.instances.listing import open_board  # noqa: PLC0415 - heavy, on first use

    return open_board(_client(cloud), name, status)


def _products(*given: str, **cloud: Any) -> Products:
    """Return what can be rented, filtered by words where they are given."""
    from ppio_widgets.launches.plan import list_products  # noqa: PLC0415

    return list_products(_client(cloud), " ".join(given))


def _show(word: str, **cloud: Any) -> Instance:
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


def _delete(*given: str, yes: bool = False, **cloud: Any) -> None:
    """Delete each for good, after one question that names them and what is lost."""
    _on_each("delete", *given, consented=yes, **cloud)


def _auto_renew(*given: str, **cloud: Any) -> None:
    """Turn the auto-renew of each off."""
    *named, switch = given
    if switch != "off":
        raise _misused("auto-renew")
    _on_each("stop_renewing", *named, **cloud)


def _on_each(action: Action, *given: str, consented: bool = True, **cloud: Any) -> None:
    """Act on each, and say of each what was read back; a slip in a name stops all before anything is done."""
    from ppio_widgets.errors import PpioError  # noqa: PLC0415
    from ppio_widgets.instances.listing import on_all  # noqa: PLC0415

    client = _client(cloud)
    instances = _found(client, given)
    if not consented and not _consent(instances):
        print(words()("ppio.delete_kept"))  # noqa: T201 - a line magic answers
        return

    def do(one: Instance) -> str:
        getattr(one, action)()
        return ""

    results = on_all(instances, do)
    failed = [result for result in results if isinstance(result, PpioError)]
    if failed and len(results) == 1:
        raise failed[0]
    if action == "delete":
        client.prices.load_products()  # the last time to say what they came to
    for one, result in zip(instances, results, strict=True):
        print(f"{one.title}: {result or one.outcome}")  # noqa: T201
    if failed:  # so that Run All stops there
        raise ActionUnconfirmed("some_failed", failed=len(failed), n=len(results))


def _found(client: PpioClient, given: Sequence[str]) -> list[Instance]:
    """Return the instances of ids or exact names, each once."""
    from ppio_widgets.instances.listing import resolve  # noqa: PLC0415

    found: dict[str, Instance] = {}
    for word in given:
        one = resolve(client, word)
        found.setdefault(one.id, one)
    return list(found.values())


def _consent(instances: list[Instance]) -> bool:
    say = words()
    lost = say("lost.delete", names="; ".join(one.title for one in instances))
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


# The key, the cloud, launches


def _login(**cloud: Any) -> str:
    from getpass import getpass  # noqa: PLC0415 - the terminal's business, only here

    from ppio_widgets.secrets.credentials import ApiKey, remember_key  # noqa: PLC0415
    from ppio_widgets.secrets.hosts import read_host  # noqa: PLC0415

    say = words()
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
    return say("ppio.logged_in", host=host.name, last=key.last_four)


def _logout() -> str:
    from ppio_widgets.secrets.credentials import forget_keys  # noqa: PLC0415

    forget_keys()
    return words()("ppio.logged_out")


def _practice(state: str) -> str:
    from ppio_widgets.api import switch_practice  # noqa: PLC0415

    if state not in ("on", "off"):
        raise _misused("practice")
    switch_practice(state == "on")
    return words()(f"ppio.practice_{state}")


def _launches() -> Any:
    from ppio_widgets.launches import history  # noqa: PLC0415

    return history.launches()


def _look(launch_id: str = "") -> str:
    from ppio_widgets import api  # noqa: PLC0415
    from ppio_widgets.launches import history  # noqa: PLC0415

    open_ones = [launch_id] if launch_id else history.open_ids()
    return "\n".join(api.look_up(one) for one in open_ones) or words()("record.none_open")


def _absent(launch_id: str, name: str) -> str:
    from ppio_widgets import api  # noqa: PLC0415

    return api.declare_absent(launch_id, name)


def _forget(launch_id: str) -> str:
    from ppio_widgets.launches import history  # noqa: PLC0415

    return words()("record.forgotten" if history.forget(launch_id) else "record.kept", launch_id=launch_id)


def _on_or_off(text: str, _context: LineContext, _given: Collection[str]) -> list[Proposal]:
    return _plain(("on", "off"), text, "practice")


_SOME = range(1, 1000)
_HOST = {
    "--base-url": VerbOption("base_url", "URL", completers.base_urls),
    "--allow-host": VerbOption("allow_host", "HOST"),
}
_CLOUD = {"--practice": VerbOption("practice"), **_HOST}
_FILTERS = {
    "--name": VerbOption("name", "TEXT", completers.names),
    "--status": VerbOption("status", "WORD", completers.statuses),
}
_YES = {"--yes": VerbOption("yes")}

VERBS: Mapping[str, Verb] = {
    "ls": Verb(_ls, options={**_FILTERS, **_CLOUD}),
    "products": Verb(_products, range(1000), completers.gpus, _CLOUD),
    "show": Verb(_show, (1,), completers.instances, _CLOUD),
    "stop": Verb(partial(_on_each, "stop"), _SOME, completers.running_first, _CLOUD, acts=True),
    "start": Verb(partial(_on_each, "start"), _SOME, completers.stopped_first, _CLOUD, acts=True),
    "delete": Verb(_delete, _SOME, completers.instances, {**_YES, **_CLOUD}, acts=True),
    "auto-renew": Verb(_auto_renew, range(2, 1000), completers.renewing, _CLOUD),
    "login": Verb(_login, options=_HOST),
    "logout": Verb(_logout),
    "practice": Verb(_practice, (1,), _on_or_off),
    "launches": Verb(_launches),
    "launches look": Verb(_look, (0, 1)),
    "launches absent": Verb(_absent, (2,)),
    "launches forget": Verb(_forget, (1,)),
    "preset save": Verb(preset_magic.save, range(2, 1000), completers.preset_to_save, reads_line=True),
    "preset list": Verb(preset_magic.listed),
    "preset show": Verb(preset_magic.show, (1,), completers.presets),
    "preset delete": Verb(preset_magic.delete, (1,), completers.presets),
    "help": Verb(lambda: words()("ppio.usage")),
}
