"""What a launch would do, before it does it: the body, what blocks, and where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from ppio_widgets.locale import words
from ppio_widgets.locale.escapes import visible
from ppio_widgets.request.check import Report, field_name
from ppio_widgets.request.faces import to_json

if TYPE_CHECKING:
    from ppio_widgets.cloud.client import PpioClient
    from ppio_widgets.locale import Words

# Classes by which front ends leave an HTML output's ``$…$`` alone: a formula can hold a link.
NO_FORMULAS = "mathjax_ignore tex2jax_ignore"


@dataclass(frozen=True)
class Target:
    """Which cloud a launch goes to.

    Attributes
    ----------
    name : str
        Host as people read it.
    practice : bool
        Whether nothing is billed there.
    """

    name: str
    practice: bool

    @classmethod
    def of(cls, client: PpioClient) -> Target:
        """Describe the cloud of a client."""
        return cls(client.host.name, client.is_practice)

    def words(self, say: Words) -> str:
        """Return the cloud in words: ``"the practice cloud"`` or its host."""
        return say("cloud.practice") if self.practice else self.name


@dataclass(frozen=True)
class LaunchPlan:
    """A draft, judged, and the cloud it would go to. Showing a plan never sends.

    Attributes
    ----------
    report : Report
    target : Target
    """

    report: Report
    target: Target

    def blockers(self, say: Words) -> list[tuple[str, str]]:
        """Return what still blocks: pairs of field and sentence."""
        return [(field_name(path, say), text) for path, text in self.report.errors(say).items()]

    def named_blockers(self, say: Words) -> list[str]:
        """Return what still blocks, each as one text."""
        return [say("problem.named", name=name, text=text) for name, text in self.blockers(say)]

    def question(self, say: Words) -> dict[str, str]:
        """Return what a person is asked to confirm, in parts: what, where and how it is billed.

        Raises
        ------
        RequestInvalid
            While something still blocks.
        """
        request = self.report.require()
        return {
            "name": request.name,
            "product": request.product_id,
            "gpus": str(request.resource.gpu_num),
            "mode": say(f"mode.{request.billing.mode}"),
            "cloud": self.target.words(say),
        }

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._html(words())}

    def __repr__(self) -> str:
        say = words()
        blockers = [f"  - {text}" for text in self.named_blockers(say)]
        verdict = [say("plan.blocked"), *blockers] if blockers else [say("plan.ready")]
        head = say("plan.head", cloud=self.target.words(say))
        return "\n".join([head, self._body(), *verdict])

    def _body(self) -> str:
        return "\n".join(visible(line) for line in to_json(self.report.body).split("\n"))

    def _html(self, say: Words) -> str:
        items = "".join(f"<li>{escape(text)}</li>" for text in self.named_blockers(say))
        verdict = f"<p>{say('plan.blocked')}</p><ul>{items}</ul>" if items else f"<p>{say('plan.ready')}</p>"
        head = escape(say("plan.head", cloud=self.target.words(say)))
        return (
            f"<div class='{NO_FORMULAS}'><p><b>{head}</b></p><pre>{escape(self._body())}</pre>{verdict}</div>"
        )
