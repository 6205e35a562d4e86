import json
import os
import re
import shlex
import shutil
import subprocess
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppio_widgets import EnvRef, PpioError
from ppio_widgets.errors import InputError
from ppio_widgets.formats.curl import read_curl, to_curl
from ppio_widgets.formats.imported import Imported
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.request.envref import resolved
from tests.support.bodies import FULL, MINIMAL, bodies, bodies_with_refs

KEY = "sk_s3cret-key"
SAY = words("en")
SHELLS = [shell for shell in ("sh", "bash", "zsh", "ksh") if shutil.which(shell)]
# A shell changes these itself, so that they hold what it wants.
OF_THE_SHELL = {"_", "IFS", "PATH", "PWD", "OLDPWD", "PPID", "UID", "EUID", "SHLVL", "LINENO", "OPTIND"}

# Every program on PATH is one of these: they write down what they were given.
SPY = """#!/bin/sh
printf '%s\\0' "$@" > "$SPIES/{name}.argv"
{rest}
"""

secrets = st.text(
    st.sampled_from("aZ0 \"'\\$`!{}%&/#\n\r\t\x01\x0b\x1b\x1f\x7f\x85\u2028中é😀"), max_size=16
).map("s3cret{}".format)
HARD_SECRET = "s3cret" + "".join(map(chr, range(1, 128))) + '\\\\"\\n\\u0041 中文 é😀\u2028\n'


@pytest.fixture(scope="module")
def spies(tmp_path_factory):
    """A folder whose curl and awk write down their arguments, and what curl was given to read."""
    folder = tmp_path_factory.mktemp("spies")
    programs = {"curl": 'cat > "$SPIES/stdin"; echo "{}"', "awk": f'exec {shutil.which("awk")} "$@"'}
    for name, rest in programs.items():
        (folder / name).write_text(SPY.format(name=name, rest=rest))
        (folder / name).chmod(0o755)
    return folder


def run(shell, text, folder, *, interactive=False, **environ):
    for name in ("curl.argv", "awk.argv", "stdin"):
        (folder / name).unlink(missing_ok=True)
    return subprocess.run(
        [*shell.split(), *(["-i"] if interactive else ["-s"])],
        input=text.encode(),
        env={**environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "SPIES": str(folder)},
        capture_output=True,
        timeout=30,
        check=False,
    )


def arguments(folder, name="curl"):
    path = folder / f"{name}.argv"
    return path.read_bytes().decode().split("\0")[:-1] if path.exists() else None


def option(line):
    """Read a line of a curl config by the rules of curl's manual."""
    name, text = re.fullmatch(r'([a-z-]+) = "((?:[^"\\]|\\.)*)"', line, re.DOTALL).groups()
    letters = {"t": "\t", "n": "\n", "r": "\r", "v": "\v"}
    return name, re.sub(r"\\(.)", lambda match: letters.get(match[1], match[1]), text, flags=re.DOTALL)


def sent(folder):
    """The body and the key that curl was given."""
    argv = arguments(folder)
    assert argv[0] == "--disable"
    text = (folder / "stdin").read_bytes().decode()
    if "--config" in argv:
        options = dict(option(line) for line in text.split("\n")[:-1])
        header, data = options["header"], options["data-raw"]
    else:
        header, data = text.removesuffix("\n"), argv[argv.index("--data-raw") + 1]
    return json.loads(data), header.removeprefix("Authorization: Bearer ")


def names_of(body):
    return sorted({row["value"].name for row in body.get("envs", []) if isinstance(row.get("value"), EnvRef)})


@given(bodies | bodies_with_refs)
def test_a_curl_text_reads_back_as_its_body(body):
    for language in LANGUAGES:
        assert read_curl(to_curl(body, words(language))) == Imported("curl", body, (), "api.ppio.com")


@settings(max_examples=30)
@given(st.sampled_from(SHELLS), bodies)
def test_a_shell_gives_curl_the_exact_body_and_the_key_on_its_input(spies, shell, body):
    done = run(shell, to_curl(body, SAY), spies, PPIO_API_KEY=KEY)
    assert (done.returncode, done.stderr) == (0, b"")
    assert sent(spies) == (body, KEY)
    assert KEY not in str(arguments(spies))
    assert arguments(spies, "awk") is None


