"""The card of an instance: how far it is, what it costs, the ways in, and the buttons that stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppio_widgets.cards.html import esc, link
from ppio_widgets.cards.instance import Fact, cost_facts, facts, headline, steps
from ppio_widgets.instances.sessions import InstanceSession
from ppio_widgets.launches.plan import NO_FORMULAS
from ppio_widgets.locale import words
from ppio_widgets.widgets import theme
from ppio_widgets.widgets.asking import AskingButtons
from ppio_widgets.widgets.cells import CellView
from ppio_widgets.widgets.guard import guarded
from ppio_widgets.widgets.saved_output import InstanceOutput

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppio_widgets.instances.instance import Instance
    from ppio_widgets.locale import Words


class InstancePanel:
    """What is seen of an instance, and its buttons; built where a card or a form shows it.

    What changes with each look (status, time, cost) is one HTML widget, the ways in are
    another: a link that is being clicked, or a command that is being copied, stays put.

    Parameters
    ----------
    session : InstanceSession
    say : Words
    show_fault : callable
        See `view.Guarded`.

    Attributes
    ----------
    box : ipywidgets.Box
    """

    def __init__(self, session: InstanceSession, say: Words, show_fault: Callable[[str], None]) -> None:
        self.session = session
        self.show_fault = show_fault
        self._say = say
        self._live = theme.html("", "ppw-live")
        self._facts = theme.html("", "ppw-facts")
        self._rest = theme.button(say("do.rest"), "ppw-refreshing")
        self._watch = theme.button(say("do.watch"), "ppw-refreshing")
        self._rest.on_click(self._on_rest)
        self._watch.on_click(self._on_watch)
        self._actions = AskingButtons(session, say, show_fault)
        self.box = theme.box([self._live, self._facts, self._actions.box], "ppw-machine")
        self._render()
        session.observe(self._on_session, ["sight", "asking", "acting", "watching"])

    def close(self) -> None:
        """Close what is out of sight as well, and look no longer; the instance goes on."""
        self.session.close()
        self._actions.close()
        for widget in (self._rest, self._watch, self.box, self._live, self._facts):
            widget.close()

    def _render(self) -> None:
        """Show what is known now; what has not changed is not sent."""
        self._live.value = self._progress()
        rows = "".join(map(self._row, facts(self.session.instance, self._say)))
        parts = theme.stylesheet("instance_card.css") + theme.script("copy.js")
        self._facts.value = f"{parts}<dl class='{NO_FORMULAS}'>{rows}</dl>"
        self._arrange()

    def _progress(self) -> str:
        say, instance = self._say, self.session.instance
        acting = self.session.acting
        parts = [f"<p role=status><b>{esc(headline(instance, say))}</b></p>"]
        if acting:
            parts.append(f"<p role=status>{esc(say(f'acting.{acting}'))}</p>")
        names, reached = steps(instance)
        if names:
            marks = ["done"] * (reached - 1) + ["now"] + ["next"] * (len(names) - reached)
            marks = [f"ppw-{mark}" if mark != "now" else "ppw-now aria-current=step" for mark in marks]
            items = "".join(
                f"<li class={mark}>{esc(say(f'step.{name}'))}"
                for name, mark in zip(names, marks, strict=True)
            )
            label = esc(say("launch.progress"))
            parts.append(f"<ol class=ppw-steps>{items}</ol>")
            parts.append(f"<progress aria-label='{label}' max={len(names)} value={reached}></progress>")
        costs = "".join(map(self._row, cost_facts(instance, say)))
        parts.append(f"<dl>{costs}</dl>")
        if not self.session.watching and self.session.actions:
            parts.append(f"<p class=ppw-quiet>{esc(say('machine.unwatched'))}</p>")
        return f"<div class='{NO_FORMULAS}'>{''.join(parts)}</div>"

    def _row(self, fact: Fact) -> str:
        """Return one fact as HTML; what is to be copied is copied by the constant script."""
        text = esc(fact.text)
        if fact.kind == "link":
            text = link(fact.text)
        elif fact.kind == "open":
            text = f"{link(fact.text, self._say('machine.open'))} <span class=ppw-quiet>{text}</span>"
        elif fact.kind == "copy":
            done = esc(self._say("copy.done"))
            copy = esc(self._say("copy.button"))
            text = (
                f"<code>{text}</code> <button type=button class='jupyter-button ppw-grab' "
                f"data-done='{done}' onclick='window.ppw&&ppw.grab(this)'>{copy}</button>"
            )
        bad = " class=ppw-bad" if fact.kind == "bad" else ""
        return f"<dt>{esc(fact.label)}<dd{bad}>{text}"

    def _arrange(self) -> None:
        session = self.session
        looking = [] if not session.actions else [self._rest if session.watching else self._watch]
        # With what it is about, and away from Stop, which costs something else.
        shown = [self._live, *looking, self._facts, self._actions.box]
        if shown != list(self.box.children):
            self.box.children = shown
        self._actions.show(session.actions, [session.instance], ())

    @guarded
    def _on_session(self, _change: Any) -> None:
        self._render()

    @guarded
    def _on_rest(self, _button: Any) -> None:
        self.session.stop_watching()

    @guarded
    def _on_watch(self, _button: Any) -> None:
        self.session.watch()


class InstanceCard(CellView):
    """An instance as a live card; running its cell again replaces it.

    Parameters
    ----------
    instance : Instance
    language : str, optional
    """

    def __init__(self, instance: Instance, language: str | None = None) -> None:
        say = words(language)
        self.session = InstanceSession(instance)
        self._say = say
        self._status = theme.html("", "ppw-status")
        self._panel = InstancePanel(self.session, say, self.show_fault)
        remains = InstanceOutput(instance, say)
        top = theme.html(remains.style + theme.stylesheet() + theme.script())
        super().__init__([top, self._panel.box, self._status], ["ppw-card"], remains, say)

    def __repr__(self) -> str:
        return headline(self.session.instance, self._say)

    def show_fault(self, kind: str) -> None:
        """Say that something of ours failed; the buttons stay."""
        self._status.value = f"<p class=ppw-bad>{esc(self._say('form.fault', kind=kind))}</p>"

    def close(self) -> None:
        """Close every widget and look no longer; the instance goes on."""
        if self.session.closed:
            return
        self._panel.close()
        super().close()

    def appear(self) -> None:
        """Look at the instance from now on."""
        self.session.watch()
