import json
import re
import shlex
import subprocess
from contextlib import suppress
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppio_widgets import EnvRef
from ppio_widgets.errors import InputError
from ppio_widgets.formats.docker import HARMLESS, LETTERS, SWITCHES, VALUED, read_docker, usual_protocol
from ppio_widgets.formats.shell import read_shell
from ppio_widgets.locale.words import words
from tests.support.bodies import env_names, text
from tests.support.hostile import TEXTS


def words_of(line):
    """The words of the one command of a line, as typed."""
    script = read_shell(line)
    if script.problem:
        raise script.problem
    (command,) = script.commands
    return [script.typed(word) for word in command.words]


def codes(line, **options):
    return [one.code for one in read_docker(line, **options).left_out]


def noted(imported):
    """What is noted, but for the protocol of the ports, which is guessed wherever there is one."""
    guessed = [one.code for one in imported.left_out if one.code == "docker_guessed"]
    assert bool(guessed) == ("ports" in imported.draft)
    return [one.code for one in imported.left_out if one.code != "docker_guessed"]


def said(imported):
    """What was left out, in English; in Chinese it has to be sayable as well."""
    for one in imported.left_out:
        assert one.sentence(words("zh"))
    return "\n".join(one.sentence(words("en")) for one in imported.left_out)


def refusal(line):
    with pytest.raises(InputError) as caught:
        read_docker(line)
    assert caught.value.sentence(words("zh"))
    assert "\n" not in str(caught.value)
    return caught.value


def reading(text):
    """An outside whose files hold what a function says."""
    return SimpleNamespace(text=text)


def env(**values):
    return [{"key": key, "value": value} for key, value in values.items()]


def local(*points):
    return [{"type": "local", "mount_point": point} for point in points]


def ports(*numbers):
    return [{"port": number, "protocol": usual_protocol(number)} for number in numbers]


def test_a_line_without_anything_else_leaves_nothing_out():
    read = read_docker("docker run ubuntu:24.04")
    assert (read.draft, read.left_out) == ({"image": "ubuntu:24.04"}, ())


# -- options


# Options that the draft is made of; each has tests of its own.
TAKEN = {
    *(
        "device",
        "entrypoint",
        "env",
        "env-file",
        "expose",
        "gpus",
        "mount",
        "name",
        "net",
        "network",
        "publish",
    ),
    *("publish-all", "tmpfs", "volume", "workdir"),
}


@pytest.mark.parametrize("name", sorted(VALUED - TAKEN))
def test_an_option_without_counterpart_takes_its_value_with_it_and_is_said_by_name(name):
    for value in (" s3cret", "=s3cret", " -s3cret", " '$s3cret'"):
        read = read_docker(f"docker run --{name}{value} img cmd")
        assert read.draft == {"image": "img", "command": "cmd"}
        assert [one.code for one in read.left_out] == [
            "docker_harmless" if name in HARMLESS else "docker_options"
        ]
        assert f"--{name}" in said(read)
        assert "s3cret" not in said(read) + repr(read)


@pytest.mark.parametrize("name", sorted(SWITCHES - TAKEN))
def test_a_switch_takes_no_value_with_it(name):
    for line in (f"docker run --{name} img cmd", f"docker run --{name}=true img cmd"):
        read = read_docker(line)
        assert read.draft == {"image": "img", "command": "cmd"}
        assert f"--{name}" in said(read)
    assert read_docker(f"docker run --{name}=false img").left_out == ()


@pytest.mark.parametrize("letter", sorted(LETTERS))
def test_a_letter_is_its_option(letter):
    name = LETTERS[letter]
    value = {"publish": "80", "volume": "/data", "env": "A=1"}.get(name, "v")
    behind = "" if name in SWITCHES else f" {value}"
    short, long = (read_docker(f"docker run {option}{behind} img") for option in (f"-{letter}", f"--{name}"))
    assert short.draft == long.draft
    assert [one.code for one in short.left_out] == [one.code for one in long.left_out]


