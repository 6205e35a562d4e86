"""Make sure that the browser tests have a Chromium: PATH, else apt, else Playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from chromium import find_chromium, on_ci


def _run(*command: str) -> bool:
    print("+", " ".join(command), flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL).returncode == 0


def _apt_install() -> bool:
    """Install Debian's package, with a font that has Chinese for the pictures."""
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        return False
    packages = ("chromium", "fonts-noto-cjk")
    return _run("apt-get", "update", "-q") and _run(
        "apt-get", "install", "-y", "-q", "--no-install-recommends", *packages
    )


def main() -> int:
    """Exit code 0 when a browser is there, or when its lack may be a skip."""
    if not find_chromium() and not _apt_install():
        bring = (sys.executable, "-m", "playwright", "install")
        # Its libraries come from a package manager that it knows; where there is none they may be there.
        _run(*bring, "--with-deps", "chromium") or _run(*bring, "chromium")
    if path := find_chromium():
        print("browser:", path)
        return 0
    print(
        "NOT RUN: the browser tests. No Chromium on PATH, and none could be installed: "
        "install one (on Debian: apt-get install chromium) and run `make test` again.",
        file=sys.stderr,
    )
    return 1 if on_ci() else 0


if __name__ == "__main__":
    sys.exit(main())
