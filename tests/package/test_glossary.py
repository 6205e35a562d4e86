"""One word for one thing: modules, classes and public functions have the words of the glossary."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import ppio_widgets

PACKAGE = Path(ppio_widgets.__file__).parent
CONTRIBUTING = PACKAGE.parent / "CONTRIBUTING.md"
ENDINGS = ("", "s", "es", "ed", "ing")
# Names that still say it, and what takes each away; one that is gone has to leave this table.
STILL = {
    "launches.launch:Launch.machine": "public: `Launch.instance` becomes the Instance",
}


def forbidden():
    """The words in `code` in the last column of the glossary."""
    text = CONTRIBUTING.read_text(encoding="utf-8")
    table = text.partition("## Words in names")[2].partition("\n## ")[0]
    rows = [line.split("|")[3] for line in table.splitlines() if line.startswith("|")]
    return {word for row in rows for word in re.findall(r"`(\w+)`", row)}


def parts_of(name):
    """The words that a name is made of: of snake_case as of CamelCase."""
    return [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def says(name, words):
    """The words of the glossary's last column that a name has, in any of their endings."""
    return {word for part in parts_of(name) for word in words if part in forms_of(word)}


def forms_of(word):
    """A word and its endings: shelf, shelves; mask, masked, masking."""
    stems = {word, f"{word[:-1]}ve"} if word.endswith("f") else {word}
    return {stem + ending for stem in stems for ending in ENDINGS}


def named(tree, owner=""):
    """Every class, and every function and method that is public, by its place in the module."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield f"{owner}{node.name}", node.name
            yield from named(node, f"{owner}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield f"{owner}{node.name}", node.name


def names():
    """Every name that the glossary holds for, by its place in the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        yield module, path.stem
        yield module, path.parent.name
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from ((f"{module}:{place}", name) for place, name in named(tree))


@pytest.mark.long
def test_no_name_says_a_word_that_the_glossary_replaces():
    words = forbidden()
    wrong = {place: said for place, name in names() if (said := says(name, words)) and place not in STILL}
    assert wrong == {}


@pytest.mark.long
def test_a_name_that_may_still_say_it_is_there():
    words = forbidden()
    assert STILL.keys() - {place for place, name in names() if says(name, words)} == set()


def test_the_glossary_holds_the_words_that_had_to_be_translated():
    least = "echo knock shelf goods belongings mishap machine mask veil lately vault scene"
    assert set(least.split()) <= forbidden()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("machine_card", {"machine"}),
        ("MachineCard", {"machine"}),
        ("_on_shelves", {"shelf"}),
        ("knock", {"knock"}),
        ("masked_text", {"mask"}),
        ("TemplateChooser", set()),
        ("HTTPScene", {"scene"}),
        ("instance_card", set()),
    ],
)
def test_a_word_is_found_in_any_way_to_write_a_name(name, said):
    assert says(name, forbidden()) == said