def test_all_that_has_no_effect_there_is_said_in_one_sentence():
    [one] = read_docker("docker run --rm -d -it --init --pull=always -a stdout -q img").left_out
    assert one.code == "docker_harmless"
    assert one.params["names"] == "--rm, -d, -i, -t, --init, --pull, -a, -q"


@pytest.mark.parametrize(
    ("written", "draft"),
    [
        ("-itd img", {}),
        ("-itp 80:80 img", {"ports": ports(80)}),
        ("-itp80:80 img", {"ports": ports(80)}),
        ("-itp=80:80 img", {"ports": ports(80)}),
        ("-d=true img", {}),
        ("-eA=1 img", {"envs": env(A="1")}),
        ("-e=A=1 img", {"envs": env(A="1")}),
        ("-eA img", {"envs": env(A=EnvRef("A"))}),
        ("--env=A=1=2 img", {"envs": env(A="1=2")}),
        ("--env A= img", {"envs": env(A="")}),
        ("-e A=1 -e B=2 -e A=3 img", {"envs": env(A="3", B="2")}),
        ("--name -x img", {"name": "-x"}),
        ("-e -A=1 img", {"envs": env(**{"-A": "1"})}),
        ("--name= img", {}),
        ("-- img", {}),
        ("-d -- img -e A=1", {"command": "-e A=1"}),
        ("img -e A=1 -p 80", {"command": "-e A=1 -p 80"}),
        ("img ''", {"command": "''"}),
        ("img - 'a  b' \"it's\"", {"command": "- 'a  b' 'it'\"'\"'s'"}),
        ("--entrypoint '/my app/run' img", {"entrypoint": "'/my app/run'"}),
        ("--entrypoint '[\"sh\", \"-c\"]' img 'a b'", {"entrypoint": "sh -c", "command": "'a b'"}),
        ("--entrypoint '[1]' img", {"entrypoint": "'[1]'"}),
        ("--entrypoint '[' img", {"entrypoint": "'['"}),
    ],
)
def test_options_are_written_in_many_ways(written, draft):
    assert read_docker(f"docker run {written}").draft == {"image": "img", **draft}


# -- variables


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("A=$HF", EnvRef("HF")),
        ("A=${HF}", EnvRef("HF")),
        ('A="$HF"', EnvRef("HF")),
        ('"A=$HF"', EnvRef("HF")),
        ('"A=${HF}"', EnvRef("HF")),
        ("A='$HF'", "$HF"),
        ("A=\\$HF", "$HF"),
        ("A=$", "$"),
        ("A=50%$/", "50%$/"),
        ("A=~/x", "~/x"),
        ("A=$'it\\'s\\n$HF'", "it's\n$HF"),
    ],
)
def test_a_value_that_is_wholly_a_variable_is_taken_by_name(written, value):
    read = read_docker(f"docker run -e {written} img")
    assert read.draft["envs"] == env(A=value)
    assert read.left_out == ()


@pytest.mark.parametrize(
    "value",
    [
        "x$HF",
        "$HF$HF",
        "${HF:-s3cret}",
        "$(cat s3cret)",
        "`cat s3cret`",
        '"$(cat "$HOME/s3cret")"',
        "$1",
        "$((1+2))",
    ],
)
def test_what_else_a_shell_would_fill_in_stays_as_typed_and_is_said(value):
    read = read_docker(f"docker run -e A={value} img")
    typed = value[1:-1] if value.startswith('"') else value
    assert read.draft["envs"] == env(A=typed)
    assert [one.code for one in read.left_out] == ["docker_as_typed"]
    assert "-e A" in said(read)
    assert "s3cret" not in said(read)