@pytest.mark.long
@settings(max_examples=30)
@given(st.sampled_from(SHELLS), bodies_with_refs, st.data())
def test_values_of_the_environment_arrive_exactly_and_in_no_argument(spies, shell, body, data):
    names = names_of(body)
    if OF_THE_SHELL & {*names}:
        return
    environ = {name: data.draw(secrets) for name in names}
    done = run(shell, to_curl(body, SAY), spies, **environ, PPIO_API_KEY=KEY)
    assert (done.returncode, done.stderr) == (0, b"")
    assert sent(spies) == (resolved(body, environ)[0], KEY)
    for name in ("curl", "awk"):
        assert "s3cret" not in str(arguments(spies, name))


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", ["HF_TOKEN", "LC_ALL"])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "zh_CN.GBK"])
def test_every_character_of_a_value_arrives_in_every_locale(spies, shell, name, locale):
    body = {**MINIMAL, "envs": [{"key": "A", "value": EnvRef(name)}, {"key": "B", "value": ""}]}
    environ = {"LANG": locale, name: HARD_SECRET}
    text = to_curl(body, SAY)
    assert ("LC_ALL=C awk" in text) == (name != "LC_ALL")
    run(shell, text, spies, **environ, PPIO_API_KEY=KEY)
    assert sent(spies) == (resolved(body, environ)[0], KEY)


@pytest.mark.long
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("interactive", [False, True])
@pytest.mark.parametrize(
    ("environ", "missing"),
    [({}, "PPIO_API_KEY"), ({"PPIO_API_KEY": ""}, "PPIO_API_KEY"), ({"PPIO_API_KEY": KEY}, "HF_TOKEN")],
)
def test_what_is_not_set_stops_it_before_curl_starts(spies, shell, interactive, environ, missing):
    body = {**MINIMAL, "envs": [{"key": "A", "value": EnvRef("HF_TOKEN")}]}
    for one in [body] if missing == "HF_TOKEN" else [body, MINIMAL]:
        done = run(shell, to_curl(one, SAY), spies, interactive=interactive, **environ)
        assert missing in done.stderr.decode()
        assert arguments(spies) is None
        assert interactive or done.returncode != 0


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("practice", [False, True])
def test_a_shell_that_is_traced_prints_neither_the_key_nor_a_value(spies, shell, practice):
    with_value = {**MINIMAL, "envs": [{"key": "A", "value": EnvRef("HF_TOKEN")}]}
    for body in (MINIMAL, with_value):
        text = to_curl(body, SAY, practice=practice)
        done = run(shell, f"set -x\n{text}echo still", spies, PPIO_API_KEY=KEY, HF_TOKEN="s3cret-value")
        assert done.returncode == 0
        assert b"still" in done.stdout
        assert b"+" in done.stderr, "the shell is traced"
        assert b"echo still" in done.stderr, "and goes on being so"
        assert b"s3cret" not in done.stderr + done.stdout
        assert sent(spies)[1] == KEY


@pytest.mark.parametrize("shell", SHELLS)
def test_a_variable_that_is_set_but_not_exported_or_empty_is_taken(spies, shell):
    body = {**MINIMAL, "envs": [{"key": name, "value": EnvRef(name)} for name in ("HF_TOKEN", "EMPTY")]}
    run(shell, f"PPIO_API_KEY={KEY}\nHF_TOKEN=s3cret EMPTY=\n{to_curl(body, SAY)}", spies)
    assert sent(spies) == (resolved(body, {"HF_TOKEN": "s3cret", "EMPTY": ""})[0], KEY)


