import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import ppio_widgets
from ppio_widgets import EnvRef
from ppio_widgets.formats.curl import read_curl, to_curl
from ppio_widgets.formats.line.parser import MAGIC, read_line, to_line
from ppio_widgets.formats.writing import to_python
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request.draft import DEFAULTS, compact, to_json
from ppio_widgets.request.validation import check
from tests.support.bodies import FULL, MINIMAL, bodies, bodies_with_refs
from tests.support.hostile import ACTING, TEXTS

SAY = words("en")
REFERRING = {**MINIMAL, "envs": [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}]}

# What a person may have typed so far, or what stands in a text from elsewhere.
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_without = st.builds(
    lambda body, gone: {name: value for name, value in body.items() if name not in gone},
    bodies_with_refs,
    st.sets(st.sampled_from(sorted(FULL))),
)
drafts = st.builds(
    lambda body, other: {**body, **other},
    _without,
    st.dictionaries(st.sampled_from([*FULL, "unknown"]), _values, max_size=4),
)


def read(line):
    """The body for which a line stands."""
    assert line.startswith(MAGIC)
    assert len(line.splitlines()) == 1
    return compact(read_line(line.removeprefix(MAGIC), no_notebook).draft).body


def no_notebook(expression):
    raise NameError(expression)


def run(source, monkeypatch):
    """Run a Python text; what it launched, and what it showed."""
    calls, shown = [], []

    class Launched:
        id = "i-1"

    def launch(*args, **named):
        calls.append((args, named))
        return Launched

    monkeypatch.setattr(ppio_widgets, "launch", launch)
    exec(compile(source, "face", "exec"), {"print": shown.append})  # noqa: S102 - it is there to be run
    ((args, named),) = calls
    return args, named, shown


@given(bodies | bodies_with_refs, st.booleans())
def test_a_line_reads_back_as_its_body(body, practice):
    line = to_line(body, practice=practice)
    assert read(line) == body
    assert read_line(line.removeprefix(MAGIC), no_notebook).switches == (
        {"--practice"} if practice else set()
    )


@given(drafts)
def test_a_line_reads_back_as_its_draft_and_adds_no_default(draft):
    line = to_line(draft)
    assert json.dumps(read(line), default=repr, sort_keys=True) == json.dumps(
        compact(draft).body, default=repr, sort_keys=True
    )


@given(bodies | bodies_with_refs, st.booleans())
def test_a_python_text_launches_its_body(body, practice):
    with pytest.MonkeyPatch.context() as monkeypatch:
        args, named, shown = run(to_python(body, SAY, practice=practice), monkeypatch)
    assert (args, named) == ((body,), {"practice": True} if practice else {})
    assert shown == ["i-1"]


LINES = st.lists(
    st.sampled_from(["", " ", "\t", "#!/bin/sh", "a 'b'", '"c" \\', "$x {y}", "%who", "中文", "\r"])
)


@given(LINES.map("\n".join), LINES.map("\n".join), st.booleans())
def test_text_of_several_lines_comes_back_from_every_face(command, value, practice):
    envs = [{"key": "A", "value": value}]
    body = check({**MINIMAL, "command": command, "entrypoint": value, "envs": envs}).require().body()
    assert body["envs"] == envs
    assert read(to_line(body, practice=practice)) == body, (
        "and it is one line: a line magic ends with its line"
    )
    assert read_curl(to_curl(body, SAY)).draft == body
    assert json.loads(to_json(body)) == body
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert run(to_python(body, SAY, practice=practice), monkeypatch)[0] == (body,)


def test_a_line_is_what_one_would_type():
    assert to_line(MINIMAL) == f"{MAGIC} --name demo --product a100-80g --image ubuntu:24.04"
    assert to_line(REFERRING, practice=True) == f"{to_line(MINIMAL)} --env HF_TOKEN --practice"
    assert to_line(FULL) == (
        f"{MAGIC} --name example-instance --product a100-80g --gpus 2 --rootfs 60 --cuda 12.4 "
        "--type gpu "
        "--region cn-east-1 --region cn-south-1 --auto-migrate "
        "--image registry.example.com/namespace/image:tag --registry-auth 20 "
        "--entrypoint '/bin/sh -c' --command \"python train.py --lr '1e-3'\" "
        "--env 'GREETING=你好 a=b \"c\" $HOME {x} 100%' --env EMPTY= --port 8080/tcp --port 8888 --jupyter "
        "--volume network:ns-datasets:/data --volume local:/work --network vpc-east-dev "
        "--network-ip 10.2.1.1 "
        "--billing prepaid --months 1 --auto-renew 0 "
        """--body '{"auto_migrate": {"include_system_disk": false}}'"""
    )


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("plain-1_a.b/c:d,e@f+g", "plain-1_a.b/c:d,e@f+g"),
        ("演示", "演示"),
        ("-x", "'-x'"),
        ("--x", "'--x'"),
        ("$name", "'$name'"),
        ("{name}", "'{name}'"),
        ("two words", "'two words'"),
        ("it's", '"it\'s"'),
        ('a "b"', "'a \"b\"'"),
        ('it\'s "b" \\', '"it\'s \\"b\\" \\\\"'),
        ("a\\b", "'a\\b'"),
        ("a\\", '"a\\\\"'),
        ("what?", "'what?'"),
        ("100%", "'100%'"),
    ],
)
def test_a_word_is_quoted_only_where_it_has_to_be(value, word):
    line = to_line({**MINIMAL, "command": value})
    assert line == f"{to_line(MINIMAL)} --command {word}"
    assert read(line)["command"] == value


