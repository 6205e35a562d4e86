"""What public READMEs, pages and scripts have is read right: everything of it, exactly."""

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import EnvRef
from ppio_widgets.errors import PpioError
from ppio_widgets.formats.reading import read_any
from ppio_widgets.launches.importing import import_text
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request.validation import check
from tests.support.bodies import MINIMAL
from tests.support.public_lines import LINES

READ = json.loads(
    Path(__file__).parents[1].joinpath("support", "public_lines.json").read_text(encoding="utf-8")
)


def as_read(text):
    """A line as the file has it: its body, and under each heading the codes with what they name."""
    read = read_any(text)
    notes = {
        heading: {
            one.code: one.params.get("names", one.params) for one in read.left_out if one.heading == heading
        }
        for heading in ("left_out", "different", "assumed")
    }
    body = json.loads(json.dumps(read.draft, default=EnvRef.as_json))
    return {
        "kind": read.kind,
        "body": body,
        **{heading: notes[heading] for heading in notes if notes[heading]},
    }


def test_there_are_at_least_forty_and_each_has_what_it_says():
    assert LINES.keys() == READ.keys()
    assert len(LINES) >= 40


@pytest.mark.parametrize("name", LINES)
def test_a_public_line_is_read_right(name):
    assert as_read(LINES[name]) == READ[name]


@pytest.mark.parametrize("name", LINES)
def test_what_a_public_line_leaves_open_alone_blocks_a_launch(name):
    draft = {**MINIMAL, **import_text(LINES[name]).draft}
    report = check({**draft, "resource": MINIMAL["resource"], "billing": MINIMAL["billing"]})
    assert report.request is not None, report.errors()


@pytest.mark.parametrize("name", LINES)
def test_all_that_is_said_of_a_public_line_is_sayable_in_both_languages(name):
    read = read_any(LINES[name])
    for language in LANGUAGES:
        told = read.told(words(language))
        assert sum(map(len, told.values())) == len(read.left_out)
        assert all(told.values())


# -- the same line, wrapped as each shell and page wraps it

# Before the first line, before each further one, and what ends a line that goes on.
WRAPPINGS = {
    "sh": ("", "    ", "\\"),
    "blanks behind": ("", "  ", "\\  "),
    "no indent": ("", "", "\\"),
    "cmd.exe": ("", "  ", "^"),
    "cmd.exe's prompt": ("C:\\Users\\me>", "  ", "^"),
    "PowerShell": ("", "    ", "`"),
    "PowerShell's prompt": ("PS C:\\Users\\me> ", ">> ", "`"),
    "a prompt": ("$ ", "    ", "\\"),
    "a terminal": ("$ ", "> ", "\\"),
    "a terminal far away": ("me@gpu-1:~/work$ ", "> ", "\\"),
    "a virtual environment": ("(base) me@gpu-1:~$ ", "> ", "\\"),
    "a quotation": ("> ", "> ", "\\"),
    "a notebook": ("!", "  ", "\\"),
    "comments": ("", "  ", "\\ # why it is so"),
    "comments in Chinese": ("", "  ", "\\    # 使用所有 GPU"),
    "blanks of a page": ("", "\xa0\xa0", "\\\xa0"),
    "wide blanks": ("", "\u3000", "\\\u3000"),
    "Windows' line ends": ("", "  ", "\\\r"),
}
BETWEEN = st.sampled_from(["", "", "", "# a comment's quote\n", "   # --shm-size 8g \\\n"])

parts = st.lists(
    st.sampled_from(
        [
            *("-p 8000:8000", "--gpus 2", "-e A=1", "-e 'B=it goes'", '--env "C=x y"', "-e HF_TOKEN", "--rm"),
            *(
                "-v ~/.cache:/root/.cache",
                "-v $PWD:/work",
                "--name demo",
                "-e D='1 # 2'",
                "--ipc=host",
                "-it",
            ),
            *("--entrypoint sh", "-e E=$HF_TOKEN", "-v /a:/data:ro", "--shm-size 8g", "-e F='a > b'"),
        ]
    ),
    unique=True,
)


@given(parts, st.sampled_from(sorted(WRAPPINGS)), st.data())
def test_however_a_line_is_wrapped_it_says_the_same(options, wrapping, data):
    words_of_it = ["docker run", *options, "img:1", "serve --port 8000", "--name 'x y'"]
    first, further, end = WRAPPINGS[wrapping]
    lines = [words_of_it[0]]
    for part in words_of_it[1:]:
        comment = data.draw(BETWEEN) if end.startswith("\\") and further.strip() == "" else ""
        if data.draw(st.booleans()):
            lines[-1] += f" {end}"
            lines.append(f"{comment}{further}{part}")
        else:
            lines[-1] += f" {part}"
    wrapped = first + "\n".join(lines)
    assert read_any(wrapped) == read_any(" ".join(words_of_it))


