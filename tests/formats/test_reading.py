import json
import time
from contextlib import suppress
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import EnvRef
from ppio_widgets.errors import InputError, PpioError
from ppio_widgets.formats import reading
from ppio_widgets.formats.imported import Imported, LeftOut
from ppio_widgets.formats.reading import read_any
from ppio_widgets.locale.words import words
from tests.support.bodies import FULL, bodies_with_refs
from tests.support.hostile import TEXTS


def said(imported):
    """What was left out, in English; in Chinese it has to be sayable as well."""
    for one in imported.left_out:
        assert one.sentence(words("zh"))
    return "\n".join(one.sentence(words("en")) for one in imported.left_out)


def refusal(text, **options):
    with pytest.raises(InputError) as caught:
        read_any(text, **options)
    assert caught.value.sentence(words("zh"))
    assert "\n" not in str(caught.value)
    return caught.value


# -- which of the four it is


@pytest.mark.parametrize(
    ("text", "kind", "draft"),
    [
        ('{"name": "a"}', "json", {"name": "a"}),
        ("{}", "json", {}),
        ("%ppio_launch --name a", "line", {"name": "a"}),
        ("%ppio_launch", "line", {}),
        ("x = %ppio_launch --name a", "line", {"name": "a"}),
        ("the_machine=%ppio_launch --name a", "line", {"name": "a"}),
        ("%ppio_launch --name a \\\n    --image 'b c'", "line", {"name": "a", "image": "b c"}),
        ('%%ppio_launch\n{"name": "a"}', "line", {"name": "a"}),
        ("%%ppio_launch --name a", "line", {"name": "a"}),
        ("docker run a", "docker", {"image": "a"}),
        ("docker \\\n run a", "docker", {"image": "a"}),
        ("podman run a", "docker", {"image": "a"}),
        ("nerdctl run a", "docker", {"image": "a"}),
        ("sudo docker run a", "docker", {"image": "a"}),
        ("sudo -u me -E docker run a", "docker", {"image": "a"}),
        ("/usr/bin/docker container run a", "docker", {"image": "a"}),
        ("# start it\n\ndocker run a", "docker", {"image": "a"}),
    ],
)
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "\n\n  {}\n\n",
        "\ufeff{}",
        "\ufeff\r\n{}\r\n",
        "```\n{}\n```",
        "\n```bash\n{}\n```\n",
        "~~~~\n{}",
    ],
)
def test_each_of_the_four_is_known_by_how_it_begins(text, kind, draft, around):
    read = read_any(around.replace("{}", text))
    assert (read.kind, read.draft, read.left_out) == (kind, draft, ())


@pytest.mark.parametrize("prompt", ["$ ", "!", "! ", "  $  "])
@pytest.mark.parametrize("text", ["docker run a", "%ppio_launch --name a", '{"name": "a"}'])
def test_a_prompt_in_front_does_not_matter(prompt, text):
    assert read_any(prompt + text) == read_any(text)


@pytest.mark.parametrize(
    "text", ["curl https://x", "curl", "$ curl x", "!curl x", "\n\ncurl.exe x", "```sh\ncurl x\n```"]
)
def test_a_curl_line_goes_to_its_own_reader(text, monkeypatch):
    given = []
    imported = Imported("curl", {}, (LeftOut("around"),))
    monkeypatch.setattr(reading.curl, "read_curl", lambda part: given.append(part) or imported)
    assert read_any(text).kind == "curl"
    [part] = given
    assert "curl" in part
    assert part == part.rstrip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n ",
        "hello",
        "I like docker runs",
        "curly",
        "dockerize run",
        "%ppio_launcher --name a",
        "%ppio launches",
        "print(1)",
        "```\nhello\n```",
        "version: '3'\nservices:\n  a:\n    image: b",
        *(text for text in TEXTS.values() if not text.startswith("{")),
    ],
)
def test_any_other_text_is_refused_with_the_four_that_are_taken(text):
    error = refusal(text)
    assert error.code == "import_unknown"
    for name in ("JSON", "curl", "%ppio_launch", "docker run"):
        assert name in str(error)


def test_what_stands_around_a_code_block_is_said():
    read = read_any("Start it so:\n\n```console\n$ docker run a\n```\n\nThen ```look```.")
    assert read.draft == {"image": "a"}
    assert [one.code for one in read.left_out] == ["around"]
    assert said(read)


def test_a_code_block_inside_of_a_value_is_none():
    body = {"name": "a", "command": "x ```y```"}
    assert read_any(json.dumps(body, indent=2)).draft == body
    assert read_any("docker run a echo '\n```\ncurl x\n```\n'").draft["image"] == "a"


