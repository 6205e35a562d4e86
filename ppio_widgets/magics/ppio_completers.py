"""What may come next in a line of ``%ppio``: its verbs, and what each of them takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppio_widgets.magics.clouds import base_urls
from ppio_widgets.magics.completion_context import Proposal, beginning
from ppio_widgets.magics.instance_names import instances
from ppio_widgets.magics.ppio_magic import VERBS
from ppio_widgets.magics.preset_names import presets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppio_widgets.formats.line.tokens import Typed
    from ppio_widgets.magics.completion_context import LineContext

# Verbs that take instances; those in this state come first, the newest before the others.
_OF_MACHINES: Mapping[str, bool | None] = {
    "show": None,
    "stop": True,
    "start": False,
    "delete": None,
    "auto-renew": None,
}
_SECOND: Mapping[str, tuple[str, ...]] = {
    "practice": ("on", "off"),
    "launches": ("look", "absent", "forget"),
    "preset": ("save", "list", "show", "delete"),
}
_CLOUD = ("--practice", "--base-url", "--allow-host")
_FLAGS: Mapping[str, tuple[str, ...]] = {
    "ls": ("--name", "--status", *_CLOUD),
    "delete": ("--yes", *_CLOUD),
    "login": _CLOUD[1:],
    **dict.fromkeys(("products", "show", "stop", "start", "auto-renew"), _CLOUD),
}


def ppio_proposals(line: Typed, scene: LineContext) -> tuple[str, list[Proposal]]:
    """Return the part of the typed word that is completed, and the ways to go on."""
    given = [word.text for word in line.before]
    return line.raw, _proposals(given, line.text, scene)


def _proposals(given: list[str], text: str, scene: LineContext) -> list[Proposal]:
    if not given:
        return _plain(VERBS, text, "%ppio")
    verb = given[0]
    source = _OF_FLAGS.get(given[-1])
    if source is not None and given[-1] in _FLAGS.get(verb, ()):
        return source(text, scene)
    if text.startswith("-") or verb in ("ls", "login"):
        return _plain([flag for flag in _FLAGS.get(verb, ()) if flag not in given], text, verb)
    if verb == "products":
        return _gpus(text, scene)
    return _machines(given, text, scene) if verb in _OF_MACHINES else _seconds(given, text, scene)


def _machines(given: list[str], text: str, scene: LineContext) -> list[Proposal]:
    """Return instances that are not on the line already, in the order that the verb is likely to want."""
    verb = given[0]
    on = _OF_MACHINES[verb]
    first = None if on is None else lambda one: one.is_on is on
    clouds = {*scene.flags, *scene.values("--base-url"), *scene.values("--allow-host")}
    named = [word for word in given[1:] if word not in clouds]
    switch = _plain(("off",), text, verb) if verb == "auto-renew" and named else []
    found = [] if verb == "show" and named else instances(text, scene, without=named, first=first)
    return [*switch, *found]


def _gpus(text: str, scene: LineContext) -> list[Proposal]:
    names = {one.gpu_name: one.id for one in scene.known.all("offers") if one.gpu_name}
    return beginning(text, (Proposal(name, about) for name, about in names.items()))


def _seconds(given: list[str], text: str, scene: LineContext) -> list[Proposal]:
    """Return what goes on behind a verb of several words."""
    if not given[1:]:
        return _plain(_SECOND.get(given[0], ()), text, given[0])
    of_preset = given[0] == "preset" and len(given) == 2 and given[1] != "list"
    return presets(text, scene) if of_preset else []


def _plain(choices: tuple[str, ...] | list[str], text: str, about: str) -> list[Proposal]:
    return [Proposal(one, about, plain=True) for one in choices if one.startswith(text)]


def _statuses(text: str, scene: LineContext) -> list[Proposal]:
    from ppio_widgets.cloud.answers import InstanceStatus, status_words  # noqa: PLC0415 - heavy, on first use

    known = dict.fromkeys(
        (InstanceStatus.RUNNING, InstanceStatus.EXITED, *(one.status for one in scene.known.instances))
    )
    return beginning(text, (Proposal(one, status_words(one, scene.say)) for one in known if one))


def _names(text: str, scene: LineContext) -> list[Proposal]:
    return beginning(text, (Proposal(one.name, one.id) for one in scene.known.instances if one.name))


# What the options take.
_OF_FLAGS: Mapping[str, Callable[[str, LineContext], list[Proposal]]] = {
    "--status": _statuses,
    "--name": _names,
    "--base-url": base_urls,
    "--allow-host": lambda _text, _scene: [],
}