@pytest.mark.parametrize(
    ("written", "draft", "code"),
    [
        ("--name demo-$USER img", {"name": "demo-$USER"}, "docker_as_typed"),
        ("img ls $HOME ~/x", {"command": "ls '$HOME' '~/x'"}, "docker_as_typed"),
        ("img ls *.txt '~/x' a~b ~'x'", {"command": "ls '*.txt' '~/x' 'a~b' '~x'"}, None),
        ("--entrypoint $E img", {"entrypoint": "'$E'"}, "docker_as_typed"),
        ("-p 80:$PORT img", {}, "docker_open"),
        ("-p $PORT:80 img", {"ports": ports(80)}, None),
        ("-p 80/$P img", {}, "docker_open"),
        ("-v $PWD:/data img", {"volumes": local("/data")}, "docker_content"),
        ("-v ${X:-a:b}:/data:ro img", {"volumes": local("/data")}, "docker_content"),
        ("-v /data:$X img", {}, "docker_open"),
        ("-v $X img", {}, "docker_open"),
        ("--mount type=bind,src=$(pwd),dst=/data img", {"volumes": local("/data")}, "docker_content"),
        ("--mount type=bind,src=x,dst=$X img", {}, "docker_open"),
        ("--gpus $N img", {}, "docker_open"),
        ("-e $X img", {}, "docker_open"),
        ("-e $X=1 img", {}, "docker_open"),
        ("--env-file $X img", {}, "docker_env_file"),
        ("--env-file <(sops -d my.env) img", {}, "docker_env_file"),
        ("-u $(id -u):$(id -g) img", {}, "docker_options"),
    ],
)
def test_what_a_shell_would_fill_in_is_never_taken_for_more_than_text(written, draft, code):
    read = read_docker(f"docker run {written}")
    assert read.draft == {"image": "img", **draft}
    assert noted(read)[:1] == ([code] if code else [])
    assert said(read) or not code


def test_an_image_that_a_shell_would_fill_in_is_left_open():
    read = read_docker("docker run $OPTIONS nvidia/cuda")
    assert "image" not in read.draft
    assert codes("docker run registry/$USER/img") == ["docker_open"]


def test_variables_of_a_file_stand_below_those_of_the_line():
    files = {"a.env": "\ufeff# all\nA=1\n  B='x' # y \nHF_TOKEN\n\n\tC=\r\n", "b.env": "A=2"}
    read = read_docker("docker run -e B=0 --env-file a.env --env-file=b.env img", reading(files.__getitem__))
    assert read.draft["envs"] == env(A="2", B="0", HF_TOKEN=EnvRef("HF_TOKEN"), C="")
    assert read.left_out == ()


@pytest.mark.parametrize("name", ["HF_TOKEN", "PGPASSWORD", "apiKey"])
def test_a_secret_of_a_file_is_taken_by_its_name(name):
    read = read_docker(
        "docker run --env-file my.env img",
        reading(lambda _file: f"A=1\n{name}=s3cret\nEMPTY_TOKEN=\nB_KEY\n"),
    )
    assert read.draft["envs"] == env(
        **{"A": "1", name: EnvRef(name), "EMPTY_TOKEN": "", "B_KEY": EnvRef("B_KEY")}
    )
    assert [(one.code, one.params) for one in read.left_out] == [("docker_env_file_secret", {"names": name})]
    assert "s3cret" not in repr(read) + said(read)


def test_a_secret_of_a_file_that_no_variable_can_be_called_is_left_out():
    files = {"a.env": "my-token=s3cret", "b.env": "my-token=\nA=1"}
    read = read_docker("docker run --env-file b.env --env-file a.env img", reading(files.__getitem__))
    assert read.draft["envs"] == env(A="1")
    assert [one.code for one in read.left_out] == ["docker_env_file_left"]
    assert "s3cret" not in repr(read) + said(read)
    assert "my-token" in said(read)


def missing(name):
    return None


@pytest.mark.parametrize("outside", [None, reading(missing)])
def test_a_file_of_variables_that_is_not_read_is_said(outside):
    read = read_docker("docker run --env-file my.env -e A=1 img", outside)
    assert read.draft["envs"] == env(A="1")
    assert [one.code for one in read.left_out] == ["docker_env_file"]
    assert "my.env" in said(read)