@pytest.mark.long
@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("refs", [False, True])
def test_it_can_be_pasted_into_an_interactive_shell(spies, shell, refs):
    envs = [
        {"key": "BANG", "value": "!! !$ a!b 'c'!d \"!e\" ^x^y"},
        {"key": "T", "value": "\t\x1b[A`id`$(id)"},
    ]
    if refs:
        envs.append({"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")})
    body, environ = {**MINIMAL, "envs": envs}, {"HF_TOKEN": "s3cret!!"}
    text = to_curl(body, SAY)
    assert "!" not in text  # some shells know no quotes over several lines when they look for it
    run(shell, text, spies, interactive=True, **environ, HISTFILE="/dev/null", PPIO_API_KEY=KEY)
    assert sent(spies) == (resolved(body, environ)[0], KEY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_comments_hold_nothing_that_acts_where_a_shell_takes_them_for_a_command(language):
    for line in to_curl(MINIMAL, words(language)).split("\n")[:2]:
        assert line.startswith("# ")
        assert not re.search(r"""['"`$\\;&|<>(){}\[\]*?!~#]""", line[2:])


def test_host_and_name_of_the_key_are_those_of_the_cloud(spies):
    text = to_curl(MINIMAL, SAY, base_url="https://api.novita.ai", key_name="NOVITA_API_KEY")
    run("sh", text, spies, NOVITA_API_KEY=KEY)
    assert sent(spies) == (MINIMAL, KEY)
    assert "https://api.novita.ai/gpus/v2/instances" in arguments(spies)


def test_it_neither_tries_again_nor_follows_nor_reads_a_curlrc(spies):
    for body in (MINIMAL, {**MINIMAL, "envs": [{"key": "A", "value": EnvRef("A")}]}):
        run("sh", to_curl(body, SAY), spies, A="", PPIO_API_KEY=KEY)
        argv = arguments(spies)
        assert argv[0] == "--disable"
        assert {"--silent", "--show-error", "--fail-with-body"} < {*argv}
        assert not [word for word in argv if word.startswith(("--retry", "--location", "-L"))]


class Recorder(BaseHTTPRequestHandler):
    """A cloud that writes down what arrives, and answers with the status that its server has."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.arrived.append((self.path, dict(self.headers), json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(b'{"id": "i-1"}')

    def log_message(self, *_args):
        pass


@contextmanager
def recording(status=200):
    with HTTPServer(("127.0.0.1", 0), Recorder) as server:
        server.arrived, server.status = [], status
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def with_real_curl(body, server, tmp_path, **environ):
    text = to_curl(body, SAY, base_url=f"http://127.0.0.1:{server.server_port}")
    (tmp_path / ".curlrc").write_text("location\nretry = 3\nretry-all-errors\n")
    return subprocess.run(
        ["sh"],
        input=text.encode(),
        env={**environ, "PATH": os.environ["PATH"], "PPIO_API_KEY": KEY, "HOME": str(tmp_path)},
        capture_output=True,
        timeout=30,
        check=False,
    )


needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="no curl here: the spy stands for it")


@needs_curl
def test_the_real_curl_sends_it_once(tmp_path):
    refs = [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}, {"key": "EMPTY", "value": EnvRef("EMPTY")}]
    environ = {"HF_TOKEN": HARD_SECRET, "EMPTY": ""}
    with recording() as server:
        for body in (MINIMAL, FULL, {**FULL, "envs": FULL["envs"] + refs}):
            done = with_real_curl(body, server, tmp_path, **environ)
            assert (done.returncode, done.stdout, done.stderr) == (0, b'{"id": "i-1"}\nHTTP 200\n', b"")
            path, headers, arrived = server.arrived.pop()
            assert (path, arrived) == ("/gpus/v2/instances", resolved(body, environ)[0])
            assert headers["Content-Type"] == "application/json"
            assert headers["Authorization"] == f"Bearer {KEY}"
        assert server.arrived == []


@needs_curl
@pytest.mark.parametrize("status", [307, 400, 503])
def test_the_real_curl_shows_a_refusal_fails_and_sends_nothing_more(tmp_path, status):
    with recording(status) as server:
        done = with_real_curl(MINIMAL, server, tmp_path)
        assert (done.returncode != 0) == (status >= 400)
        assert done.stdout == f'{{"id": "i-1"}}\nHTTP {status}\n'.encode()
        assert len(server.arrived) == 1


def test_no_text_of_curl_holds_a_value_of_the_environment(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_s3cret")
    monkeypatch.setenv("PPIO_API_KEY", KEY)
    text = to_curl({**MINIMAL, "envs": [{"key": "HF_TOKEN", "value": EnvRef("HF_TOKEN")}]}, SAY)
    assert "s3cret" not in text
    assert "HF_TOKEN" in text


# -- a command, read

URL = "https://api.ppio.com/gpus/v2/instances"
JSON = json.dumps(MINIMAL)

DOCUMENTED = f"""\
curl --request POST \\
  --url {URL} \\
  --header 'Authorization: Bearer sk_s3cret' \\
  --header 'Content-Type: application/json' \\
  --data '{json.dumps(MINIMAL, indent=2)}'
"""


def plain(read):
    """What was read, where nothing was left out."""
    assert read.left_out == ()
    return read.kind, read.draft


def left_out(text):
    return [(one.code, one.params) for one in read_curl(text).left_out]


def test_the_command_of_the_documentation_is_read_and_its_key_is_dropped():
    read = read_curl(DOCUMENTED)
    assert (read.kind, read.draft) == ("curl", MINIMAL)
    assert [one.code for one in read.left_out] == ["curl_key"]
    assert "s3cret" not in repr(read)
    for language in LANGUAGES:
        assert "PPIO_API_KEY" in read.left_out[0].sentence(words(language))


@pytest.mark.parametrize(
    "text",
    [
        f"curl {URL} -d '{JSON}'",
        f"curl -X POST {URL} --data-raw '{JSON}'",
        f"curl -sSfXPOST '{URL}/' -d'{JSON}'",
        f"$ curl -sS --json '{JSON}' \"{URL}\"",
        f"!curl --data-binary '{JSON}' --url {URL}",
        f"/usr/bin/curl -H content-type:application/json {URL} --data-ascii '{JSON}'",
        f"curl.exe {URL} -d {json.dumps(JSON)}",
        f"curl {URL} --json '{JSON[:20]}' --json '{JSON[20:]}'",
        f"curl {URL.removeprefix('https://')} -d '{JSON}'",
        f"curl \"$BASE/gpus/v2/instances\" -d '{JSON}'",
        f"curl ${{BASE}}/gpus/v2/instances -d '{JSON}' | python -m json.tool > answer.json 2>&1",
        f"curl \\\r\n  {URL} \\\r\n  -d '{JSON}'\r\n",
        f"A=1 curl {URL} -d @- <<EOF\n{JSON}\nEOF\n",
        f"curl {URL} --data-binary @- <<-'EOF' && echo done\n\t{JSON}\n\tEOF\necho later",
        f"curl {URL} -d @- <<< '{JSON}'",
        f"cat <<'END' | curl {URL} -d @-\n{JSON}\nEND",
        f"# a comment's quote\ncurl {URL} -d '{JSON}' # and 'another",
        f"cd /tmp; (curl {URL} -d '{JSON}') &",
    ],
)
def test_curl_is_read_however_it_is_written(text):
    assert plain(read_curl(text)) == ("curl", MINIMAL)


@pytest.mark.parametrize(
    "data",
    [
        r"""$'{"name": "it\'s \\"a\\" \u4f60\u597d\x21"}'""",
        r'''"{\"name\": \"it's \\\"a\\\" 你好!\"}"''',
        r"""'{"name": "it'\''s \"a\" 你好!"}'""",
        r"""'{"name": "it'"'"'s \"a\" '你好\!'"}'""",
        '\'{"name": "it\'\\\n\\\'\'s \\"a\\" 你好!"}\'',
    ],
)
def test_every_way_to_quote_is_known(data):
    assert read_curl(f"curl {URL} -d {data}").draft == {"name": 'it\'s "a" 你好!'}


