"""What the verbs of ``%ppio`` do; `verbs` has their table."""

from __future__ import annotations

import difflib
import getpass
import re
from contextlib import suppress
from functools import partial
from numbers import Number
from typing import TYPE_CHECKING, Any

import IPython.core.error
from IPython.core.error import StdinNotImplementedError

from ppio_widgets import api
from ppio_widgets.cloud import recent
from ppio_widgets.doctor.checkup import examine
from ppio_widgets.errors import ActionUnconfirmed, HostRefused, LaunchRefused, PpioError, PresetRefused
from ppio_widgets.formats.json_body import body_of
from ppio_widgets.formats.line.parser import read_line
from ppio_widgets.formats.line.tokens import split_line
from ppio_widgets.instances.instance import Instance
from ppio_widgets.instances.listing import lost_words, on_all, open_board, resolve
from ppio_widgets.launches import history, presets
from ppio_widgets.launches.plan import list_products, list_storages
from ppio_widgets.locale.text import visible
from ppio_widgets.locale.words import joined, words
from ppio_widgets.magics.verbs import FIRST_WORDS, VERBS, apart, known_verb
from ppio_widgets.request.draft import to_json, value_at
from ppio_widgets.request.pricing import read_amount
from ppio_widgets.request.validation import named
from ppio_widgets.runtime import kernel
from ppio_widgets.secrets.credentials import KEY_VARIABLES, ApiKey, forget_keys, host_of, remember_key
from ppio_widgets.secrets.hosts import BASE_URL_VARIABLE, PPIO, read_host
from ppio_widgets.secrets.redaction import Redactor, input_error, unrepeated, without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ppio_widgets.cloud.client import Action, PpioClient
    from ppio_widgets.cloud.resources import Bill
    from ppio_widgets.doctor.checkup import Checkup
    from ppio_widgets.formats.line.options import Option
    from ppio_widgets.formats.line.tokens import Word
    from ppio_widgets.instances.listing import Board
    from ppio_widgets.launches.plan import Products, Storages
    from ppio_widgets.locale.words import Words

    Lookup = Callable[[str], Any]


class UsageError(IPython.core.error.UsageError):
    """IPython's own, told to the front end as an error: the one line by which a magic refuses.

    IPython writes its own one to stderr and tells nobody else the reason: nbclient and papermill
    then stop without one. Of a subclass it would show the traceback; what is shown here is the line.
    """

    def _render_traceback_(self) -> list[str]:
        """Show one readable line in place of a stack (IPython's hook)."""
        return [f"{type(self).__name__}: {self}"]


def run(line: str, lookup: Lookup) -> Any:
    """Do what a line says; text is printed, anything else is the value of the line."""
    try:
        answer = _answer(line, lookup)
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


def _answer(line: str, lookup: Lookup) -> Any:
    given = split_line(line)
    name = _verb_in([word.text for word in given])
    verb = VERBS[name]
    rest, options = apart(given[len(name.split()) :], verb)
    if len(rest) not in verb.takes:
        raise _misused(name)
    call = globals()[verb.run]
    if verb.reads_words:
        return call(rest, lookup)
    told = [_said(word, name, lookup) for word in rest]
    if verb.options and any(word.startswith("-") for word in told):
        raise _misused(name)
    return call(*told, **dict(_arguments(options, name, lookup)))


def _arguments(given: Mapping[Option, Word], verb: str, lookup: Lookup) -> Iterator[tuple[str, Any]]:
    for option, word in given.items():
        said = _said(word, verb, lookup).strip()
        if not said:  # it would be another cloud than was meant
            raise input_error("option_needs_value", option=option.flag, metavar=option.metavar)
        yield option.name.replace("-", "_"), said if option.metavar else True


def _said(word: Word, verb: str, lookup: Lookup, kind: type = int) -> str:
    """Return a word as it was typed; an unquoted ``$name`` is that text or number of the notebook."""
    name = word.text.removeprefix("$")
    if word.quoted or name == word.text or not name.isidentifier():
        inside = word.variables(kernel.is_variable)
        if inside:
            raise input_error("ppio_variable", option=f"%ppio {verb}", named=inside[0])
        return word.text
    found = _looked_up(name, lookup)
    if isinstance(found, bool) or not isinstance(found, str | kind):
        raise input_error("option_kind", option=f"%ppio {verb}", kind=type(found).__name__)
    number = None if isinstance(found, str) else read_amount(found)
    return str(found) if number is None else f"{number:f}"


