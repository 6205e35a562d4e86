"""Shell text, read as a shell reads it: bash itself is asked."""

import re
import shutil
import subprocess

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ppio_widgets.formats.shell import HOLE, is_open, program, read_shell, shown, variable_of

needs_bash = pytest.mark.skipif(not shutil.which("bash"), reason="no bash here to compare with")

# `a` tells its arguments, `d` what it is given to read; each line is a record that ends with its status.
TELLING = """\
a() { printf 'a\\0'; [ $# = 0 ] || printf '%s\\0' "$@"; printf '\\1\\0'; }
d() { IFS= read -r -d '' text; printf 'd\\0%s\\0\\1\\0' "$text"; }
for line do (eval "$line") 2>/dev/null; printf '%s\\0\\2\\0' $?; done
"""


def told_by_bash(lines, folder):
    """What bash makes of each line: its commands with their words; None where it cannot read it."""
    command = [shutil.which("bash"), "-c", TELLING, "bash", *lines]
    # The variable holds its own name, so that what is filled in reads as typed.
    environ = {"LC_ALL": "C.UTF-8", "PATH": str(folder), "A": "${A}"}
    told = subprocess.run(
        command, env=environ, cwd=folder, capture_output=True, check=True, timeout=60
    ).stdout
    records = told.decode("utf-8", "replace").split("\0\2\0")[:-1]
    return [_commands(record.split("\0")) for record in records]


def _commands(fields):
    status = fields.pop()
    commands = [[]]
    for field in fields:
        if field == "\1":
            commands.append([])
        else:
            commands[-1].append(field)
    return None if status in ("1", "2") else commands[:-1]


def read(text):
    """The same as it is read here; None where an escape in $'…' is refused."""
    script = read_shell(text)
    if script.problem:
        return None if script.problem.code == "shell_escape" else script.problem
    documents = iter(script.documents)
    commands = []
    for command in script.commands:
        name, *rest = map(script.typed, command.words)
        if name == "a":
            commands.append([name, *rest])
        elif name == "d":
            commands.append([name, script.typed(next(documents))])
    return commands


tangles = st.lists(
    st.sampled_from(
        [
            *(
                "'",
                '"',
                "\\",
                " ",
                "\t",
                "$'",
                "#",
                "=",
                "-",
                "x",
                "a",
                "中",
                "${A}",
                "${A}",
                '"${A}"',
                ";a ",
                "\na ",
            ),
            *(
                " \\\n ",
                "\\'",
                '\\"',
                "\\\\",
                "\\n",
                "\\x41",
                "\\101",
                "\\0",
                "\\u4f60",
                "\\U1f600",
                "\\q",
                "\\e",
            ),
        ]
    ),
    max_size=12,
).map("".join)
# Blanks and comments behind a backslash, and lines of comments after it, are overlooked here and not by a
# shell; $"…" is translated by bash.
plain = tangles.filter(lambda text: not re.search(r"\\[ \t]+[\n#]|\\\n[ \t]*#|\$\"|\\[ \t]*\Z", text))


@pytest.mark.long
@needs_bash
@settings(max_examples=10)
@given(st.lists(plain, min_size=20, max_size=60))
def test_commands_and_words_are_those_of_bash(tmp_path_factory, texts):
    lines = [f"a {text}" for text in texts]
    told = told_by_bash(lines, tmp_path_factory.getbasetemp())
    readable = [pair for pair in zip(lines, told, strict=True) if pair[1] is not None]
    assume(readable)
    for line, theirs in readable:
        assert read(line) in (None, theirs), line


documents = st.lists(
    st.sampled_from(
        ["'", '"', "\\", "\\\\", "\\$", "\t", " ", "\n", "\n\t", "E", "END", "\nEND", "${A}", "中", "$ "]
    ),
    max_size=12,
).map("".join)


@pytest.mark.long
@needs_bash
@settings(max_examples=10)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["<<END", "<<'END'", '<<"END"', "<<\\END", "<<E'N'D", "<<-END", "<<- 'END'", "0<<END"]
            ),
            documents.filter(lambda text: not re.search(r"\\(?:\\\\)*(?:\n|\Z)|\$[$A-Z]", text)),
        ),
        min_size=20,
        max_size=60,
    )
)
def test_here_documents_are_those_of_bash(tmp_path_factory, cases):
    lines = [f"d {mark}; a 1 '2'\n{text}\nEND\na last" for mark, text in cases]
    told = told_by_bash(lines, tmp_path_factory.getbasetemp())
    readable = [pair for pair in zip(lines, told, strict=True) if pair[1] is not None]
    assume(readable)
    for line, theirs in readable:
        assert read(line)[:2] == theirs[:2], line