@given(st.sampled_from(sorted(WRAPPINGS)), st.sets(st.integers(1, 5)))
def test_however_a_curl_line_is_wrapped_it_sends_the_same(wrapping, breaks):
    first, further, end = WRAPPINGS[wrapping]
    of_it = [
        *("curl", "-X POST", "https://api.ppio.com/gpus/v2/instances", '-H "Accept: application/json"'),
        *('-d "{\\"name\\": \\"a # b > c\\"}"', "-sS"),
    ]
    text = first + of_it[0]
    for number, part in enumerate(of_it[1:], 1):
        text += f" {end}\n{further}{part}" if number in breaks else f" {part}"
    assert read_any(text).draft == {"name": "a # b > c"}


@pytest.mark.parametrize("mark", ["> ", "  > ", ">> ", ">\t"])
def test_the_marks_of_a_quotation_stand_before_each_line_of_a_body_too(mark):
    text = 'curl https://api.ppio.com/gpus/v2/instances -d \'{\n  "name": "a > b"\n}\''
    quoted = "\n".join(mark + line for line in f"model=x\n{text}".split("\n"))
    assert read_any(quoted).draft == {"name": "a > b"}
    assert read_any(f"$ {text}".replace("\n", "\n> ")).draft == {"name": "a > b"}


def test_what_goes_into_a_file_is_not_taken_for_a_terminals_mark():
    read = read_any("docker run img cmd \\\n  > log.txt")
    assert read.draft == {"image": "img", "command": "cmd"}
    assert [one.code for one in read.left_out] == ["docker_redirected"]
    assert read_any("$ docker run img cmd \\\n    > log.txt").draft == {"image": "img", "command": "cmd"}


# -- variables that the text itself gives a value


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("m=a/b\n docker run img $m", "a/b"),
        ("m=a/b; docker run img --model=${m}:x", "--model=a/b:x"),
        ("m='a  b' && docker run img \"$m\"", "'a  b'"),
        ("m='a  b' && docker run img $m c", "a b c"),
        ("m=' a b ' && docker run img $m$m", "a b a b"),
        ("m=; docker run img $m c", "c"),
        ("export m=a\nexport n=$m/b k=1\ndocker run img $n", "a/b"),
        ("declare -x m=a\ndocker run img $m", "a"),
        ("m=a\nexport m\ndocker run img $m", "a"),
        ("m=a\nm=b\ndocker run img $m", "b"),
        ("m=$PWD/data\ndocker run img $m", "'$PWD/data'"),
        ("m=a docker run img $m", "'$m'"),
        ("docker run img $m\nm=a", "'$m'"),
        ("m=a\ndocker run img '$m' \\$m", "'$m' '$m'"),
        ("set m=a\ndocker run img %m%", "a"),
        ('set "m=a b"\ndocker run img "%m%"', "'a b'"),
        ("docker run img %m% 100%", "%m% 100%"),
        ('$m = "a b"\ndocker run img "$m"', "'a b'"),
        ("$m='a'; docker run img $m", "a"),
        ('$env:M="a"\ndocker run img $env:M ${env:M} $M', "a a a"),
        ("$ m=a\n$ docker run img $m", "a"),
        ("PS C:\\> $m = 'a'\nPS C:\\> docker run img $m", "a"),
        ('m=$(cat <<E\nx $PWD\nE\n)\ndocker run img "$m"', "'x $PWD\n'"),
    ],
)
def test_a_variable_is_what_the_text_says_it_is(text, command):
    assert read_any(text).draft["command"] == command


def test_a_variable_that_programs_are_given_is_taken_with_its_value():
    assert read_any("export A=1\nB=2\ndocker run -e A -e B img").draft["envs"] == [
        {"key": "A", "value": "1"},
        {"key": "B", "value": EnvRef("B")},
    ]
    assert read_any('$env:A="x y"\ndocker run -e A img').draft["envs"] == [{"key": "A", "value": "x y"}]


@pytest.mark.parametrize(
    "text",
    [
        "export HF_TOKEN=s3cret\ndocker run -e HF_TOKEN img",
        "HF_TOKEN=s3cret\ndocker run -e HF_TOKEN=$HF_TOKEN img",
        '$env:HF_TOKEN="s3cret"\ndocker run -e HF_TOKEN=$env:HF_TOKEN img',
        "set HF_TOKEN=s3cret\ndocker run -e HF_TOKEN=%HF_TOKEN% img",
    ],
)
def test_a_secret_stays_the_name_of_a_variable(text):
    read = read_any(text)
    assert read.draft["envs"] == [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}]
    assert "s3cret" not in repr(read)