@pytest.mark.parametrize(
    "data",
    [
        '"{\\"envs\\": [{\\"key\\": \\"A\\", \\"value\\": \\"$HF_TOKEN\\"}]}"',
        """'{"envs": [{"key": "A", "value": "'"$HF_TOKEN"'"}]}'""",
        """'{"envs": [{"key": "A", "value": "'${HF_TOKEN}'"}]}'""",
        '@- <<END\n{"envs": [{"key": "A", "value": "$HF_TOKEN"}]}\nEND',
        """'{"envs": [{"key": "A", "value": {"$env": "HF_TOKEN"}}]}'""",
    ],
)
def test_a_variable_of_the_shell_becomes_a_reference(data):
    expected = {"envs": [{"key": "A", "value": EnvRef("HF_TOKEN")}]}
    assert plain(read_curl(f"curl {URL} -d {data}")) == ("curl", expected)


def test_a_dollar_that_the_shell_leaves_alone_stays_text():
    envs = [{"key": "A", "value": "$HF_TOKEN"}]
    for data in (
        """'{"envs": [{"key": "A", "value": "$HF_TOKEN"}]}'""",
        '"{\\"envs\\": [{\\"key\\": \\"A\\", \\"value\\": \\"\\$HF_TOKEN\\"}]}"',
        '@- <<\'END\'\n{"envs": [{"key": "A", "value": "$HF_TOKEN"}]}\nEND',
    ):
        assert plain(read_curl(f"curl {URL} -d {data}")) == ("curl", {"envs": envs})


