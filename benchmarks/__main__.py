"""``python -m benchmarks``: all parts and `RESULTS.md`; with names of parts, only those, printed."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.figures import from_json
from benchmarks.report import PARTS, results
from benchmarks.surroundings import surroundings
from tests.support.kernel import environment

if TYPE_CHECKING:
    from benchmarks.figures import Figure

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).with_name("RESULTS.md")
ROUNDS = 5


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help=f"how often each takes its turn ({ROUNDS})"
    )
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    around = surroundings()
    figures: list[Figure] = []
    for part in options.parts or PARTS:
        print(f"{part} …", file=sys.stderr, flush=True)
        figures += _measured(part, options.rounds)
    text = results(figures, around, options.rounds)
    if options.parts:
        print(text)
    else:
        RESULTS.write_text(text, encoding="utf-8")
        print(f"written: {RESULTS.relative_to(ROOT)}")


def _measured(part: str, rounds: int) -> list[Figure]:
    """Run a part in a process of its own, with no key and a state folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figures.json"
        subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-W", "ignore", "-m", "benchmarks.part", part, str(rounds), str(file)],
            check=True,
            cwd=ROOT,
            env=environment(Path(folder)) | {"PYTHONPATH": str(ROOT)},
        )
        return from_json(json.loads(file.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
