"""The reference has each field, option, verb, command, error and variable, in both languages."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest

import ppio_widgets
from ppio_widgets import errors
from ppio_widgets.formats.line.options import OPTIONS
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.magics.verbs import VERBS
from ppio_widgets.practice.classroom.lesson import (
    Allow,
    Exercise,
    Expect,
    Lesson,
    LessonIncident,
    Prediction,
    examine,
)
from ppio_widgets.practice.failures import failure_of, verbs
from ppio_widgets.request.schema import leaves
from ppio_widgets.widgets.form.fields import ANCHORS, PAGE, question

from .pages import DOCS, ROOT, anchors, blocks, pages, text_of

_SPEC = importlib.util.spec_from_file_location("docs_tables", DOCS / "_ext" / "tables.py")
tables = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(tables)

VARIABLE = re.compile(r"(?:PPIO|NOVITA)_[A-Z_]*[A-Z]|SSL_CERT_[A-Z]+|LC_[A-Z]+|LANG")


def reference(language, name):
    return pages(language)[f"reference/{name}.md"]


# What a module of the package writes, by words of its row in the page of files.
WRITTEN = {
    "__main__": "ppio-widgets-demo",
    "doctor/checkup": "--report FILE",
    "launches/ledger": "`launches`",
    "launches/presets": "`presets`",
    "practice/classroom/record": "LESSON.class.lock",
    "practice/classroom/teacher": "Classroom.export",
    "secrets/credentials": "`classes`",
}
# By these something comes to a disk; `runtime.files` writes for others.
WRITES = re.compile(r"\bwritten\(|\bmkdtemp\(|\bTemporaryDirectory\(|\.write_(?:text|bytes)\(|\bO_CREAT")


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_is_written_to_a_disk_stands_in_the_page_of_files(language):
    package = ROOT / "ppio_widgets"
    writing = {
        path.relative_to(package).with_suffix("").as_posix()
        for path in package.rglob("*.py")
        if WRITES.search(path.read_text(encoding="utf-8"))
    }
    assert writing - {"runtime/files"} == WRITTEN.keys()
    rows = re.findall(r"^\| .*$", text_of(reference(language, "files")), re.MULTILINE)
    assert [words for words in WRITTEN.values() if not any(words in row for row in rows)] == []


def first_column(table):
    return re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_generated_has_its_place_on_one_page(language):
    named = [kind for page in pages(language).values() for kind, _content in blocks(page)]
    assert sorted(kind for kind in named if kind.startswith("{generated}")) == sorted(
        f"{{generated}} {part}" for part in tables.PARTS
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_option_is_listed_with_its_words_and_its_field(language):
    told = tables.options(language)
    rows = first_column(told)
    assert [row.split()[0] for row in rows] == [option.flag for option in OPTIONS]
    for option in OPTIONS:
        assert all(f"`{choice}`" in told for choice in option.choices)
        assert not option.path or f"| `{'.'.join(option.path)}` |" in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verb_is_listed_with_its_options(language):
    lines = tables.verbs(language).split("\n")
    for name, verb in VERBS.items():
        rows = [line for line in lines if re.match(rf"\| `%ppio {name}[ `]", line)]
        assert rows, name
        assert all(f"`{option.flag}`" in row for option in verb.options for row in rows)
        assert all(("**" in row) == verb.acts for row in rows), name


def test_every_command_is_listed_with_its_help():
    told = tables.command("zh")
    assert {"demo", "practice", "check-notebook"} <= set(re.findall(r"^## (.*)$", told, re.MULTILINE))
    assert words("zh")("command.demo") in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_class_of_error_has_its_meaning_and_what_to_do(language):
    rows = first_column(text_of(reference(language, "errors")))
    classes = {
        name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)
    }
    assert len(classes) > 15
    assert set(rows) == classes
    assert len(rows) == len(classes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_an_error_and_every_next_step_is_listed_once(language):
    keys = words(language).keys()
    told = first_column(tables.sentences(language))
    assert sorted(f"error.{code}" for code in told) == sorted(key for key in keys if key.startswith("error."))
    steps = first_column(tables.refusals(language))
    assert sorted(f"next.{step}" for step in steps) == sorted(key for key in keys if key.startswith("next."))
    assert not re.search(r"(?<!\\)\{", tables.sentences(language))


def test_every_public_name_is_drawn_from_its_docstring():
    drawn = re.findall(r"^\.\. auto\w+:: ppio_widgets\.(\w+)$", tables.api("en"), re.MULTILINE)
    assert sorted(drawn) == ppio_widgets.__all__
    assert all(getattr(ppio_widgets, name).__doc__ for name in drawn)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_variable_of_the_environment_is_listed(language):
    package = Path(ppio_widgets.__file__).parent
    nodes = (node for path in package.rglob("*.py") for node in ast.walk(ast.parse(text_of(path))))
    read = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    known = {text for text in read if VARIABLE.fullmatch(text)}
    assert {"PPIO_API_KEY", "PPIO_WIDGETS_STATE_DIR", "SSL_CERT_FILE", "LANG"} <= known
    text = text_of(reference(language, "environment"))
    assert {name for name in known if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", leaves())
def test_each_field_has_its_heading_with_its_words_and_something_below_it(language, name):
    heading = f"### `{name}` · {words(language)(f'field.{name}')}\n\n"
    _before, found, after = text_of(reference(language, "fields")).partition(heading)
    assert found, heading
    assert re.match(r"[^#\n]*[\u4e00-\u9fff]" if language == "zh" else r"[A-Z`]", after)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_of_a_lessons_file_is_listed_in_its_order(language):
    text = text_of(reference(language, "lessons"))
    tables = [first_column(table) for table in text.split("\n\n") if table.startswith("| ")]
    models = (Lesson, Allow, Exercise, Expect, Prediction, LessonIncident)
    assert tables == [[one.alias or name for name, one in model.model_fields.items()] for model in models]
    (lesson,) = (content for kind, content in blocks(reference(language, "lessons")) if kind == "toml")
    assert examine(lesson)[1] == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_form_explains_has_its_place_on_the_page_of_fields(language):
    page = reference(language, "fields")
    assert len(re.findall(r"^<a id=\"(.*)\"></a>\n###", text_of(page), re.MULTILINE)) == len(ANCHORS)
    assert set(ANCHORS.values()) <= anchors(page)
    said = {key for key in words(language).keys() if key.startswith("help.")}  # noqa: SIM118
    assert said == {f"help.{name}" for name in ANCHORS} | {"help.label", "help.more"}


def test_the_page_that_the_form_leads_to_is_one_that_the_package_names():
    assert f'"{PAGE}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.urls]")[1]


@pytest.mark.parametrize("name", ANCHORS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_mark_opens_a_sentence_and_leads_to_its_place(name, language):
    say = words(language)
    opened = question(say, name)
    assert opened.startswith("<details ")
    assert say(f"help.{name}") in opened
    assert f"<a href='{PAGE}#{ANCHORS[name]}' target=_blank rel=noopener>{say('help.more')}</a>" in opened
    assert question(say, "name") == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_failure_that_can_be_asked_for_is_listed_with_its_name_and_status(language):
    told = text_of(reference(language, "clouds"))
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|(.*)\|(.*)\|$", told, re.MULTILINE)
    assert [verb for verb, _api, _about in rows] == list(verbs())
    for verb, api, about in rows:
        failure = failure_of(verb)
        assert about.strip()
        assert failure.reason in api
        if not (failure.walk or failure.notice or failure.slow):
            assert str(failure.status or "") in api
