import re
import shlex
from contextlib import suppress
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import EnvRef
from ppio_widgets.errors import InputError
from ppio_widgets.formats.line import parser
from ppio_widgets.formats.line.options import OPTIONS, option_for
from ppio_widgets.formats.line.parser import read_line
from ppio_widgets.formats.line.tokens import as_word, in_quotes, split_line
from ppio_widgets.request.offers import BillingMode
from ppio_widgets.request.schema import leaves
from ppio_widgets.request.validation import check
from tests.support.bodies import FULL, MINIMAL, text


def nothing(expression):
    raise NameError(expression)


def read(line, **names):
    """Read a line in a notebook that has these variables."""
    return read_line(
        line,
        lambda expression: eval(expression, {}, names),  # noqa: S307 - as a notebook does
        is_variable=names.__contains__,
    )


def everything(_name):
    return True


def test_there_is_an_option_for_every_field_of_the_body():
    for pattern in leaves():
        path = tuple(0 if part == "*" else part for part in pattern.split("."))
        assert option_for(path) is not None, pattern


def test_the_ways_to_be_billed_are_the_contracts():
    option = option_for(("billing", "mode"))
    assert option is not None
    assert option.choices == tuple(BillingMode)


def test_one_line_says_the_full_body():
    line = (
        "--name example-instance --product a100-80g --image registry.example.com/namespace/image:tag "
        "--billing prepaid --months 1 --auto-renew 0 --gpus 2 --rootfs 60 --cuda 12.4 --type gpu "
        "--registry-auth 20 --entrypoint '/bin/sh -c' "
        "--command \"python train.py --lr '1e-3'\" "
        "--env 'GREETING=你好 a=b \"c\" $HOME {x} 100%' --env EMPTY= --port 8080/tcp --port 8888 "
        "--network vpc-east-dev --network-ip 10.2.1.1 --volume network:ns-datasets:/data "
        "--volume local:/work "
        "--region cn-east-1 --region cn-south-1 --jupyter --auto-migrate"
    )
    expected = {**FULL, "auto_migrate": {"enabled": True}}
    assert read(line).draft == expected


def test_defaults_are_postpaid_one_gpu_and_twenty_gb():
    assert read("--name a").draft == {
        "name": "a",
        "billing": {"mode": "postpaid"},
        "resource": {"gpu_num": 1, "rootfs_size_gb": 20},
    }


@given(text(0, 24))
def test_a_quoted_value_arrives_untouched(value):
    line = read_line(f"--env {shlex.quote('K=' + value)} --name={shlex.quote(value)}", nothing)
    assert line.draft["envs"] == [{"key": "K", "value": value}]
    assert line.draft["name"] == value


@given(st.lists(text(1, 24), max_size=5))
def test_words_split_as_shlex_splits_them(values):
    line = " ".join(shlex.quote(value) for value in values)
    assert [word.text for word in split_line(line)] == shlex.split(line) == values


@given(st.text(max_size=40))
def test_any_line_is_read_or_refused_in_words(line):
    with suppress(InputError):
        assert read_line(line, nothing).draft


def test_only_an_unquoted_whole_word_is_taken_from_the_notebook():
    names = {"n": 4, "d": {"a b": "x y"}}
    assert read("--gpus $n --name {d['a b']}", **names).draft["name"] == "x y"
    assert read("--gpus {n * 2}", **names).draft["resource"]["gpu_num"] == 8
    for literal in (
        "'$n'",
        "'{n}'",
        "a'$n'",
        "'{n}'x",
        r"\$n",
        r"a\$n",
        r"\{n}x",
        "a$",
        "x{}",
        "a$other",
        "{other}x",
    ):
        assert read(f"--name {literal}", **names).draft["name"] == shlex.split(literal)[0]


@pytest.mark.parametrize(
    ("word", "filled"),
    [
        ("demo-$i", '{f"demo-{i}"}'),
        ("demo-{i}", '{f"demo-{i}"}'),
        ("$i-$i", '{f"{i}-{i}"}'),
        ('"$i"', '{f"{i}"}'),
        ('"{i}"', '{f"{i}"}'),
        ('"demo-$i"', '{f"demo-{i}"}'),
        ('demo-"$i"', '{f"demo-{i}"}'),
        ("demo-{i:03d}", '{f"demo-{i:03d}"}'),
        ('"demo-{i + 1}"', '{f"demo-{i + 1}"}'),
        ("demo-{str(i)}", '{f"demo-{str(i)}"}'),
        ("demo-${i}", '{f"…{i}…"}'),
        ('"my demo $i"', '{f"…{i}…"}'),
        ("demo-{d['k']}-$i", '{f"…{i}…"}'),
        ("demo-{d['k']}", "{d[…]}"),
    ],
)
def test_a_variable_inside_of_a_word_is_refused_with_the_ways_out(word, filled):
    for line in (f"--name {word}", f"--name={word}"):
        with pytest.raises(InputError) as caught:
            read(line, i=3, d={"k": 1})
        assert caught.value.code == "line_variable"
        assert filled in str(caught.value)
        assert "single quotes" in str(caught.value)
    if "…" not in filled:
        assert read(f"--name {filled}", i=3).draft["name"] == eval(filled[1:-1], {"i": 3})  # noqa: S307