# -- JSON


def test_a_body_is_taken_as_it_is_and_unknown_keys_stay():
    body = {**FULL, "nmae": "x", "envs": [{"key": "A", "value": {"$env": "HF_TOKEN"}}]}
    read = read_any(json.dumps(body, ensure_ascii=False, indent=4))
    assert read == Imported("json", body)


@given(bodies_with_refs)
def test_every_body_comes_back_from_its_json(body):
    typed = json.dumps(body, default=EnvRef.as_json)
    assert read_any(typed).draft == json.loads(typed)


def test_a_key_that_stands_twice_is_said():
    read = read_any('{"name": "a", "resource": {"gpu_num": 1, "gpu_num": 8}, "name": "b"}')
    assert read.draft == {"name": "b", "resource": {"gpu_num": 8}}
    assert [one.code for one in read.left_out] == ["json_twice"]
    assert "gpu_num, name" in said(read)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ('{"a": 1,}', "comma", (1, 8)),
        ('{\n  "a": [1, 2 , ],\n}', "comma", (2, 14)),
        ('\n\n{\n  "a": 1,\n}', "comma", (4, 9)),
        ('```json\n{\n  "a": 1\n  ,\n\n}\n```', "comma", (4, 3)),
        ('%%ppio_launch --yes\n{\n"a": 1,}', "comma", (3, 7)),
        ("{“a”: 1}", "quotes", (1, 2)),
        ('{"a": ‘b’}', "quotes", (1, 7)),
        ('{"a": 1,\n "b”: 2}', "quotes", (2, 4)),
        ('$ {"a": 1 “b”}', "quotes", (1, 11)),
        ('{"a": "“", "b": }', "quotes", (1, 8)),
        ("{'a': 1}", "python", (1, 2)),
        ('{"a": True}', "python", (1, 7)),
        ('{"a": 1} {"b": 2}', "extra", (1, 10)),
        ('{"a": 1', "no_comma", (1, 8)),
        ('{"a": 1 "b": 2}', "no_comma", (1, 9)),
        ('{\n"a": ,\n}', "nothing", (2, 6)),
        ("{", "key", (1, 2)),
        ('{"a": 1, // why\n "b": 2}', "comment", (1, 10)),
        ('{"a": 1,\n /* why\n */ "b": 2}', "comment", (2, 2)),
        ('# why\n{"a": 1}', "comment", (1, 1)),
        ('// why\n\n{"a": 1}', "comment", (1, 1)),
        ('{"a": 1 # why\n}', "comment", (1, 9)),
        ('{"a": 1\n} // why', "comment", (2, 3)),
        ('{"a": [NaN]}', "value", (1, 1)),
        ("%%ppio_launch\n" + "[" * 100_000, "value", (2, 1)),
    ],
)
def test_a_slip_in_json_is_said_with_its_line_and_column(text, code, place):
    error = refusal(text)
    fault = error.params["problem"]
    assert (error.code, fault.code) == ("import_json", code)
    assert (fault.line, fault.column) == place
    assert f"line {place[0]}, column {place[1]}" in str(error)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[]", "import_json_object"),
        ('[{"name": "a"}]', "import_json_object"),
        ("%%ppio_launch\n[1]", "import_json_object"),
        ("%%ppio_launch\n3", "import_json_object"),
        ('{"a": NaN}', "import_json"),
        ('{"a": -Infinity}', "import_json"),
        ("{" + '"a": {' * 100_000, "import_json"),
        ("[" * 100_000, "import_json"),
    ],
)
def test_json_that_is_no_body_is_refused(text, code):
    assert refusal(text).code == code


def test_a_refusal_of_json_holds_nothing_of_the_text():
    error = refusal('{"envs": [{"key": "A", "value": "s3cret"},]}')
    seen = error
    while seen is not None:
        assert "s3cret" not in repr(seen) + repr(vars(seen))
        seen = seen.__context__ or seen.__cause__


# -- the line


def test_what_is_not_of_the_body_is_left_out_by_flag():
    read = read_any(
        "%ppio_launch --yes --practice --dry-run --name a --max-price 3 --stop-after 3h --unique-name"
        " --like m-1"
    )
    assert read.draft == {"name": "a"}
    [one] = read.left_out
    assert one.code == "switches"
    named = set(one.params["names"].split(", "))
    assert named == {
        *("--yes", "--practice", "--dry-run", "--max-price", "--stop-after", "--unique-name", "--like")
    }
    assert all(flag in said(read) for flag in named)


