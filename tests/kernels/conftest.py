"""What needs a program that only `make kernels` brings is collected where it is there."""

from tests.support.runners import is_there

NEEDED = {"test_runners.py": "papermill", "test_console.py": "jupyter-console"}
collect_ignore = [name for name, program in NEEDED.items() if not is_there(program)]
