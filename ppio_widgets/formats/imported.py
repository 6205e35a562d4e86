"""What a text from elsewhere says, as a draft: JSON, a curl line, a ``%ppio_launch`` line, a docker run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ppio_widgets.locale.words import Words

Kind = Literal["json", "curl", "line", "docker"]


# What was taken, and is not quite what it was there.
_DIFFERENT = frozenset(
    {
        *("curl_cloud", "curl_cloud_practice", "curl_variable", "docker_as_typed", "docker_content"),
        *("docker_env_file_secret", "docker_gpus_none", "docker_host_port", "docker_loopback"),
        *("docker_read_only", "secrets"),
    }
)
# What the text does not say, and the body has to.
_ASSUMED = frozenset({"docker_gpus_all", "docker_guessed", "json_twice"})

HEADINGS = ("left_out", "different", "assumed")


@dataclass(frozen=True)
class LeftOut:
    """Something of a text that the body has not, or not quite so: said instead of dropped in silence."""

    code: str  # of the sentence: `import.<code>`
    params: dict[str, object] = field(default_factory=dict)  # never a secret

    @property
    def heading(self) -> str:
        """Which of `HEADINGS` it stands under."""
        if self.code in _ASSUMED:
            return "assumed"
        return "different" if self.code in _DIFFERENT else "left_out"

    def sentence(self, say: Words) -> str:
        """Return what was left out and why, in the language of `say`."""
        return say(f"import.{self.code}", **self.params)


@dataclass(frozen=True)
class Imported:
    """A text, read."""

    kind: Kind
    draft: dict[str, Any]  # without defaults; the value of a variable may be an `EnvRef`
    left_out: tuple[LeftOut, ...] = ()
    host: str = ""  # of the cloud that a curl line goes to, with its port unless that is the default

    def told(self, say: Words) -> dict[str, list[str]]:
        """Return what is to be said of the reading: under each heading its sentences, where there are any."""
        found = {
            heading: [one.sentence(say) for one in self.left_out if one.heading == heading]
            for heading in HEADINGS
        }
        return {say(f"import.{heading}"): lines for heading, lines in found.items() if lines}