@pytest.mark.parametrize(
    ("line", "filled"),
    [
        ("--env LR=$lr", '{f"LR={lr}"}'),
        ("--env LR={lr:.1e}", '{f"LR={lr:.1e}"}'),
        ("--env TOKEN=s3cret$lr", '{f"…{lr}…"}'),
        ("--env=A=s3cret-$lr", '{f"…{lr}…"}'),
        ("--image repo/x:$lr", '{f"repo/x:{lr}"}'),
        ("--gpus ${lr}", '{f"…{lr}…"}'),
        ("--port 80$lr/tcp", '{f"80{lr}/tcp"}'),
        ("--region cn-$lr", '{f"cn-{lr}"}'),
        ("--preset p$lr", '{f"p{lr}"}'),
        ("--stop-after ${lr}h", '{f"…{lr}…"}'),
        ("--base-url https://$lr", '{f"https://{lr}"}'),
        ('--body {"name":"a-$lr"}', '{f"…{lr}…"}'),
        ('--body "{\\"name\\": \\"$lr\\"}"', '{f"…{lr}…"}'),
        ("--name sk_live_0123456789abcdef$lr", '{f"…{lr}…"}'),
    ],
)
def test_that_holds_for_every_option_and_repeats_no_secret(line, filled):
    with pytest.raises(InputError) as caught:
        read(line, lr=0.1)
    assert caught.value.code == "line_variable"
    assert filled in str(caught.value)
    assert not any(secret in str(caught.value) for secret in ("s3cret", "0123456789"))


@pytest.mark.parametrize(
    "word",
    [
        '"CFG={\\"lr\\": 1}"',
        "a.lr",
        "x$lrx",
        "x{0.lr}",
        "{f(lr=1)",
        "'demo-$lr'",
        "demo-\\$lr",
        "demo-'$'lr",
        "{'lr'}x",
    ],
)
def test_what_names_no_variable_is_sent_as_it_stands(word):
    assert read(f"--name {word}", lr=0.1).draft["name"] == shlex.split(word)[0]


@pytest.mark.parametrize("flag", ["--command", "--entrypoint"])
def test_inside_of_a_command_it_is_advice(flag):
    line = read(f'{flag} "train.py --lr $lr {{lr}}" --name a', lr=0.1)
    assert line.draft[flag[2:]] == "train.py --lr $lr {lr}"
    assert [(one.path, one.code, one.params) for one in line.advice] == [
        ((flag[2:],), "variable_in_shell", {"named": "$lr, {lr}"})
    ]
    assert read(f"{flag} 'train.py --lr $lr'", lr=0.1).advice == ()
    assert read(f'{flag} "train.py --lr $lr"').advice == ()


def test_in_a_cell_it_is_advice_unless_an_option_takes_its_place():
    cell = '{"name": "demo-$i", "command": "$i", "envs": [{"key": "A", "value": "{i}"}]}'

    def advice(line):
        read_it = read_line(line, nothing, cell=cell, is_variable={"i"}.__contains__)
        return [(one.path, one.params["named"]) for one in read_it.advice]

    assert advice("") == [(("name",), "$i"), (("envs", 0, "value"), "{i}")]
    assert advice("--name x") == [(("envs", 0, "value"), "{i}")]


# Texts in which names, quotes and braces meet.
naming = st.text(st.sampled_from("ab$${}{}'\"\\ .[]:é\u3000"), max_size=12)


@given(naming, naming)
def test_what_is_quoted_for_a_line_names_nothing_and_arrives(one, other):
    line = f"--name {as_word(one)} --command {as_word(other)}"
    found = read_line(line, nothing, is_variable=everything)
    assert (found.draft["name"], found.draft["command"], found.advice) == (one, other, ())
    words = split_line(f"{in_quotes(one)} {in_quotes(other)}")
    assert (
        [word.text for word in words] == shlex.split(f"{in_quotes(one)} {in_quotes(other)}") == [one, other]
    )
    assert all(word.variables(everything) == () for word in words)