TOKEN = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"


@pytest.mark.parametrize(
    "line", ["=s3cret", "MY s3cret=1", "A='s3cret", "my-s3cret", "A\tB", TOKEN, f"{TOKEN}="]
)
def test_a_bad_line_of_a_file_is_said_by_its_number_alone(line):
    read = read_docker("docker run --env-file my.env img", reading(lambda _file: f"A=1\n{line}\n"))
    assert read.draft == {"image": "img"}
    assert "my.env:2" in said(read)
    assert "s3cret" not in said(read)
    assert TOKEN not in said(read) + repr(read)


@pytest.mark.parametrize("given", [TOKEN, f"{TOKEN}=", f"{TOKEN}=x"])
def test_a_token_in_place_of_a_name_is_refused_and_not_repeated(given):
    with pytest.raises(InputError, match="--env takes") as caught:
        read_docker(f"docker run -e {given} img")
    assert TOKEN not in str(caught.value) + repr(vars(caught.value))


def test_a_file_is_read_by_the_rules_of_dotenv():
    read = read_docker(
        "docker run --env-file my.env img", reading(lambda _file: "A='x y' # z\nexport B=\"a\\nb\"\n")
    )
    assert read.draft["envs"] == env(A="x y", B="a\nb")


# -- ports, mounts, GPUs


@pytest.mark.parametrize(
    ("written", "numbers", "left_out"),
    [
        ("-p 80", [80], []),
        ("-p 80:80", [80], []),
        ("-p 80:80/tcp -p 443:443/TCP", [80, 443], []),
        ("-p 8080:80", [80], ["docker_host_port"]),
        ("-p 0.0.0.0:80:80", [80], []),
        ("-p [::]:80:80", [80], []),
        ("-p 127.0.0.1:80:80", [80], ["docker_loopback"]),
        ("-p 127.0.0.1::80", [80], ["docker_loopback"]),
        ("-p [::1]:80:80", [80], ["docker_loopback"]),
        ("-p 8000-8002:8000-8002", [8000, 8001, 8002], []),
        ("-p 8000-8010:80", [80], ["docker_host_port"]),
        ("-p 80:80 -p 8080:80", [80], ["docker_host_port"]),
        ("-p 53:53/udp -p 53:53/tcp", [53], ["docker_protocol"]),
        ("-p 1-65535:1-65535", [], ["docker_range"]),
        ("--expose 80", [], ["docker_expose"]),
        ("-P", [], ["docker_publish_all"]),
        ("--expose 8000-8001/tcp -P", [8000, 8001], ["docker_publish_all"]),
        ("--network host", [], ["docker_host_network"]),
        ("--net=bridge", [], ["docker_options"]),
    ],
)
def test_the_port_in_the_container_counts(written, numbers, left_out):
    read = read_docker(f"docker run {written} img")
    assert read.draft.get("ports", []) == ports(*numbers)
    assert noted(read) == left_out
    said(read)


def test_the_protocol_that_docker_does_not_say_is_said_to_be_guessed():
    [one] = read_docker("docker run -p 8000-8001:8000-8001 -p 22:22 -p 22:22/tcp img").left_out
    assert (one.code, one.heading) == ("docker_guessed", "assumed")
    assert one.params["names"] == "8000 http, 8001 http, 22 tcp"


def test_where_web_servers_usually_listen_it_is_http_and_tcp_elsewhere():
    web = (80, 3000, 5000, 6006, 7860, 8000, 8080, 8188, 8501, 8888, 11434, 30000)
    assert {usual_protocol(port) for port in web} == {"http"}
    assert {usual_protocol(port) for port in (22, 443, 3306, 5432, 6379, 8443, 9000, 27017)} == {"tcp"}