def _verb_in(given: Sequence[str]) -> str:
    """Return the verb of a line; one that was likely meant is named if it harms nothing."""
    if not given or not given[0]:
        raise input_error("ppio_nothing")
    name = known_verb(given)
    if name is not None:
        return name
    if given[0] in FIRST_WORDS:
        raise _misused(given[0])
    close = difflib.get_close_matches(given[0], FIRST_WORDS, 1)
    harmless = bool(close) and not (close[0] in VERBS and VERBS[close[0]].acts)
    raise input_error("ppio_meant" if harmless else "ppio_unknown", word=given[0], meant="".join(close))


def _misused(name: str) -> UsageError:
    """Say in one line how a verb is written; of one word that goes on, in all its ways."""
    written = [re.split(r" {2,}", line)[0] for line in usage().split("\n")]
    uses = [use for use in written if use.split()[1 : 1 + len(name.split())] == name.split()]
    return UsageError(words()("ppio.use", uses=", ".join(uses)))


def usage() -> str:
    """Return all verbs, a line for each."""
    return words()("ppio.usage")


# Instances and products: `cloud` is which cloud the line names, as arguments of `api.connect`.


def ls(*, name: str = "", status: str = "", **cloud: Any) -> Board:
    """Return all instances, newest first, filtered by name or status where that is given."""
    return open_board(api.connect(**cloud), name, status)


def products(*given: str, **cloud: Any) -> Products:
    """Return what can be rented, filtered by words where they are given."""
    return list_products(api.connect(**cloud), " ".join(given))


def storages(**cloud: Any) -> Storages:
    """Return the network storages of the account."""
    return list_storages(api.connect(**cloud))


def bill(**cloud: Any) -> Bill:
    """Return what the account was charged in the last month, by instance."""
    client = api.connect(**cloud)
    return history.named(client.bill(), client)


def show(word: str, **cloud: Any) -> Instance:
    """Return one instance, freshly looked at; of one that is gone what was last seen of it here."""
    client = api.connect(**cloud)
    try:
        found = resolve(client, word)
    except LaunchRefused as error:
        gone = recent.last_gone(client.host.base_url, word)
        if gone is None or error.code != "no_such_instance":
            raise
        found = Instance(gone.id, client, seen=gone)
    return found.refresh()


def stop(*given: str, **cloud: Any) -> None:
    """Stop each."""
    _on_each("stop", api.connect(**cloud), given)


def start(*given: str, **cloud: Any) -> None:
    """Start each."""
    _on_each("start", api.connect(**cloud), given)


def delete(*given: str, yes: bool = False, **cloud: Any) -> None:
    """Delete each for good, after one question that names them and what is lost."""
    _on_each("delete", api.connect(**cloud), given, ask=not yes)


def auto_renew(*given: str, **cloud: Any) -> None:
    """Turn the auto-renew of each off."""
    *named, switch = given
    if switch != "off":
        raise _misused("auto-renew")
    _on_each("stop_renewing", api.connect(**cloud), named)


def agreed(question: str, nobody: str) -> bool:
    """Ask a question at the prompt; where nobody can answer, refuse and say `nobody`."""
    answer = _typed(input, question) if kernel.takes_input() else None
    if answer is None:
        raise UsageError(nobody)
    return answer.strip().lower() in ("y", "yes", "是")


def _typed(ask: Callable[[str], str], question: str) -> str | None:
    """Return what somebody types, or None where nobody can."""
    try:
        return ask(question)
    except (StdinNotImplementedError, EOFError):
        return None


