"""What a text from elsewhere says, as a draft: JSON, a curl line, a ``%ppio_launch`` line, a docker run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ppio_widgets.locale import Words

Kind = Literal["json", "curl", "line", "docker"]


@dataclass(frozen=True)
class LeftOut:
    """Something of a text that has no counterpart in the body, and is said instead of dropped in silence.

    Parameters
    ----------
    code : str
        Key of the sentence in ``locale/``, without its ``import.`` prefix.
    params : dict
        Values for the sentence. Never a secret.
    """

    code: str
    params: dict[str, object] = field(default_factory=dict)

    def sentence(self, say: Words) -> str:
        """Return what was left out and why, in the language of `say`."""
        return say(f"import.{self.code}", **self.params)


@dataclass(frozen=True)
class Imported:
    """A text, read.

    Attributes
    ----------
    kind : str
    draft : dict
        What the text says, without defaults; the value of a variable may be an `EnvRef`.
    left_out : tuple of LeftOut
    """

    kind: Kind
    draft: dict[str, Any]
    left_out: tuple[LeftOut, ...] = ()
