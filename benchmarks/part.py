"""Runs one part in a process of its own: ``python -m benchmarks.part NAME ROUNDS FILE``.

What it measured goes into the file, as JSON: some of the peers print.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.figures import as_json

if __name__ == "__main__":
    name, rounds, file = sys.argv[1:]
    figures = import_module(f"benchmarks.{name}").measure(int(rounds))
    Path(file).write_text(json.dumps(as_json(figures)), encoding="utf-8")