@pytest.mark.parametrize(
    ("written", "points", "left_out"),
    [
        ("-v /data", ["/data"], ["docker_content"]),
        ("-v name:/data", ["/data"], ["docker_content"]),
        ("-v ./x:/data:rw,z", ["/data"], ["docker_content"]),
        ("-v /x:/data:ro", ["/data"], ["docker_content", "docker_read_only"]),
        ("-v 'C:\\Users\\me:/data'", ["/data"], ["docker_content"]),
        ("-v c:/Users/me:/data:ro", ["/data"], ["docker_content", "docker_read_only"]),
        ("-v /a:/data -v /b:/data", ["/data"], ["docker_content"]),
        ("--mount type=bind,source=/x,target=/data", ["/data"], ["docker_content"]),
        ("--mount type=volume,src=x,dst=/data,readonly", ["/data"], ["docker_content", "docker_read_only"]),
        ("--mount src=x,destination=/data,ro=false", ["/data"], ["docker_content"]),
        ("--mount 'type=bind,\"src=/a,b\",dst=/data'", ["/data"], ["docker_content"]),
        ("--mount type=tmpfs,dst=/x --tmpfs /y:size=64m", [], ["docker_tmpfs"]),
        ("--mount type=image,src=x,dst=/x", [], ["docker_options"]),
    ],
)
def test_a_mount_becomes_an_empty_local_disk_and_that_is_said(written, points, left_out):
    read = read_docker(f"docker run {written} img")
    assert read.draft.get("volumes", []) == local(*points)
    assert [one.code for one in read.left_out] == left_out
    said(read)


@pytest.mark.parametrize(
    ("written", "number", "left_out"),
    [
        ("--gpus all", 1, ["docker_gpus_all"]),
        ("--gpus 4", 4, []),
        ("--gpus '\"device=0,1\"'", 2, []),
        ("--gpus device=0,1,2", 3, []),
        ('--gpus "device=1"', 1, []),
        ("--gpus device=all", 1, ["docker_gpus_all"]),
        ("--gpus device=GPU-3a23c669,device=GPU-3a23c670", 2, []),
        ("--gpus count=2,capabilities=utility", 2, []),
        ("--gpus count=all", 1, ["docker_gpus_all"]),
        ("--gpus -1", 1, ["docker_gpus_all"]),
        ("--gpus 'all,\"capabilities=compute,utility\"'", 1, ["docker_gpus_all"]),
        ("--gpus driver=nvidia,capabilities=compute,utility", 1, []),
        ("--gpus 0", None, ["docker_gpus_none"]),
        ("--device nvidia.com/gpu=all", 1, ["docker_gpus_all"]),
        ("--device nvidia.com/gpu=0 --device nvidia.com/gpu=3", 2, []),
        ("--device /dev/fuse", None, ["docker_options"]),
    ],
)
def test_gpus_are_counted_and_all_of_them_is_one(written, number, left_out):
    read = read_docker(f"docker run {written} img")
    assert read.draft.get("resource") == (None if number is None else {"gpu_num": number})
    assert [one.code for one in read.left_out] == left_out
    said(read)


@pytest.mark.parametrize(
    "option", ["--env-file", "--tmpfs", "-v", "-p", "--gpus", "--name", "--entrypoint", "-u"]
)
def test_what_a_shell_would_fill_in_is_never_repeated(option):
    for value in ("${A:-s3cret}", "/x/$(cat s3cret)", "`s3cret`"):
        read = read_docker(f"docker run {option} {value} img {value}", reading(missing))
        assert read.left_out
        assert "s3cret" not in said(read) + repr(read.left_out)


def test_an_empty_entrypoint_is_said():
    read = read_docker('docker run --entrypoint "" img bash')
    assert read.draft == {"image": "img", "command": "bash"}
    assert [one.code for one in read.left_out] == ["docker_entrypoint"]
    assert "--entrypoint" in said(read)


# -- what stands around