@given(st.lists(st.tuples(naming, st.sampled_from(["", "'", '"', "\\"])), min_size=1, max_size=5))
def test_a_word_remembers_how_each_part_was_written(pieces):
    written = ""
    for typed, mark in pieces:
        piece = "".join(char for char in typed if char not in "'\"\\{} \u3000") or "x"
        written += "".join(f"\\{char}" for char in piece) if mark == "\\" else f"{mark}{piece}{mark}"
    (word,) = split_line(written)
    assert word.text == shlex.split(written, posix=True)[0]
    assert word.quoted == any(mark for _text, mark in pieces)
    assert "".join(part.text for part in word.parts) == word.text
    bare = split_line(
        "".join(f"{part.mark}{part.text}{'' if part.mark == chr(92) else part.mark}" for part in word.parts)
    )
    assert bare == [word]


@given(st.text(st.sampled_from("ab$${}{}'\"\\ .[]:="), max_size=24))
def test_no_line_that_is_read_leaves_a_variable_unfilled_in_silence(text):
    with suppress(InputError):
        line = read_line(f"--name {text}", lambda _expression: "filled", is_variable=everything)
        name = line.draft.get("name", "")
        literal = [part for word in split_line(text) for part in word.parts if part.mark in ("'", "\\")]
        assert name == "filled" or literal or not re.search(r"\$[ab]|\{[ab]\}", name)


@pytest.mark.parametrize(
    "line",
    [
        '--body \'{"name": "x", "ports": [{"port": 1, "protocol": "tcp"}]}\'',
        '--body {"name": "x", "ports": [{"port": 1, "protocol": "tcp"}]}',
        "--body $b",
        "--body {'name': 'x', 'ports': [dict(port=1, protocol='tcp')]}",
        "--body {b}",
    ],
)
def test_a_body_stands_underneath_the_options(line):
    b = {"name": "x", "ports": [{"port": 1, "protocol": "tcp"}]}
    draft = read(f"{line} --port 80 --gpus 2", b=b).draft
    assert (draft["name"], draft["ports"]) == ("x", [{"port": 80, "protocol": "http"}])
    assert draft["resource"] == {"gpu_num": 2, "rootfs_size_gb": 20}
    assert b["ports"] == [{"port": 1, "protocol": "tcp"}]


def test_switches_stand_apart_from_the_body():
    assert read("--yes --practice").switches == {"--yes", "--practice"}
    assert not read("--practice").says_something
    assert read("--jupyter --dry-run").draft["tools"] == {
        "jupyter": {"enabled": True, "port": 8888, "protocol": "http"}
    }
    assert read("--jupyter 9999/tcp").draft["tools"]["jupyter"]["port"] == 9999


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("--nam demo", "--name"),
        ("--produtc x", "--product"),
        ("--qqqq", "no option --qqqq"),
        ("--qqqq", "%ppio_launch?"),
        ("--name", "--name needs a value"),
        ("--name --image x", "--name needs a value"),
        ("--name a --name b", "twice"),
        ("--yes=1", "takes no value"),
        ("demo", '"demo"'),
        ("-gpus 2", "Did you mean --gpus?"),
        ("-h", "Did you mean --help?"),
        ("--yess", "no option --yess. See"),
        ("--ye", "no option --ye. See"),
        ("--agin", "no option --agin. See"),
        ("-y", "no option -y. See"),
        ("-yes", "no option -yes. See"),
        ("-e LR=3", "-e is docker's: write --env KEY=VALUE"),
        ("-eLR=s3cret", "-e is docker's"),
        ("-e=LR=3", "-e is docker's"),
        ("-p 8080:80", "-p is docker's: write --port"),
        ("-p8080:80", "-p is docker's"),
        ("-v /data:/data", "-v is docker's: write --volume local:/PATH"),
        ("-v/data:/data", "-v is docker's"),
        ("-i", "-i is docker's, and an instance always runs in the background"),
        ("-it", "--image IMAGE"),
        ("-d", "-d is docker's"),
        ("-env A=1", "Did you mean --env?"),
        ("-product x", "Did you mean --product?"),
        ("-image x", "Did you mean --image?"),
        ("--auto-migrate false", "--auto-migrate takes no value"),
        ("--port 8080,9090", "repeat it"),
        ("--body '" + "[" * 100_000 + "'", "not JSON"),
        ("--name my machine", '"machine"'),
        ("--gpus two", "whole number"),
        ("--gpus 1.5", "whole number"),
        ("--billing monthly", "postpaid, prepaid, spot"),
        ("--port 80/udp", "8888/http"),
        ("--port http", "8888/http"),
        ("--volume /data", "local:/PATH"),
        ("--volume network::/data", "network:ID:/PATH"),
        ("--env =x", "KEY=VALUE"),
        ("--env ' =x'", "KEY=VALUE"),
        ("--env 'A = b'", "without blanks around the ="),
        ("--env ' A=b'", "without blanks around the ="),
        ("--env 'A\n=b'", "without blanks around the ="),
        ("--env 'A\u3000=b'", "without blanks around the ="),
        ("--rootfs 20 GB", "needs quotes"),
        ("--env 1NAME", "letters, digits and _"),
        ("--env MY-NAME", "only NAME"),
        ("--env 'MY NAME'", "KEY=VALUE"),
        ("--env ''", "KEY=VALUE"),
        ("--body {nope", "JSON"),
        ("--body '[1]'", "object"),
        ("--name 'open", "not closed"),
        ("--name a\\", "backslash"),
        ("--name $missing", "$missing"),
        ("--gpus {1/0}", "ZeroDivisionError"),
        ("--gpus {True}", "bool"),
    ],
)
def test_a_bad_line_says_what_is_wrong_and_the_way_out(line, hint):
    with pytest.raises(InputError) as caught:
        read(line)
    assert hint in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("env", ["hf-s3cret", "$token", "{token}", "{token.upper()}"])
