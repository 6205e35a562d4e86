"""The notebooks as they are saved: clean, short, alike in both languages, and on the practice cloud."""

from __future__ import annotations

import ast
import itertools
import re
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from ppio_widgets.locale.columns import width
from ppio_widgets.practice.classroom.lesson import packaged, packaged_ids

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
ENGLISH = [path for path in NOTEBOOKS if path.parent.name == "en"]
LESSONS = [path for path in ENGLISH if re.fullmatch(r"\d\d-[a-z-]+", path.stem)]
COLUMNS = 110
MOST_CELLS = 16
CJK = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def chinese(path):
    """The same notebook in Chinese."""
    return ROOT / "notebooks" / "zh" / path.name


def named(path):
    return f"{path.parent.name}-{path.stem}"


every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
every_pair = pytest.mark.parametrize("path", ENGLISH, ids=lambda path: path.stem)
every_lesson = pytest.mark.parametrize(
    "path", [one for path in LESSONS for one in (path, chinese(path))], ids=named
)


def read(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def code_of(path):
    return {cell.id: cell.source for cell in read(path).cells if cell.cell_type == "code"}


def parsed(source):
    """The Python that IPython makes of a cell."""
    return ast.parse(TransformerManager().transform_cell(source))


def calls(source):
    return [node for node in ast.walk(parsed(source)) if isinstance(node, ast.Call)]


def lesson_of(path):
    return packaged(re.sub(r"^\d\d-", "", path.stem))


def test_the_quickstart_and_six_lessons_are_there_in_two_languages_each_with_its_exercises():
    assert [path.stem[:2] for path in LESSONS] == ["01", "02", "03", "04", "05", "06"]
    assert sorted([*ENGLISH, *map(chinese, ENGLISH)]) == NOTEBOOKS
    assert sorted(lesson_of(path).id for path in ENGLISH) == list(packaged_ids())


@every_notebook
def test_it_begins_its_lesson_and_asks_for_a_check_of_each_exercise(path):
    code = "\n".join(code_of(path).values())
    lesson = lesson_of(path)
    assert f"\n%ppio class start {lesson.id}" in code_of(path)[next(iter(code_of(path)))]
    checked = re.findall(r"^%ppio check (\S+)", code, re.MULTILINE)
    assert list(dict.fromkeys(checked)) == [one.id for one in lesson.exercises]
    texts = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    zh = path.parent.name == "zh"
    assert texts[0].startswith(f"# {lesson.title.zh if zh else lesson.title.en}") or (
        f" · {lesson.title.zh if zh else lesson.title.en}\n" in texts[0]
    )


@every_notebook
def test_it_has_goals_a_guess_an_incident_and_an_exit_question(path):
    texts = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    zh = path.parent.name == "zh"
    assert len(re.findall(r"^\* ", texts[0], re.MULTILINE)) == 3
    assert any(re.search("先估算|先想一想|猜一猜" if zh else "Guess", text) for text in texts[1:])
    assert lesson_of(path).incidents
    question = ("思考题", "纸条") if zh else ("Exit question", "slip of paper")
    assert any(word in texts[-1] for word in question)


@every_notebook
def test_it_is_saved_clean(path):
    sheet = read(path)
    nbformat.validate(sheet)
    assert (sheet.nbformat, sheet.nbformat_minor) == (4, 5)
    assert set(sheet.metadata) == {"kernelspec", "language_info"}
    assert sheet.metadata.kernelspec.name == "python3"
    for cell in sheet.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert set(cell.metadata) <= {"tags", "slideshow"}
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cell.id)


@every_notebook
def test_its_slides_begin_at_its_headings(path):
    for cell in read(path).cells:
        heads = cell.cell_type == "markdown" and cell.source.startswith("#")
        assert (cell.metadata.slideshow.slide_type == "slide") == heads


@every_notebook
def test_its_lines_are_short(path):
    lines = [line for cell in read(path).cells for line in cell.source.split("\n")]
    assert [line for line in lines if width(line) > COLUMNS and not line.startswith("| ")] == []


@every_notebook
def test_it_is_short_and_each_cell_has_its_words(path):
    cells = read(path).cells
    assert sum(cell.cell_type == "code" for cell in cells) <= MOST_CELLS
    assert cells[0].source.startswith("# ")
    for before, cell in itertools.pairwise(cells):
        assert {before.cell_type, cell.cell_type} == {"markdown", "code"}


@every_pair
def test_both_languages_have_the_same_cells(path):
    ours, theirs = (read(one).cells for one in (path, chinese(path)))
    for one, other in zip(ours, theirs, strict=True):
        assert (one.id, one.cell_type, one.metadata) == (other.id, other.cell_type, other.metadata)
        if one.cell_type == "markdown":
            assert CJK.search(other.source)
            assert not CJK.search(one.source)


@every_pair
def test_both_languages_run_the_same_code(path):
    ours, theirs = code_of(path), code_of(chinese(path))
    for cell, source in ours.items():
        nodes, others = (list(ast.walk(parsed(text))) for text in (source, theirs[cell]))
        texts = [
            (one.value, other.value)
            for one, other in zip(nodes, others, strict=True)
            if isinstance(one, ast.Constant) and one.value != other.value
        ]
        # Only words to people, and the language itself, are not the same.
        assert all(CJK.search(other) or (one, other) == ("en", "zh") for one, other in texts)
        for node in (*nodes, *others):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                node.value = ""
        assert ast.dump(nodes[0]) == ast.dump(others[0])


@every_lesson
def test_a_lesson_practises_from_its_first_cell_on(path):
    first = next(iter(code_of(path).values()))
    practises = first.index('os.environ["PPIO_WIDGETS_PRACTICE"] = "1"')
    assert practises < first.index("%load_ext ppio_widgets")


@every_notebook
def test_whatever_could_launch_practises_even_when_it_is_run_alone(path):
    launching = 0
    for source in code_of(path).values():
        for call in calls(source):
            name = ast.unparse(call.func)
            if name.endswith(("run_line_magic", "run_cell_magic")):
                magic, line = (argument.value for argument in call.args[:2])
                safe = magic != "ppio_launch" or "--practice" in line or "--help" in line
            elif re.fullmatch(r"launch|(LaunchForm|InstanceBoard)(\.from_\w+)?", name):
                safe = any(one.arg == "practice" and one.value.value is True for one in call.keywords)
            else:
                continue
            launching += 1
            assert safe, source
    assert launching


def test_the_links_lead_to_notebooks_beside():
    for path in NOTEBOOKS:
        linked = re.findall(r"\]\(([^)]+\.ipynb)\)", "\n".join(cell.source for cell in read(path).cells))
        assert all("/" not in name and (path.parent / name).exists() for name in linked)


def test_the_installed_package_brings_every_notebook_along():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for path in NOTEBOOKS:
        name = path.relative_to(ROOT).as_posix()
        assert f'"{name}" = "ppio_widgets/{name}"' in text