@pytest.mark.parametrize(
    "line",
    [
        "docker run img",
        "  $ docker run img",
        "!docker run img",
        "sudo -E docker run img",
        "sudo -u me /usr/bin/docker run img",
        "docker.exe run img",
        "time nohup docker run img",
        "docker \\\n  run \\\n  img\n",
        "docker \\  \n  run \\\r\n  img\r\n",
        "\n\n# start it\ndocker run img # now\n",
        "docker r'u'n \"i\"m\\g",
        "doc\\\nker run img",
        "nvidia-docker run img",
        "(docker run img);",
        "docker run img\n# and wait",
    ],
)
def test_a_line_is_found_in_what_stands_around_it(line):
    read = read_docker(line)
    assert (read.draft, read.left_out) == ({"image": "img"}, ())


@pytest.mark.parametrize(
    "line",
    [
        "docker login -p s3cret\ndocker run img",
        "docker pull img; docker run img",
        "docker -v\ndocker run img",
        "cd /x && docker run img && echo 's3cret",
        "docker run img | tee 's3cret'",
        "docker run img &\nexit",
        "docker run img\ndocker run other",
        "cat > Dockerfile <<END\ndocker run s3cret\nEND\ndocker run img",
    ],
)
def test_other_commands_are_said_and_never_repeated(line):
    read = read_docker(line)
    assert read.draft == {"image": "img"}
    assert [one.code for one in read.left_out] == ["docker_around"]
    assert "s3cret" not in said(read)


def test_files_that_are_read_and_written_are_said():
    for behind in ("> log 2>&1", "&> log", "</dev/null", "2>/dev/null", "<<END\nit's\nEND", ">>'my log'"):
        assert codes(f"docker run img {behind}") == ["docker_redirected"]
        assert read_docker(f"docker run img {behind}").draft == {"image": "img"}


def test_variables_set_in_front_of_the_line_are_said_by_name():
    read = read_docker("HF_TOKEN=s3cret A=1 docker run -e HF_TOKEN img")
    assert read.draft["envs"] == env(HF_TOKEN=EnvRef("HF_TOKEN"))
    assert [one.code for one in read.left_out] == ["docker_assigned"]
    assert "HF_TOKEN, A" in said(read)
    assert "s3cret" not in said(read) + repr(read)


# -- refusals


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", "docker_none"),
        ("   \n ", "docker_none"),
        ("kubectl run img", "docker_none"),
        ("echo docker run img", "docker_none"),
        ("docker", "docker_verb"),
        ("docker ps -a", "docker_verb"),
        ("docker compose up -d", "docker_verb"),
        ("docker container ls", "docker_verb"),
        ("docker run", "docker_no_image"),
        ("docker run -d --rm", "docker_no_image"),
        ("docker run -d\n  img", "docker_no_image"),
        ("docker run ''", "docker_no_image"),
        ("docker run –gpus all img", "docker_dash"),
        ("docker run —e A=s3cret img", "docker_dash"),
        ("docker run --frobnicate=s3cret img", "docker_option"),
        ("docker run --frobnicate s3cret img", "docker_option"),
        ("docker run -Xs3cret img", "docker_option"),
        ("docker run -$s3cret img", "docker_option"),
        ("docker run --$s3cret img", "docker_option"),
        ("docker run -name s3cret img", "docker_option"),
        ("docker run -e", "docker_value"),
        ("docker run img:1 'open s3cret", "line_quote"),
        ('docker run "open s3cret', "line_quote"),
        ("docker run $(open s3cret", "line_quote"),
        ("docker run ${open:-s3cret", "line_quote"),
        ("docker run `open s3cret", "line_quote"),
        ("docker run img \\", "shell_cut_off"),
        ("docker run -e A=$'s3cret img", "line_quote"),
        ("docker run -e =s3cret img", "option_env"),
        ("docker run -e s3cret-key img", "option_env"),
        ("docker run -e '' img", "option_env"),
        ("docker run -p s3cret img", "docker_port"),
        ("docker run -ps3cret img", "docker_port"),
        ("docker run -p 0 img", "docker_port"),
        ("docker run -p 80:70000 img", "docker_port"),
        ("docker run -p 9-8 img", "docker_port"),
        ("docker run -p 80/s3cret img", "docker_port"),
        ("docker run -p '' img", "docker_port"),
        ("docker run -P --expose s3cret img", "docker_port"),
        ("docker run -v s3cret img", "docker_volume"),
        ("docker run -v a:s3cret img", "docker_volume"),
        ("docker run -v a:/b:c:s3cret img", "docker_volume"),
        ("docker run -v '' img", "docker_volume"),
        ("docker run --mount s3cret img", "docker_mount"),
        ("docker run --mount type=bind,dst=s3cret img", "docker_mount"),
        ("docker run --mount '' img", "docker_mount"),
        ("docker run --gpus s3cret img", "docker_gpus"),
        ("docker run --gpus s3cret=1 img", "docker_gpus"),
        ("docker run --gpus -2 img", "docker_gpus"),
        ("docker run --gpus '' img", "docker_gpus"),
    ],
)
def test_what_cannot_be_read_is_refused_without_repeating_a_value(line, code):
    error = refusal(line)
    assert error.code == code
    assert "s3cret" not in str(error) + repr(error) + repr(vars(error))


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text_is_only_ever_a_value(name):
    hostile = TEXTS[name].replace("\r\n", "\n")
    quoted = shlex.quote(hostile)
    line = f"docker run --name {quoted} -e A={quoted} img {quoted}"
    assert read_docker(line).draft == {
        "name": hostile,
        "image": "img",
        "command": quoted,
        "envs": env(A=hostile),
    }
    with suppress(InputError):
        said(read_docker(f"docker run -v {shlex.quote('/' + hostile)} --env-file {shlex.quote(hostile)} img"))


