"""The rooms of the package: how many modules, no cycles, nothing in an ``__init__``."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

import ppio_widgets
from ppio_widgets.locale.words import LANGUAGES

ROOT = Path(ppio_widgets.__file__).parent
DOCS = ROOT.parent / "docs"
PAGES = [
    ROOT.parent / "CONTRIBUTING.md",
    *(DOCS / language / "why" / f"{name}.md" for language in LANGUAGES for name in ("house", "way", "parts")),
]
MODULES = {
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}
FOLDERS = sorted({path.parent for path in MODULES.values()} - {ROOT})


def imports(name, path):
    """The modules of ours that a module names as it is read, those for types included; late ones are not."""
    waiting = list(ast.parse(path.read_text(encoding="utf-8")).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                whole = f"{node.module}.{one.name}"
                found = whole if whole in MODULES else node.module
                if found in MODULES and found not in (name, "ppio_widgets"):
                    yield found
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
            waiting += [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.stmt)]


@pytest.mark.long
def test_no_modules_import_each_other_in_a_circle():
    left = {name: set(imports(name, path)) for name, path in MODULES.items() if name != "ppio_widgets"}
    while free := [name for name, named in left.items() if not named & left.keys()]:
        for name in free:
            del left[name]
    assert sorted(left) == []


def test_modules_are_few_enough_to_walk():
    assert len([path for path in MODULES.values() if path.name != "__init__.py"]) <= 130


def lines_of_code(source):
    """How many lines have code on them: neither blank ones nor comments nor docstrings count."""
    with_code, statement = set(), []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
            continue
        if token.type != tokenize.NEWLINE:
            statement.append(token)
            continue
        if any(one.type != tokenize.STRING for one in statement):  # a docstring is a string alone
            with_code.update(row for one in statement for row in range(one.start[0], one.end[0] + 1))
        statement = []
    return len(with_code)


def test_lines_with_code_are_counted_and_no_others():
    assert lines_of_code('"""Two\nlines."""\n\n# a comment\nvalue = [  # begun\n\n    1,\n]\n') == 3
    assert lines_of_code('def told():\n    """It says."""\n    return """one\n\n# two"""\n') == 4


@pytest.mark.long
def test_the_package_is_as_small_as_contributing_says():
    count = sum(lines_of_code(path.read_text(encoding="utf-8")) for path in MODULES.values())
    assert 20_000 < count <= 23_000
    told = (ROOT.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    about = re.search(r"it has about ([\d,]+) lines", told)[1]
    assert abs(int(about.replace(",", "")) - count) <= 500


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_room_has_twelve_modules_at_most_and_says_what_lives_there(folder):
    assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= 12
    (only,) = ast.parse((folder / "__init__.py").read_text(encoding="utf-8")).body
    assert isinstance(only, ast.Expr)
    assert isinstance(only.value, ast.Constant)
    assert only.value.value.strip().endswith(".")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT.parent)))
def test_files_that_are_named_to_developers_are_there(page):
    named = re.findall(r"`([\w/]+\.(?:py|json|css|js|tsv|yaml))`", page.read_text(encoding="utf-8"))
    there = [
        path.as_posix() for folder in (ROOT, ROOT.parent / "tests", DOCS) for path in folder.rglob("*.*")
    ]
    assert [one for one in named if not any(path.endswith(f"/{one}") for path in there)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rooms_are_told_in_the_order_of_their_imports(language):
    page = (DOCS / language / "why" / "house.md").read_text(encoding="utf-8")
    layers = (ROOT.parent / "pyproject.toml").read_text(encoding="utf-8").partition("layers = [")[2]
    upwards = re.findall(r'"(\w+)"', layers.partition("]")[0])[::-1]
    assert len(upwards) > 10
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == upwards
