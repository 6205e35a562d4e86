"""The faces in a real shell: what IPython makes of a cell, on its way to the magic, leaves them whole."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.magic import no_var_expand

import ppio_widgets
from ppio_widgets import EnvRef
from ppio_widgets.formats.line.parser import read_line, to_line
from ppio_widgets.formats.writing import to_python
from ppio_widgets.locale.words import words
from ppio_widgets.request.draft import compact
from tests.support.bodies import FULL, MINIMAL, bodies, bodies_with_refs
from tests.support.hostile import TEXTS

# What IPython or Python's tokeniser makes something of, at the end of a line or within it.
MAGICAL = [
    *("x?", "x??", "?", "?x", "a?.b", "%who", "%%bash", "!ls", "!!ls", "=!ls", "=%who", "a=%who", "a=!ls"),
    *(
        "= !ls",
        "x\\",
        "\\",
        "\\\\",
        "\\'",
        "\\' ?",
        "'?",
        "' ?#",
        '" ?',
        "'''",
        '"""',
        "'''?",
        "'\\''?",
        "\"'\\",
    ),
    *(
        "#",
        "# ?",
        "#'",
        "(",
        "([{",
        ")]}",
        "{x}",
        "{",
        "$x",
        "${x}",
        "$$",
        "--yes",
        "--",
        "-",
        ";",
        "x;",
        ",",
    ),
    *("/x", "In [1]: x", ">>> x", "... x", " x ", "  ", "\t", "\n", "\n%who", "a\\\nb", "a\rb", "\x00", "0x"),
    *(
        "a\x0bb\x0cc\x1cd\x1de\x1ef\x85g\u2028h\u2029i",
        "1_",
        "012",
        "1e",
        "²",
        "€",
        "\u3000",
        "\xa0",
        "f'{x}'",
    ),
    *("lambda: 0", "a = b", "==", ":=", "100%", "%s %(x)s"),
]
magical = st.lists(st.sampled_from(MAGICAL), min_size=1, max_size=3).map("".join)


@pytest.fixture
def cell(shell):
    """Run a cell; the text that the magic was given."""
    given_lines = []

    @no_var_expand
    def ppio_launch(line):
        given_lines.append(line)
        return line

    shell.register_magic_function(ppio_launch)
    shell.push({"x": "not this"})

    def run(text):
        given_lines.clear()
        shell.run_cell(text, store_history=False, silent=True).raise_error()
        (line,) = given_lines
        return line

    return run


def no_notebook(expression):
    raise NameError(expression)


def read(line):
    return compact(read_line(line, no_notebook).draft).body


quickly = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quickly
@given(bodies | bodies_with_refs)
def test_a_line_arrives_as_its_body(cell, body):
    assert read(cell(to_line(body))) == body


@quickly
@given(bodies, magical)
def test_a_line_arrives_as_its_body_as_part_of_a_cell(cell, body, last):
    body = {**body, "candidate_regions": [last]}
    line = to_line(body)
    assert read(cell(f"launched = {line}")) == body
    assert read(cell(f"y = 1\n{line}\nz = (y,)\n")) == body
    assert read(cell(f"if True:\n    {line}")) == body
    assert read(cell(f"  {line}  \n")) == body


def test_what_means_something_to_ipython_arrives_wherever_it_stands(cell):
    for text in MAGICAL:
        for part in (
            {"candidate_regions": [text]},
            {"envs": [{"key": "A", "value": text}]},
            {"name": text, "command": text, "network": {"id": text, "ip": text}},
        ):
            body = {**MINIMAL, **part}
            for start in ("", "launched = "):
                assert read(cell(start + to_line(body))) == body, (start, text)


@quickly
@given(st.lists(magical, min_size=4, max_size=4))
def test_what_means_something_to_ipython_arrives_in_any_company(cell, texts):
    name, command, value, region = texts
    envs = [{"key": "A", "value": value}, {"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}]
    body = {**MINIMAL, "name": name, "command": command, "envs": envs, "candidate_regions": [region]}
    line = to_line(body)
    assert read(cell(line)) == read(cell(f"launched = {line}")) == compact(body).body


@quickly
@given(st.lists(magical, min_size=2).map("\n".join), st.lists(magical, min_size=2).map("\n".join))
def test_a_script_and_a_value_of_several_lines_arrive_in_a_line(cell, script, value):
    body = {**MINIMAL, "command": script, "envs": [{"key": "A", "value": value}]}
    line = to_line(body)
    assert read(cell(line)) == read(cell(f"launched = {line}")) == body


def test_hostile_text_arrives_in_a_line(cell):
    for kind, text in TEXTS.items():
        body = {**MINIMAL, "name": text, "candidate_regions": [text]}
        assert read(cell(to_line(body))) == body, kind


@quickly
@given(bodies_with_refs, magical)
def test_a_python_text_arrives_from_a_cell(shell, body, text):
    body = {**body, "command": text}
    launched = []
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(ppio_widgets, "launch", lambda body: launched.append(body) or _Launched)
        source = to_python(body, words("en"))
        shell.run_cell(source, store_history=False, silent=True).raise_error()
    assert launched == [body]


class _Launched:
    id = "i-1"


def test_the_magic_itself_reads_its_line(run):
    plan = run(f"{to_line(FULL, practice=True)} --dry-run")
    assert plan.report.require().body() == FULL