def test_a_bad_env_is_not_repeated_and_a_value_of_the_notebook_is_never_taken_as_a_name(env):
    with pytest.raises(InputError) as caught:
        read(f"--env {env}", token="hf_s3cret")
    assert "s3cret" not in str(caught.value).lower()
    assert "s3cret" not in repr(vars(caught.value)).lower()


@pytest.mark.parametrize("line", ["--env HF_TOKEN", "--env=HF_TOKEN", "--env 'HF_TOKEN'"])
def test_a_name_alone_is_taken_from_the_kernels_environment(line):
    assert read(line).draft["envs"] == [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}]
    assert read(f"{line} --env A= --env B=$HF_TOKEN").draft["envs"][1:] == [
        {"key": "A", "value": ""},
        {"key": "B", "value": "$HF_TOKEN"},
    ]


def test_a_reference_stands_in_a_body_as_well():
    body = '{"envs": [{"key": "A", "value": {"$env": "HF_TOKEN"}}]}'
    for line in (f"--body '{body}'", f"--body {body}", "--body $b"):
        draft = read(line, b={"envs": [{"key": "A", "value": EnvRef("HF_TOKEN")}]}).draft
        assert check({**MINIMAL, **draft}).require().body()["envs"] == [
            {"key": "A", "value": EnvRef("HF_TOKEN")}
        ]


@pytest.mark.parametrize("flag", ["--api-key", "--apikey", "--key", "--token", "--API_KEY"])
@pytest.mark.parametrize(
    "given_as", [" sk_s3cret", "=sk_s3cret", " 'sk_s3cret'", "='sk_s3cret'", "", " $key"]
)
@pytest.mark.parametrize("before", ["", "--name demo ", "--yes ", "--env A= "])
def test_a_key_is_refused_unread_and_unrepeated(flag, given_as, before):
    asked = []
    with pytest.raises(InputError) as caught:
        read_line(f"{before}{flag}{given_as}", asked.append)
    error = caught.value
    assert asked == []
    assert "s3cret" not in str(error) + repr(error) + repr(vars(error)) + repr(error.__context__)
    assert error.code == "option_api_key"
    assert "%ppio login" in str(error)
    assert "PPIO_API_KEY" in str(error)


@pytest.mark.parametrize("line", ["'--api-key=sk_s3cret'", "--yes '--key=sk_s3cret'", "-api-key sk_s3cret"])
def test_a_key_option_is_refused_in_quotes_and_with_one_dash_as_well(line):
    with pytest.raises(InputError) as caught:
        read(line)
    assert caught.value.code == "option_api_key"
    assert "s3cret" not in str(caught.value)


@given(st.text(st.sampled_from("-yesagin"), min_size=1, max_size=9))
def test_no_hint_proposes_consent(text):
    for flag in (text, f"-{text}", f"--{text}", f"--yes{text}", f"--again{text}", f"-yes{text}"):
        assert meant_by(flag) not in ("--yes", "--again")


def meant_by(flag):
    """The option that a line proposes instead."""
    try:
        read(flag)
    except InputError as error:
        return error.params.get("meant")
    return None


def test_flags_are_unique():
    flags = [option.flag for option in OPTIONS]
    assert len(flags) == len(set(flags))


def test_what_reads_a_line_shows_neither_what_it_looked_up_nor_the_address_of_the_cloud():
    seen = {one.name for one in fields(parser.Line) if one.repr}
    assert not seen & {"looked_up", "base_url"}
