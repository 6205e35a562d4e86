import shlex
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import EnvRef
from ppio_widgets.request.check import check
from ppio_widgets.request.fields import leaves
from ppio_widgets.request.line import read_line
from ppio_widgets.request.options import OPTIONS, option_for
from ppio_widgets.request.tokens import LineError, split_line
from tests.bodies import FULL, MINIMAL, text


def nothing(expression):
    raise NameError(expression)


def read(line, **names):
    return read_line(line, lambda expression: eval(expression, {}, names))  # noqa: S307 - as a notebook does


def test_there_is_an_option_for_every_field_of_the_body():
    for pattern in leaves():
        path = tuple(0 if part == "*" else part for part in pattern.split("."))
        assert option_for(path) is not None, pattern


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
    with suppress(LineError):
        assert read_line(line, nothing).draft


def test_only_an_unquoted_whole_word_is_taken_from_the_notebook():
    names = {"n": 4, "d": {"a b": "x y"}}
    assert read("--gpus $n --name {d['a b']}", **names).draft["name"] == "x y"
    assert read("--gpus {n * 2}", **names).draft["resource"]["gpu_num"] == 8
    for literal in ("'$n'", '"{n}"', "a$n", "{n}x", r"\$n", "K={n}"):
        assert read(f"--name {literal}", **names).draft["name"] == shlex.split(literal)[0]


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
    with pytest.raises(LineError) as caught:
        read(line)
    assert hint in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("env", ["hf-s3cret", "$token", "{token}", "{token.upper()}"])
def test_a_bad_env_is_not_repeated_and_a_value_of_the_notebook_is_never_taken_as_a_name(env):
    with pytest.raises(LineError) as caught:
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
    with pytest.raises(LineError) as caught:
        read_line(f"{before}{flag}{given_as}", asked.append)
    error = caught.value
    assert asked == []
    assert "s3cret" not in str(error) + repr(error) + repr(vars(error)) + repr(error.__context__)
    assert error.code == "option_api_key"
    assert "%ppio login" in str(error)
    assert "PPIO_API_KEY" in str(error)


@pytest.mark.parametrize("line", ["'--api-key=sk_s3cret'", "--yes '--key=sk_s3cret'", "-api-key sk_s3cret"])
def test_a_key_option_is_refused_in_quotes_and_with_one_dash_as_well(line):
    with pytest.raises(LineError) as caught:
        read(line)
    assert caught.value.code == "option_api_key"
    assert "s3cret" not in str(caught.value)


def test_flags_are_unique():
    flags = [option.flag for option in OPTIONS]
    assert len(flags) == len(set(flags))