@pytest.mark.parametrize(
    "part",
    [
        {"command": "two\nlines"},
        {"command": "a\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029b 'c' \"d\" \\"},
        {"command": "\ttab \x1b[0m \u202e"},
        {"envs": [{"key": "A", "value": EnvRef("B")}]},
        {"envs": [{"key": "A"}]},
        {"envs": [{"key": "A=B", "value": "c"}]},
        {"auto_migrate": {"enabled": False}},
        {"tools": {"jupyter": {"enabled": False, "port": 8888, "protocol": "http"}}},
        {"tools": {"jupyter": {"enabled": True}}},
        {"tools": {"jupyter": {"enabled": True, "port": 1}}},
        {"volumes": [{"type": "network", "mount_point": "/a"}]},
        {"volumes": [{"type": "network", "id": "a:b", "mount_point": "/a"}]},
        {"volumes": [{"type": "local", "id": "a"}]},
        {"name": 7},
        {"auto_migrate": {"enabled": 1}},
        {"resource": {"gpu_num": True, "rootfs_size_gb": 20}},
        {"unknown": {"a": [1, None, {"b": "'"}]}},
        {"ports": "8080"},
    ],
)
def test_what_no_option_says_exactly_stands_in_the_body_of_the_line(part):
    body = compact({**MINIMAL, **part}).body
    line = to_line(body)
    assert line.count(" --body '{") == 1
    assert json.dumps(read(line), default=repr) == json.dumps(body, default=repr)


def test_a_default_that_a_draft_lacks_is_taken_away():
    assert to_line(DEFAULTS) == MAGIC
    for draft in ({}, {"name": "a"}, {"resource": "x"}, {"billing": {"prepaid": {"months": 1}}}):
        assert read(to_line(draft)) == draft


def test_python_imports_what_it_uses_and_is_laid_out_as_black_would():
    assert to_python(REFERRING, SAY, practice=True) == (
        "from ppio_widgets import EnvRef, launch\n"
        "\n"
        "body = {\n"
        '    "name": "demo",\n'
        '    "product_id": "a100-80g",\n'
        '    "image": "ubuntu:24.04",\n'
        '    "billing": {"mode": "postpaid"},\n'
        '    "resource": {"gpu_num": 1, "rootfs_size_gb": 20},\n'
        '    "envs": [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}],\n'
        "}\n"
        "\n"
        "# On the practice cloud nothing is rented and nothing is billed.\n"
        "launched = launch(body, practice=True)\n"
        "print(launched.id)\n"
    )
    text = to_python(FULL, SAY)
    assert text.startswith("from ppio_widgets import launch\n")
    assert '    "volumes": [\n        {"type": "network", "id": "ns-datasets", ' in text
    assert f"# {SAY('face.billed')}\nlaunched = launch(body)\n" in text
    assert max(map(len, text.split("\n"))) <= 88


@pytest.mark.parametrize("kind", TEXTS)
def test_hostile_text_is_exact_in_every_face_and_cannot_act(kind, monkeypatch):
    text = TEXTS[kind]
    body = {**MINIMAL, "command": text, "envs": [{"key": "A", "value": text}]}
    assert run(to_python(body, SAY), monkeypatch)[0] == (body,)
    assert read_curl(to_curl(body, SAY)).draft == body
    assert read(to_line(body)) == body
    for face in (to_python(body, SAY), to_curl(body, SAY), to_line(body)):
        assert not ACTING.search(face)


@pytest.mark.parametrize("language", LANGUAGES)
def test_faces_that_can_hold_a_comment_say_that_a_run_is_billed(language):
    say = words(language)
    assert to_curl(MINIMAL, say).startswith(f"# {say('face.billed')}\n")
    assert f"# {say('face.billed')}\n" in to_python(MINIMAL, say)
    assert say("face.billed") not in to_python(MINIMAL, say, practice=True)


# What the reader of a shell text has as its own sign for a variable may stand in a text as well.
SIGNS = {**FULL, "name": "\U00100000 \U0010fffc", "envs": [{"key": "A", "value": EnvRef("A")}]}
ALONE = {**SIGNS, "envs": [*SIGNS["envs"], {"key": "B", "value": "\U00100001"}]}


@given(drafts)
@example(SIGNS)
@example(ALONE)
def test_no_face_minds_a_draft(draft):
    assert read_curl(to_curl(draft, SAY)).draft == json.loads(
        to_json(draft), object_hook=lambda pairs: EnvRef(pairs["$env"]) if [*pairs] == ["$env"] else pairs
    )
    compile(to_python(draft, SAY), "face", "exec")
    assert to_line(draft).startswith(MAGIC)


@pytest.mark.parametrize(
    "draft",
    [
        {},
        {"envs": [{"value": EnvRef("not a name")}, {"value": EnvRef("")}, {"key": EnvRef("A")}, EnvRef("B")]},
        {"name": object(), "image": b"x", "resource": {"gpu_num": float("nan")}, "ports": ({1, 2}, None)},
        {"name": "\ud800", "\udfff": "half", "envs": {"A": EnvRef("A")}},
    ],
)
def test_no_face_minds_what_is_no_json(draft):
    for face in (to_json(draft), to_curl(draft, SAY), to_python(draft, SAY), to_line(draft)):
        face.encode()
    compile(to_python(draft, SAY), "face", "exec")
    read(to_line(draft))


def test_no_face_holds_a_value_of_the_environment(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_s3cret")
    monkeypatch.setenv("PPIO_API_KEY", "sk_s3cret")
    body = {**FULL, "envs": [*REFERRING["envs"], {"key": "B", "value": EnvRef("HF_TOKEN")}]}
    for face in (to_json(body), to_curl(body, SAY), to_python(body, SAY), to_line(body)):
        assert "s3cret" not in face
        assert "HF_TOKEN" in face