def test_only_the_value_that_the_shell_fills_in_becomes_a_reference():
    rows = [{"key": key, "value": "$HF_TOKEN"} for key in "ABCDEFGHIJKLM"]
    text = json.dumps({"envs": rows})
    text = text.replace('"L", "value": "', '"L", "value": "\'${X}\'0')  # ${X}0, then what is quoted
    text = text.replace('$HF_TOKEN"}]', "'$HF_TOKEN'\"}]")
    read = read_curl(f"curl {URL} -d '{text}'")
    assert read.draft["envs"] == [
        *rows[:-2],
        {"key": "L", "value": "${X}0$HF_TOKEN"},
        {"key": "M", "value": EnvRef("HF_TOKEN")},
    ]
    assert [(one.code, one.params) for one in read.left_out] == [("curl_variable", {"name": "X"})]


def test_an_expansion_that_reads_as_rows_of_its_own_is_text_and_is_said():
    text = '{"envs": [{"key": "A", "value": "\'${B:-"},{"a":"}\'"}]}'
    read = read_curl(f"curl {URL} -d '{text}'")
    assert read.draft == {"envs": [{"key": "A", "value": '${B:-"},{"a":"}'}]}
    assert [(one.code, one.params) for one in read.left_out] == [("curl_variable", {"name": "B"})]


@pytest.mark.parametrize(
    ("name", "value"), [("HOST", "a-$HOST"), ("HOST", "${HOST:-a}"), ("(…)", "$(hostname)"), ("(…)", "`id`")]
)
def test_what_the_shell_would_fill_in_elsewhere_is_said(name, value):
    read = read_curl(f'curl {URL} -d "{{\\"name\\": \\"{value}\\"}}"')
    assert read.draft == {"name": value}
    assert [(one.code, one.params) for one in read.left_out] == [("curl_variable", {"name": name})]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("-H 'Authorization: Bearer sk_s3cret'", ("curl_key", {})),
        ('-H "authorization: Bearer $PPIO_API_KEY"', ("curl_key", {})),
        ("-u user:s3cret", ("curl_key", {})),
        ("--oauth2-bearer s3cret", ("curl_key", {})),
        ("-H 'X-Trace: s3cret'", ("curl_header", {"name": "X-Trace"})),
        ("-H 'Content-Type: text/plain'", ("curl_header", {"name": "Content-Type"})),
        ("-H s3cret", ("curl_option", {"option": "--header"})),
        ("-H @headers", ("curl_option", {"option": "--header"})),
        ("-K s3cret.conf", ("curl_option", {"option": "--config"})),
        ("-x http://user:s3cret@proxy", ("curl_option", {"option": "--proxy"})),
        ("-b session=s3cret", ("curl_option", {"option": "--cookie"})),
        ("--retry 3", ("curl_option", {"option": "--retry"})),
        ("-kL", ("curl_option", {"option": "--insecure"})),
        ("-6", ("curl_option", {"option": "-6"})),
        ("--not-known-here s3cret", ("curl_option", {"option": "--not-known-here"})),
        ("--'s3cret value'", ("curl_option", {"option": "--…"})),
    ],
)
def test_what_has_no_place_in_a_body_is_named_and_never_its_value(part, expected):
    read = read_curl(f"curl {part} {URL} -d '{JSON}'")
    assert read.draft == MINIMAL
    first = read.left_out[0]
    assert (first.code, first.params) == expected
    assert "s3cret" not in repr(read)
    for language in LANGUAGES:
        assert "s3cret" not in first.sentence(words(language))


@pytest.mark.parametrize(
    "before",
    [
        "printf 'Authorization: Bearer sk_s3cret' | curl --header @-",
        "printf 'Authorization: Bearer %s\\n' sk_s3cret | curl --header @-",
        'echo "authorization: sk_s3cret" | curl -H @-',
        "export PPIO_API_KEY=sk_s3cret; curl",
        "PPIO_API_KEY=sk_s3cret curl",
        "NOVITA_API_KEY='sk_s3cret'\ncurl",
    ],
)
def test_a_key_beside_the_command_is_noticed(before):
    read = read_curl(f"{before} {URL} --data-raw '{JSON}'")
    assert read.draft == MINIMAL
    assert [one.code for one in read.left_out] == ["curl_key"]
    assert "s3cret" not in repr(read)