def test_other_code_below_the_line_is_said():
    read = read_any("%ppio_launch --name a\nprint('s3cret')")
    assert read.draft == {"name": "a"}
    assert [one.code for one in read.left_out] == ["around"]
    assert "s3cret" not in said(read)


def test_the_line_of_a_cell_stands_over_the_body_below():
    read = read_any(
        '%%ppio_launch --gpus 2 --env B=2 --yes\n\n{"name": "a", "name": "b",\n'
        ' "resource": {"gpu_num": 1, "rootfs_size_gb": 30}, "envs": [], "odd": 1}\n'
    )
    assert read.kind == "line"
    assert read.draft == {
        "name": "b",
        "resource": {"gpu_num": 2, "rootfs_size_gb": 30},
        "envs": [{"key": "B", "value": "2"}],
        "odd": 1,
    }
    assert [one.code for one in read.left_out] == ["switches", "json_twice"]


def test_a_body_and_a_reference_of_a_line_are_its_draft():
    read = read_any('%ppio_launch --body \'{"name": "a"}\' --env HF_TOKEN --jupyter')
    assert read.draft["name"] == "a"
    assert read.draft["envs"] == [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}]
    assert "billing" not in read.draft


@pytest.mark.parametrize("word", ["$n", "{n + 1}", "{os.environ['s3cret']}"])
def test_a_value_of_the_notebook_needs_the_notebook(word):
    error = refusal(f"%ppio_launch --name a --gpus {word}")
    assert error.code == "import_lookup"
    assert "--gpus" in str(error)
    assert "s3cret" not in str(error) + repr(vars(error))
    assert error.__context__ is None


def test_what_is_wrong_with_a_line_is_said_as_the_line_says_it():
    assert refusal("%ppio_launch --gpsu 2").code == "option_meant"
    assert refusal("%ppio_launch --api-key sk_s3cret").code == "option_api_key"


def test_a_docker_line_reads_its_files_by_what_it_is_given():
    text = "docker run --env-file a.env img"
    assert read_any(text, outside=SimpleNamespace(text=lambda name: f"NAME={name}")).draft["envs"] == [
        {"key": "NAME", "value": "a.env"}
    ]
    assert [one.code for one in read_any(text).left_out] == ["docker_env_file"]


# -- any text


PIECES = st.sampled_from(
    [
        *("%ppio_launch", "%%ppio_launch", "docker", " run ", "podman", "curl ", "$ ", "!", "sudo ", "x = "),
        *(" --name ", " --body ", " -e ", " -p ", " -v ", " --gpus ", " --mount ", "--env=", " --yes", "A=1"),
        *(
            "{",
            "}",
            "[",
            "]",
            '"',
            "'",
            "`",
            "```",
            "~~~",
            ",",
            ":",
            "=",
            "\\",
            "\n",
            " ",
            "“",
            "#",
            "$",
            "$(",
            ")",
        ),
        *(
            '"name"',
            "null",
            "1e999",
            "NaN",
            "{n}",
            "$n",
            "80",
            "<<",
            ">",
            "&&",
            ";",
            "|",
            "\ud800",
            "\x00",
            "\ufdd0",
        ),
    ]
)


@given(st.lists(PIECES | st.text(max_size=6), max_size=14).map("".join))
def test_any_text_is_read_or_refused_in_words(text):
    with suppress(PpioError):
        read = read_any(text, outside=SimpleNamespace(text=str))
        assert isinstance(read.draft, dict)
        said(read)


@pytest.mark.parametrize("depth", [50, 500, 5000])
@pytest.mark.parametrize("before", ["", "%%ppio_launch\n", "%ppio_launch --body "])
def test_brackets_without_end_are_read_or_refused(depth, before):
    with suppress(PpioError):
        read_any(before + '{"a":' * depth + "1" + "}" * depth)


@pytest.mark.long
@pytest.mark.parametrize("piece", ["sudo ", "a=", "docker", ";", "`", "```\n", "$(", "/", "-", "\\\n", " "])
def test_a_long_text_takes_no_longer_than_its_length_asks(piece):
    def seconds(text):
        began = time.process_time()  # of this process alone, whatever else keeps the cores busy
        with suppress(PpioError):
            read_any(text)
        return time.process_time() - began

    for before in ("", "docker run img "):
        once = min(seconds(before + piece * 5_000) for _ in range(3))
        # Four times as long; what grows with the square would take sixteen times as long.
        assert min(seconds(before + piece * 20_000) for _ in range(3)) < 8 * once + 0.05