def _on_each(action: Action, client: PpioClient, given: Sequence[str], *, ask: bool = False) -> None:
    """Act on each, and say of each what was read back; a slip in a name stops all before anything is done."""
    instances = list({one.id: one for one in (resolve(client, word) for word in given)}.values())
    say = words()
    warned = lost_words(action, instances, say)
    if ask:
        lost = joined(warned)
        if not agreed(say("ppio.delete_ask", lost=lost), say("ppio.delete_nobody", lost=lost)):
            print(say("ppio.delete_kept"))  # noqa: T201 - a line magic answers
            return

    def do(one: Instance) -> str:
        getattr(one, action)()
        return ""

    results = on_all(instances, do)
    failed = [result for result in results if isinstance(result, PpioError)]
    if failed and len(results) == 1:
        raise failed[0]
    for one, result in zip(instances, results, strict=True):
        print(f"{one.title}: {result or one.outcome}")  # noqa: T201
    if action == "stop" and warned[1:]:  # nobody was asked
        print(joined(warned[1:]))  # noqa: T201
    if failed:  # so that Run All stops there
        raise ActionUnconfirmed("some_failed", failed=len(failed), n=len(results))


# The key, the cloud, launches


def doctor(*, report: str = "", **cloud: Any) -> Checkup:
    """Examine all that this package relies on, by reads alone; write a report where one is asked for."""
    found = examine(**cloud)
    if report:
        print(words()("doctor.written", file=str(found.save(report))))  # noqa: T201 - a line magic answers
    return found


def login(**cloud: Any) -> str:
    """Ask for the key, and keep it in this kernel until `logout`."""
    say, host = words(), read_host(**cloud)
    if host.loopback:
        raise UsageError(joined([say("ppio.login_practice", host=host.name), _practice_kept(say)]))
    typed_key = _typed(getpass.getpass, say("ppio.login_ask", host=host.name))
    if typed_key is None:
        variable = KEY_VARIABLES.get(host.base_url)
        told = "ppio.login_nobody" if variable else "ppio.login_nobody_other"
        raise UsageError(say(told, variable=variable or "", host=host.name))
    key = ApiKey(typed_key, "%ppio login")
    del typed_key
    remember_key(host, key)
    return joined([say("ppio.logged_in", host=host.name, last=key.last_four), _practice_kept(say)])


def _practice_kept(say: Words) -> str:
    """Return what keeps this kernel on a practice cloud, and the way to the live one; empty for nothing."""
    with suppress(HostRefused):
        host = host_of()
        if host.loopback or host.is_class:
            return say("ppio.practice_address", variable=BASE_URL_VARIABLE, host=host.name, live=PPIO)
    return say("ppio.practice_chosen") if api.wants_practice() else ""


def logout() -> str:
    """Forget the keys that were typed."""
    forget_keys()
    return words()("ppio.logged_out")


def practice(state: str) -> str:
    """Choose the practice cloud for this kernel, or not."""
    if state not in ("on", "off"):
        raise _misused("practice")
    api.switch_practice(state == "on")
    say = words()
    return (state == "off" and _practice_kept(say)) or say(f"ppio.practice_{state}")


def launches() -> Any:
    """Return all launches that are written down."""
    return history.launches()


def look(launch_id: str = "") -> str:
    """Look one launch up, or each whose outcome is open."""
    open_ones = [launch_id] if launch_id else history.open_ids()
    return "\n".join(api.look_up(one) for one in open_ones) or history.launches().none_open(words())


def found(launch_id: str, instance_id: str) -> str:
    """Take a person's word for the id that a launch was given."""
    return api.declare_found(launch_id, instance_id)


def absent(launch_id: str, name: str) -> str:
    """Take a person's word that the instance of a launch is not there."""
    return api.declare_absent(launch_id, name)


def forget(launch_id: str) -> str:
    """Throw the record of a launch away, where nothing can come of it any more."""
    return words()("record.forgotten" if history.forget(launch_id) else "record.kept", launch_id=launch_id)


# A class: who takes part, the lesson, what is judged. Only these verbs load any of it.


def lesson() -> str:
    """Return the lesson of the class, the money, and what is done."""
    from ppio_widgets.practice.classroom import student  # noqa: PLC0415

    return student.sheet(api.connect()).sentence(words())


def join(name: str = "", pin: str = "") -> str:
    """Join the class that the environment names; without a name as the person of a hub."""
    from ppio_widgets.practice.classroom import student  # noqa: PLC0415

    joined = student.join(name or student.hub_user(), pin)
    api.switch_practice(True, alone=False)
    return "\n".join([words()("class.joined", student=joined), lesson()])