def test_a_key_in_a_document_is_noticed():
    read = read_curl(
        f"curl {URL} -K - --data-raw '{JSON}' <<END\nheader = \"Authorization: Bearer sk_x\"\nEND"
    )
    assert [one.code for one in read.left_out] == ["curl_key"]


@pytest.mark.parametrize("body", [MINIMAL, FULL, {"envs": [{"key": "A", "value": EnvRef("HF_TOKEN")}]}])
def test_no_key_is_noticed_where_a_variable_stands_for_it(body):
    assert read_curl(to_curl(body, words("en"))).left_out == ()
    own = f"echo \"Authorization: Bearer $KEY\" | curl {URL} -H @- -d '{JSON}'"
    assert read_curl(own).left_out == ()


def test_the_same_is_left_out_once():
    assert left_out(f"curl -v -v -H 'A: 1' -H 'A: 2' {URL} -d '{JSON}'") == [
        ("curl_option", {"option": "--verbose"}),
        ("curl_header", {"name": "A"}),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "curl_none"),
        ("wget https://api.ppio.com", "curl_none"),
        ("echo curl", "curl_none"),
        (f"curl {URL} -d '{JSON}'; curl {URL} -d '{JSON}'", "curl_many"),
        (f"curl {URL} -d '{JSON}' --next {URL}", "curl_many"),
        (f"curl -d '{JSON}'", "curl_url"),
        (f"curl {URL}/s3cret/stop -d '{JSON}'", "curl_url"),
        (f"curl {URL}?key=s3cret -d '{JSON}'", "curl_url"),
        (f"curl https://api.ppio.com/v3/openai/chat/completions -d '{JSON}'", "curl_url"),
        (f"curl https://evil.example/{URL} -d '{JSON}' --url https://s3cret", "curl_url"),
        (f"curl -X PUT {URL} -d '{JSON}'", "curl_url"),
        (f"curl -G {URL} -d '{JSON}'", "curl_url"),
        (f"curl {URL}", "curl_body"),
        (f'curl {URL} -d "$BODY"', "curl_body"),
        (f'curl {URL} -d "$(cat s3cret)"', "curl_body"),
        (f"curl -X POST {URL}", "curl_body"),
        (f"curl -F name=s3cret {URL}", "curl_body"),
        (f"cat body.json | curl {URL} -d @-", "curl_body"),
        (f"curl {URL} -d @s3cret.json", "curl_file"),
        (f"curl {URL} --json @s3cret.json", "curl_file"),
        (f"curl {URL} -d 's3cret'", "curl_json"),
        (f"curl {URL} -d a=s3cret -d b=2", "curl_json"),
        (f"curl {URL} -d '{'[' * 100_000}'", "curl_json"),
        (f"curl {URL} -d '[\"s3cret\"]'", "body_kind"),
        (f"curl {URL} -d 's3cret", "line_quote"),
        (f'curl {URL} -d "s3cret', "line_quote"),
        (f"curl {URL} -d $'s3cret", "line_quote"),
        (f"curl {URL} -d $'s3cret\\xe5\\xa5\\xbd'", "shell_escape"),
    ],
)
def test_what_is_no_such_command_is_refused_in_words(text, code):
    with pytest.raises(InputError) as caught:
        read_curl(text)
    error = caught.value
    assert error.code == code
    for language in LANGUAGES:
        assert "s3cret" not in error.sentence(words(language)) + repr(vars(error)) + repr(error.__context__)


def test_a_body_of_any_shape_is_a_draft():
    for draft in (
        {},
        {"envs": 1},
        {"envs": [1, {}, {"value": 2}]},
        {"x": {"$env": "A"}},
        {**FULL, "name": 7},
    ):
        assert read_curl(f"curl {URL} -d {shlex.quote(json.dumps(draft))}").draft == draft


_shell = st.sampled_from(
    [
        *"'\"\\$`{}()<>|&;# \n\ta@-=:",
        "curl ",
        URL,
        " -d ",
        "$'",
        "<<",
        "<<<",
        "EOF",
        "\\x",
        "\\U",
        "ffffffff",
        JSON,
    ]
)


@given(st.lists(_shell, max_size=30).map("".join), st.sampled_from(["", f"curl {URL} -d "]))
def test_any_text_is_read_or_refused_in_words(text, before):
    with suppress(PpioError):
        assert read_curl(before + text).kind == "curl"