def test_the_body_of_a_curl_line_may_stand_above_it():
    url = "https://api.ppio.com/gpus/v2/instances"
    for text in (
        f'BODY=\'{{"name": "a"}}\'\ncurl {url} -d "$BODY"',
        f'URL={url}\nBODY=\'{{\n"name": "a"}}\'\ncurl $URL --json "${{BODY}}"',
        f'NAME=a\ncurl {url} -d @- <<E\n{{"name": "$NAME"}}\nE',
        f'NAME=a\ncurl {url} -d "$(cat <<E\n{{"name": "$NAME"}}\nE\n)"',
        f'NAME=a\nBODY="{{\\"name\\": \\"$NAME\\"}}"\ncurl {url} -d "$BODY"',
    ):
        read = read_any(text)
        assert (read.draft, read.left_out) == ({"name": "a"}, ()), text


def test_variables_that_hold_each_other_do_not_grow_without_end():
    lines = [f"a{number + 1}=$a{number}$a{number}" for number in range(200)]
    read = read_any("\n".join(["a0=xxxxxxxxxx", *lines, 'docker run img "$a200"']))
    assert len(str(read.draft)) < 5_000_000


# -- any text

PIECES = st.sampled_from(
    [
        *("docker run ", "curl ", "https://api.ppio.com/gpus/v2/instances ", " -d ", "-e ", "-p ", "-v "),
        *("$ ", "> ", "PS C:\\> ", ">> ", "C:\\x>", "!", "(base) ", "me@host:~$ ", "%CD%", "%A%", "$env:A"),
        *(
            " \\\n",
            " ^\n",
            " `\n",
            "\\ # c\n",
            "# c\n",
            "\xa0",
            "\u200b",
            "\u3000",
            "<x y>",
            "</on>",
            "C:\\a",
        ),
        *(
            "A=",
            "export A=1\n",
            "$A = ",
            "set A=",
            "$(cat <<E\n",
            "\nE\n)",
            "$A",
            '"$A"',
            "'",
            '"',
            "`",
            "{",
            "}",
        ),
        *("s3cret-Zq9", "HF_TOKEN=", "Authorization: Bearer ", "\ud800", "\x00", "\n", " "),
    ]
)
KNOWN = "s3cret-Zq91-Known"


@given(st.lists(PIECES | st.text(max_size=4), max_size=16).map("".join), st.booleans())
def test_any_text_is_read_or_refused_in_one_sentence_that_repeats_no_secret(text, secret_first):
    text = f"{KNOWN} {text}" if secret_first else text.replace("s3cret-Zq9", KNOWN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DB_PASSWORD", KNOWN)
        told = []
        try:
            read = import_text(text)
        except PpioError as error:
            told = [error.sentence(words(language)) for language in LANGUAGES]
            assert all(told)
            assert not any("\n" in one for one in told)
        else:
            told = [str(read.told(words(language))) for language in LANGUAGES] + [repr(read.draft)]
        assert not any(KNOWN in one for one in told)


def test_a_mark_that_is_glued_to_a_word_says_that_the_line_goes_on_too():
    for mark in ("\\", "^", "`"):
        read = read_any(f"docker run{mark}\n  -p 80:80{mark}\n  img{mark}\n  cmd")
        assert read.draft == {
            "image": "img",
            "command": "cmd",
            "ports": [{"port": 80, "protocol": "http"}],
        }
    assert read_any("git checkout HEAD^\ndocker run img").draft == {"image": "img"}


def test_a_text_that_ends_with_a_mark_says_that_a_line_is_missing():
    for mark in ("\\", "^", "`"):
        with pytest.raises(PpioError) as caught:
            read_any(f"docker run -d {mark}\n  img {mark} \n")
        assert caught.value.code == "shell_cut_off"
        assert re.search(re.escape(mark), str(caught.value))
    with suppress(PpioError):
        read_any("docker run img`")


@pytest.mark.long
@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a@b;",
            "PS x;",
            "C:\\x;",
            "(a) ;",
            "<a",
            "<a b",
            "^\n",
            "`\n",
            "\\ # c\n",
            "> a\n",
            "%A%",
            "%A ",
            "$env:A",
        ),
        *("m=a;", "m=$m;", "export m=a;", "$m = a;", "\u200b", "\xa0", "{{", "a b $m "),
    ],
)
@pytest.mark.parametrize("before", ["", "m='", "docker run img ", "$ docker run img "])
def test_a_long_text_takes_no_longer_than_its_length_asks(piece, before):
    closed = "'; docker run img $m" if before == "m='" else ""
    with suppress(PpioError):
        read_any(before + piece * 3_000 + closed)
