import io
from contextlib import suppress

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import EnvRef
from ppio_widgets.errors import InputError
from ppio_widgets.formats.dotenv import read_env_text
from ppio_widgets.formats.line.parser import read_line
from ppio_widgets.locale.words import words
from ppio_widgets.secrets.patterns import looks_like_key, looks_secret


class Files:
    def __init__(self, files, environ=()):
        self.files = files
        self.environ = dict(environ)

    def text(self, path):
        return self.files.get(path)

    def holds_secret(self, text):
        return looks_like_key(text) or any(
            looks_secret(name) and value in text for name, value in self.environ.items()
        )


def read(line, environ=(), **files):
    files = {name.replace("_", "."): text for name, text in files.items()}
    return read_line(line, lambda _expression: None, outside=Files(files, environ))


def envs(line, environ=(), **files):
    return {row["key"]: row["value"] for row in read(line, environ, **files).draft["envs"]}


def test_the_rules_are_dotenvs():
    text = (
        "# a comment\n\nexport EPOCHS=3 # of ten\nGREETING=\"a\\nb\"\nRAW='a\\nb # c'\nURL=a#b=c\n"
        "MANY='one\ntwo'\nEMPTY=\nEPOCHS=4\nHOME\nFILLED=${HOME}/x\n"
    )
    assert read_env_text(text) == [
        ("EPOCHS", "4"),
        ("GREETING", "a\nb"),
        ("RAW", "a\\nb # c"),
        ("URL", "a#b=c"),
        ("MANY", "one\ntwo"),
        ("EMPTY", ""),
        ("HOME", None),
        ("FILLED", "${HOME}/x"),
    ]


@given(st.text(st.sampled_from("AB_=#'\"\\ \n${}é1"), max_size=40))
def test_any_text_is_read_as_dotenv_reads_it_or_refused(text):
    with suppress(InputError):
        # Only of a text that every line of can be read is anything taken.
        assert dict(read_env_text(text)) == dotenv_values(stream=io.StringIO(text), interpolate=False)


@pytest.mark.parametrize(
    ("text", "line"),
    [("A=1\n\n\n=s3cret\n", 4), ("A='s3cret\nB=2\n", 1), ("A=1\nsk-s3cret\n", 2), ("A=1\r\nA B=s3cret", 2)],
)
def test_a_line_that_cannot_be_read_is_counted_and_not_repeated(text, line):
    with pytest.raises(InputError, match=f"line {line} cannot") as caught:
        read_env_text(text)
    assert "s3cret" not in str(caught.value) + repr(vars(caught.value))
    assert caught.value.__context__ is None


TOKEN = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"


@pytest.mark.parametrize("line", [TOKEN, f"{TOKEN}=", f"export {TOKEN}", "known_to_the_kernel"])
def test_a_secret_in_place_of_a_name_is_refused_by_its_line_alone(line):
    with pytest.raises(InputError, match="on line 2 a secret stands") as caught:
        read("--env-file a.env", {"DB_PASSWORD": "known_to_the_kernel"}, a_env=f"A=1\n{line}\n")
    assert line not in str(caught.value) + repr(vars(caught.value))
    assert "2" in caught.value.sentence(words("zh"))


@pytest.mark.parametrize(
    "value",
    [f"https://x/?t={TOKEN}", "postgres://me:hunter2@db/x", "as-the-kernel-has-it", "a=as-the-kernel-has-it"],
)
def test_a_value_that_is_a_secret_in_itself_is_taken_by_its_name(value):
    line = read("--env-file a.env", {"DB_PASSWORD": "as-the-kernel-has-it"}, a_env=f"URL={value}")
    assert line.draft["envs"] == [{"key": "URL", "value": EnvRef("URL")}]
    assert line.notes[0][1]["names"] == "URL"
    assert value not in repr(line)


def test_variables_of_a_file_go_into_the_body_and_those_of_the_line_before_them():
    found = envs(
        "--env B=line --env-file a.env --env-file b.env --env C=9", a_env="A=1\nB=2\nC=3", b_env="A=7"
    )
    assert found == {"A": "7", "B": "line", "C": "9"}


def test_a_file_alone_says_something():
    assert read("--env-file a.env", a_env="A=1").says_something
    assert read("--env-file a.env", a_env="# nothing").said == {}


def test_a_name_alone_is_taken_from_the_kernels_environment():
    assert envs("--env-file a.env", a_env="HF_HOME\n")["HF_HOME"] == EnvRef("HF_HOME")


def test_a_secret_is_taken_by_its_name_and_how_to_do_that_is_said():
    line = read("--env-file a.env", a_env="HF_TOKEN=hf_s3cret\nEPOCHS=3\n")
    assert line.draft["envs"] == [
        {"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")},
        {"key": "EPOCHS", "value": "3"},
    ]
    ((code, params),) = line.notes
    assert code == "env_by_name"
    load = "from dotenv import load_dotenv; load_dotenv('a.env', interpolate=False)"
    assert params == {"names": "HF_TOKEN", "load": load}
    assert "s3cret" not in repr(line)


def test_a_secret_that_is_in_the_environment_already_needs_no_word():
    line = read("--env-file a.env", {"HF_TOKEN": "hf_s3cret"}, a_env="HF_TOKEN=hf_s3cret")
    assert line.draft["envs"] == [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}]
    assert line.notes == ()


@pytest.mark.parametrize(
    ("text", "environ"), [("HF_TOKEN=s3cret", {"HF_TOKEN": "0ther"}), ("HF-TOKEN=s3cret", {})]
)
def test_another_secret_is_never_sent_in_place_of_the_one_in_the_file(text, environ):
    with pytest.raises(InputError, match="TOKEN") as caught:
        read("--env-file a.env", environ, a_env=text)
    told = str(caught.value) + repr(vars(caught.value))
    assert "s3cret" not in told
    assert "0ther" not in told
    assert envs("--env-file a.env --env HF_TOKEN --env HF-TOKEN=x", environ, a_env=text)["HF-TOKEN"] == "x"


def test_what_dotenv_would_fill_in_is_left_and_said():
    line = read("--env-file a.env", {"PLACE": "s3cret"}, a_env="URL=http://${PLACE}/\nOTHER=$PLACE")
    assert [row["value"] for row in line.draft["envs"]] == ["http://${PLACE}/", "$PLACE"]
    assert line.notes == (("env_as_written", {"names": "URL"}),)


def test_a_file_that_is_not_there_is_said():
    with pytest.raises(InputError, match=r"no file a\.env"):
        read("--env-file a.env")