@pytest.mark.parametrize(
    ("text", "masked", "expansions"),
    [
        ("$A", "•", ("$A",)),
        ("x${A:-b c}y", "x•y", ("${A:-b c}",)),
        ("${A:-${B:-}}}", "•}", ("${A:-${B:-}}",)),
        ('"$(cat "a b")"', "•", ('$(cat "a b")',)),
        ("$((1+2))-`id -u`", "•-•", ("$((1+2))", "`id -u`")),
        ('"${A:-it\'s}"', "•", ("${A:-it's}",)),
        ("~/x", "•/x", ("~",)),
        ("a~ '~' \\~", "a~", ()),
        ("'$A'\\$A", "$A$A", ()),
        ("$'$A'", "$A", ()),
        ("$1$?$", "••$", ("$1", "$?")),
        ("<(jq . a)", "•", ("<(jq . a)",)),
        ('"<(a)"', "<(a)", ()),
        ("a\U00100000$A", "a\ufffd•", ("$A",)),
    ],
)
def test_it_is_known_where_in_a_word_something_is_filled_in(text, masked, expansions):
    script = read_shell(text)
    word = script.commands[0].words[0]
    holes = re.findall(HOLE, word)
    assert (re.sub(HOLE, "•", word), tuple(map(script.typed, holes))) == (masked, expansions)
    assert shown(word) == masked.replace("•", "…")
    assert is_open(word) == bool(expansions)


def test_a_part_of_a_word_keeps_what_is_filled_into_it():
    script = read_shell('A="$B:${C}"$D$B')
    name, _, value = script.commands[0].words[0].partition("=")
    assert (name, script.typed(value)) == ("A", "$B:${C}$D$B")
    assert [script.variable(part) for part in (value, value[0], value[2:], value[-1])] == [
        None,
        "B",
        None,
        "B",
    ]
    assert [variable_of(one) for one in ("$A", "${A}", "${A:-b}", "$1", "$(A)")] == [
        "A",
        "A",
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a >x b",
            "a 2>x b",
            "a>>x b",
            "a &>x b",
            "a <x b",
            "a 2>&1 b",
            "a >| x b",
            "a <> x b",
            "a > \\\n x b",
        ),
        *("a b > >(tee x)", "a b <<E", "a <<-E b\nx\n\tE", "a b <<< 'x'", "a &>>x b", "(a b >x)", ">x a b"),
    ],
)
def test_what_goes_in_or_out_is_no_word(text):
    (command,) = read_shell(text).commands
    assert command.words == ["a", "b"]
    assert command.redirected


def test_a_number_is_of_a_redirection_only_where_a_word_begins_with_it():
    assert read_shell("a2>x '2'>x 2 >x").commands[0].words == ["a2", "2", "2"]


@pytest.mark.parametrize("end", [";", "\n", "|", "||", "&", "&&", "(", ")", " # c\n", "\r\n", "\n\n;;\n"])
def test_commands_end_where_a_shell_ends_them(end):
    script = read_shell(f"a b{end}c")
    assert [command.words for command in script.commands] == [["a", "b"], ["c"]]
    assert not any(command.redirected for command in script.commands)


def test_documents_are_read_in_their_order_and_without_the_ends_of_continued_lines():
    script = read_shell("a <<A <<'B'\n1 \\\n2 \\$ $X\nA\n3 \\\n4 $X\nB\nc <<<\"5 $X\"\nd")
    assert [*map(script.typed, script.documents)] == ["1 2 $ $X\n", "3 \\\n4 $X\n", "5 $X"]
    assert [*map(is_open, script.documents)] == [True, False, True]
    assert [command.words[0] for command in script.commands] == ["a", "c", "d"]


@pytest.mark.parametrize(
    "text", ["'", '"', "`", "$(", "${", "$'", "$'\\'", '"$(a"', "\\", "<<E\n$(\nE", "<(a"]
)
def test_what_is_not_closed_is_a_problem_and_what_stands_before_is_read(text):
    script = read_shell(f"a b; c {text}")
    assert [command.words for command in script.commands[:1]] == [["a", "b"]]
    assert script.problem.code in ("line_quote", "shell_cut_off")


def test_no_word_shows_itself():
    script = read_shell("a 's3cret' ${A:-s3cret} <<E\ns3cret\nE\nb 's3cret")
    assert "s3cret" not in repr(script)
    assert "s3cret" not in shown(script.commands[0].words[2])


@given(
    st.lists(
        st.sampled_from([*"'\"\\$`{}()<>|&;#~ \n\tA1", "$'", "<<A", "\U00100000"]) | st.text(max_size=3)
    ).map("".join)
)
def test_every_hole_has_what_was_typed_for_it(text):
    script = read_shell(text)
    for word in [*script.documents, *(word for command in script.commands for word in command.words)]:
        assert not is_open(script.typed(word))


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("docker run a", 0),
        ("/usr/bin/docker run a", 0),
        (r"'C:\Program Files\docker.exe' run a", 0),
        ("A=1 B=2 docker run a", 2),
        ("sudo -u me -E docker run a", 4),
        ("env A=1 nohup docker run a", 3),
        ("sudo apt install docker", None),
        ("echo docker run a", None),
        ("sudo", None),
    ],
)
def test_a_program_stands_behind_what_changes_nothing_of_it(line, place):
    (command,) = read_shell(line).commands
    assert program(command.words, {"docker"}) == place