def start_class(lesson_id: str) -> str:
    """Begin a packaged lesson alone, in this kernel's practice cloud; who is in a class goes on there."""
    from ppio_widgets.practice.classroom import student  # noqa: PLC0415

    if student.is_served(api.connect(practice=True, need_key=False)):
        return "\n".join([words()("class.goes_on"), lesson()])
    goes_on = student.start(lesson_id)
    api.switch_practice(True, alone=True)
    told = (
        words()("class.goes_on_alone", call="Classroom.connect().reset()")
        if goes_on
        else words()("class.alone")
    )
    return f"{told}\n{lesson()}"


def check(given: Sequence[Word], lookup: Lookup) -> str:
    """Have an exercise judged; an answer is a prediction, or names what the notebook holds."""
    from ppio_widgets.practice.classroom import student  # noqa: PLC0415

    told = [_said(word, "check", lookup, Number) for word in given]
    return student.check(api.connect(), *told, held=partial(_looked_up, lookup=lookup)).sentence(words())


# Presets: bodies to begin with, kept without secrets


def preset_save(given: Sequence[Word], lookup: Lookup) -> str:
    """Save the body of a variable, or that of options, under the name that comes first."""
    name, more = given[0].text, given[1:]
    if len(more) == 1 and more[0].text.startswith("@"):
        body = body_of(_looked_up(more[0].text.removeprefix("@"), lookup))
    else:
        body = _of_options(more, lookup)
    saved, say = presets.save_preset(name, body), words()
    done = say("preset.replaced" if saved.replaced else "preset.saved", name=name, file=str(saved.path))
    made = say("preset.made_refs", names=", ".join(saved.made_refs)) if saved.made_refs else ""
    return f"{done} {made}".rstrip()


def preset_list() -> str:
    """Return a line for each preset."""
    redactor = Redactor.in_use()
    lines = [_preset_line(name, body, redactor) for name, body in presets.load_presets()]
    return "\n".join(lines) or words()("preset.empty", folder=str(presets.presets_folder()))


def _preset_line(name: str, body: Mapping[str, Any] | PresetRefused, redactor: Redactor) -> str:
    """Return a preset in one line; one that cannot be read says so in its place."""
    say = words()
    if isinstance(body, PresetRefused):
        return say("problem.named", name=name, text=body.sentence(say))
    paths = (("product_id",), ("image",), ("resource", "gpu_num"), ("billing", "mode"))
    found = [value_at(body, path) for path in paths]
    product, image, gpus, mode = (_told(value, redactor) for value in found)
    mode = say(f"mode.{mode}") if f"mode.{mode}" in say else mode
    return say("preset.line", name=name, product=product, image=image, gpus=gpus, mode=mode)


def _told(value: Any, redactor: Redactor) -> str:
    """Return a value for a list; a secret that somebody typed into the file stays in the file."""
    if value is None:
        return "-"
    if not isinstance(value, str | int):
        return "…"
    return visible(str(redactor.hides(str(value)) or value))


def preset_show(name: str) -> str:
    """Return its JSON; a secret that somebody typed into the file stays in the file."""
    body, hidden = without_secrets(presets.load_preset(name))
    text = "\n".join(visible(line) for line in to_json(body).split("\n"))
    return f"{text}\n{words()('preset.hidden', names=', '.join(hidden))}" if hidden else text


def preset_delete(name: str) -> str:
    """Delete it."""
    presets.delete_preset(name)
    return words()("preset.deleted", name=name)


def _looked_up(name: str, lookup: Lookup) -> Any:
    """Return what the notebook holds under a name."""
    with suppress(NameError):
        if name.isidentifier():
            return lookup(name)
    raise input_error("no_variable", name=name)


def _of_options(given: Sequence[Word], lookup: Lookup) -> Mapping[str, Any]:
    """Return the body that options say; what is no part of a body is refused, not dropped."""
    line = read_line(given, lookup, is_variable=kernel.is_variable)
    for one in line.advice:
        print(named(one, words()))  # noqa: T201 - before anything is saved
    if line.switches:
        raise input_error("preset_no_body", options=", ".join(sorted(line.switches)))
    return line.draft