@given(
    st.text(max_size=40),
    st.sampled_from(["", "docker run ", "docker run -e ", "docker run -p ", "docker run --gpus "]),
)
def test_any_text_is_read_or_refused_in_words(line, before):
    with suppress(InputError):
        said(read_docker(before + line, reading(str)))


# -- the same words as a real shell's

FAKE = '#!/bin/sh\nprintf "%s\\0" "$#" "$@"\n'


@pytest.fixture(scope="module")
def argvs(tmp_path_factory):
    """Runs a script in sh, whose docker tells its arguments; a line that sh cannot read tells ``!``."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "docker").write_text(FAKE)
    (folder / "docker").chmod(0o755)

    def run(lines, variables=()):
        environment = {"PATH": str(folder), "HOME": "~", **{name: f"${name}" for name in variables}}
        script = 'for line do (eval "$line") 2>&- || printf "!\\0"; done'
        command = ["/bin/sh", "-c", script, "sh", *lines]
        output = subprocess.run(
            command, env=environment, cwd=folder, check=True, capture_output=True, timeout=60
        )
        told = iter(output.stdout.decode().split("\0")[:-1])
        return [None if count == "!" else [next(told) for _ in range(int(count))] for count in told]

    return run


def double_quoted(value):
    return '"' + re.sub(r'([$`"\\])', r"\\\1", value) + '"'


def escaped(value):
    if not value.strip() or "\n" in value:  # a backslash before blanks or a line's end says that it goes on
        return shlex.quote(value)
    return re.sub(r"([^\w])", r"\\\1", value)


quotings = st.sampled_from([shlex.quote, double_quoted, escaped])
gaps = st.sampled_from([" ", "  ", "\t", " \\\n  "])


@st.composite
def drafts(draw):
    """A draft that a docker line can say, with the words of its command."""
    keys = text(1, 24).filter(lambda key: "=" not in key)
    names = env_names.map("V_{}".format)
    points = text(1, 24).map("/{}".format).filter(lambda point: ":" not in point)
    numbers = draw(st.lists(st.integers(1, 65535), max_size=4, unique=True))
    command = draw(st.lists(text(0, 24), max_size=4))
    draft = {
        "name": draw(text(0, 24)),
        "image": draw(text(1, 24).filter(lambda image: not image.startswith("-"))),
        "command": shlex.join(command),
        "envs": env(**draw(st.dictionaries(keys, text(0, 24) | names.map(EnvRef), max_size=4))),
        "ports": ports(*numbers),
        "volumes": local(*draw(st.lists(points, max_size=3, unique=True))),
    }
    return {key: value for key, value in draft.items() if value}, command


@st.composite
def lines(draw):
    """A draft, and a docker line that says it."""
    draft, command = draw(drafts())
    words = ["docker", "run"]

    def option(short, long, value, behind=""):
        value = draw(quotings)(value) + behind
        written = draw(
            st.sampled_from(["{short} {value}", "{long} {value}", "{long}={value}", "{short}{value}"])
        )
        words.append(written.format(short=short or long, long=long, value=value))

    if "name" in draft:
        words += ["--name", draw(quotings)(draft["name"])]
    for row in draft.get("envs", []):
        ref = row["value"]
        if isinstance(ref, EnvRef):
            variable = draw(st.sampled_from(['"${}"', '"${{{}}}"'])).format(ref.name)
            option("-e", "--env", f"{row['key']}=", variable)
        else:
            option("-e", "--env", f"{row['key']}={ref}")
    for row in draft.get("ports", []):
        option("-p", "--publish", f"{row['port']}:{row['port']}")
    for row in draft.get("volumes", []):
        option("-v", "--volume", f"named:{row['mount_point']}")
    words += [draw(quotings)(word) for word in [draft["image"], *command]]
    return draft, draw(gaps).join(words)


@pytest.mark.long
@settings(max_examples=8)
@given(st.lists(lines(), min_size=10, max_size=30))
def test_a_line_has_the_words_that_sh_makes_of_it_and_says_its_draft(argvs, cases):
    names = {
        row["value"].name
        for draft, _ in cases
        for row in draft.get("envs", [])
        if isinstance(row["value"], EnvRef)
    }
    seen = argvs([line for _, line in cases], names)
    for (draft, line), argv in zip(cases, seen, strict=True):
        # A shell's variables hold their own names here, so that both read the same.
        typed = words_of(line)[1:]
        assert [re.sub(r"\$\{(V_\w+)\}", r"$\1", word) for word in typed] == [
            re.sub(r"\$\{(V_\w+)\}", r"$\1", word) for word in argv
        ]
        assert read_docker(line).draft == draft


tangled = (
    st.lists(st.sampled_from([*"'\"\\ \t#=~/ab中", "\\\\", '\\"', "--"]), max_size=12)
    .map("".join)
    .filter(lambda tangle: not re.search(r"\\[ \t]+#", tangle))  # a comment behind what goes on
)


@pytest.mark.long
@settings(max_examples=8)
@given(st.lists(tangled, min_size=20, max_size=40))
def test_quotes_and_backslashes_are_read_as_sh_reads_them(argvs, tangles):
    read = {}
    for tangle in tangles:
        with suppress(InputError):
            read[f"docker {tangle}"] = None
            read[f"docker {tangle}"] = words_of(f"docker {tangle}")
    for (line, ours), theirs in zip(read.items(), argvs(list(read)), strict=True):
        if ours is not None:
            assert ours[1:] == theirs
        else:
            # A backslash at the very end is kept by sh, and is surely a slip here, blanks behind it or not.
            assert theirs is None or line.rstrip().endswith("\\")


@given(st.lists(text(0, 24), min_size=1, max_size=4))
def test_the_command_is_a_text_that_a_shell_splits_into_the_same_words(command):
    line = f"docker run img {shlex.join(command)}"
    assert shlex.split(read_docker(line).draft["command"]) == command


def test_the_draft_of_a_line_is_plain_json_with_references_as_objects():
    draft = read_docker("docker run -e A -p 80 -v /data img").draft
    assert json.loads(json.dumps(draft, default=EnvRef.as_json))["envs"] == [
        {"key": "A", "value": {"$env": "A"}}
    ]
