"""The one line by which a magic refuses."""

from __future__ import annotations

import IPython.core.error


class UsageError(IPython.core.error.UsageError):
    """IPython's own, told to the front end as an error.

    IPython writes its own one to stderr and tells nobody else the reason: nbclient and papermill
    then stop without one. Of a subclass it would show the traceback; what is shown here is the line.
    """

    def _render_traceback_(self) -> list[str]:
        """Show one readable line in place of a stack (IPython's hook)."""
        return [f"{type(self).__name__}: {self}"]
