"""A JupyterLab whose pages may run no inline script, as where a strict Content-Security-Policy is set."""

from __future__ import annotations

from tests.browser.conftest import Lab

# The strictest with which JupyterLab itself runs: it compiles its settings' schemas, and styles its panels.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:;"
    " frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
)


class StrictLab(Lab):
    """JupyterLab with that policy on each of its answers."""

    def __init__(self, *args, **options) -> None:
        headers = {"headers": {"Content-Security-Policy": POLICY}}
        super().__init__(*args, f"--ServerApp.tornado_settings={headers!r}", **options)
