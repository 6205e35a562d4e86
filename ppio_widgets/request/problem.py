"""A reason why a draft is no request yet: a code and its parameters, put into words late."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ppio_widgets.request.schema import Path, pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppio_widgets.locale import Words


@dataclass(frozen=True)
class Problem:
    """One reason why a draft is no request yet: a code and its parameters."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, path: Path, say: Words) -> str:
        """Return it in words, with the field's own words where there are some."""
        key = f"problem.{self.code}"
        return say.first(f"{key}@{pattern(path)}", key, **self.params)
