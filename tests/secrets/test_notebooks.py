"""``ppio-widgets check-notebook``: secrets in saved notebooks, wherever they are and however written."""

import io
import json
import os
import time
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import nbformat
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.__main__ import main
from ppio_widgets.secrets.in_use import Secret, secrets_in_use
from ppio_widgets.secrets.notebooks import look_through
from ppio_widgets.secrets.patterns import sightings, written_out
from tests.secrets.test_redaction import ENCODINGS
from tests.support.practice import KEY as PRACTICE_KEY
from tests.support.sweep import ENV_SECRET, KEY

ROOT = Path(__file__).parents[2]

# One of each shape; none of them was ever anybody's.
KEYS = {
    "sk_": "sk_0wXc8VbN2mQ4rTy6Ui8oPa1b2",
    "sk_ with dashes": "sk_Zx9-kL3mN5pQ7rS9t_V1wXa1b2",
    "sk-": "sk-proj-4f8aB2cD6eF0gH1iJ3kLa1b2",
    "Bearer": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0wa1b2",
    "hf_": "hf_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123a1b2",
    "ghp_": "ghp_0123456789abcdefghijklmnopqrstuva1b2",
    "github_pat_": "github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXa1b2",
    "glpat-": "glpat-aB3dE6gH9jK2mN5pa1b2",
    "xoxb-": "xoxb-123456789012-abcdefABCDEF0a1b2",
    "AKIA": "AKIA2E3Q5RT7XYABA1B2",
    "AIza": "AIzaSyD0123456789abcdefghijklmnopqra1b2",
    "private": "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA75x",
}

HARMLESS = [
    PRACTICE_KEY,
    f"Authorization: Bearer {PRACTICE_KEY}",
    "Bearer $PPIO_API_KEY, Bearer {key}, Bearer YOUR_API_KEY_GOES_HERE, bearer of bad news: everything",
    "sk_learn_preprocessing_pipeline_v2_final_2024 = sk_xxxxxxxxxxxxxxxxxxxxxxxx",
    "<div id='sk-container-id-12' class='sk-top-container sk-estimator-doc-link'>",
    "<div id='sk-1b4e28ba-2fa1-11d2-883f-0016d3cca427'>",
    "from huggingface_hub import hf_hub_download_with_progress_and_resume as hf_get",
    "AKIAIOSFODNN7EXAMPLE is the documentation's",
    "mask_0wXc8VbN2mQ4rTy6Ui8o disk_0wXc8VbN2mQ4rTy6Ui8o",
    "XAKIA2E3Q5RT7XYABA1B2 AKIA2E3Q5RT7XYABA1B2X",
    "task-based and risk-averse-approaches-2024, sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    "postgres://user:password@localhost/db https://me:$PASS@host http://{user}:{pw}@h a://b:%s@c x://u:***@h",
    "https://api.ppio.com:443/a@b git@github.com:x/y http://localhost:8888/?a=b:c@d ssh://git@host:22/x",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0B -----BEGIN PRIVATE KEY----- goes here",
    "EnvRef('HF_TOKEN') {'$env': 'HF_TOKEN'} hf_… ghp_… sk_…a1b2",
]


@pytest.fixture(autouse=True)
def _no_secrets_of_this_machine(monkeypatch):
    for one in secrets_in_use():
        for name, value in list(os.environ.items()):
            if value.strip() == one.value:
                monkeypatch.delenv(name)


@pytest.fixture
def saved(tmp_path):
    """Save a notebook and return its path."""

    def saved(*cells, name="sheet.ipynb", **more):
        made = [cell if isinstance(cell, dict) else code(cell) for cell in cells]
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made, **more}
        path = tmp_path / name
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return str(path)

    return saved


@pytest.fixture
def check(capsys):
    """Run the command; returns its code, what it printed and what it complained of."""

    def check(*files):
        code = main(["check-notebook", *files])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return check


def code(source, *outputs, **more):
    return {"cell_type": "code", "source": source, "outputs": list(outputs), "metadata": {}, **more}


def result(**data):
    data = {kind.replace("_", "/", 1): value for kind, value in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def stream(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


# What looks like a key.


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize(
    "around",
    [
        *(
            "{}",
            "key = '{}'",
            "api_key={}&x",
            '{{"a": "{}"}}',
            "x\\n{}\\n",
            "密钥{}。",
            "%20{}",
            "\x1b[32m{}\x1b[0m",
        ),
        *("<b>{}</b>", "https://user:{}@host"),
    ],
)
def test_what_looks_like_a_key_is_found_masked(check, saved, key, around):
    file = saved(code("x = 1"), code(["import os\n", "# ", around.format(key)], stream("fine")))
    status, said, _ = check(file)
    assert status == 1
    assert said.startswith(f"{file}: cell 2: looks like ")
    assert said.count("\n") == 1
    assert key not in said
    assert key[8:-4] not in said
    assert ("a1b2)" in said.lower()) == (not key.startswith("-----"))


@pytest.mark.parametrize(
    "address",
    [
        "postgres://me:hunter2@db.example:5432/x",
        "redis://:p%40ss:w@10.0.0.1",
        "HTTPS://a.b:p$w@[::1]/",
        "a+b://c:d@e",
    ],
)
@pytest.mark.parametrize("around", ["{}", "URL={}", '{{"a": "{}"}}', "<b>{}</b>", "x\\n{}\\n"])
def test_a_password_in_an_address_is_found_and_nothing_of_it_shown(check, saved, address, around):
    file = saved(code("x = 1"), code(around.format(address)))
    assert check(file)[:2] == (1, f"{file}: cell 2: looks like a password in an address (://…)\n")


def test_the_sentence_says_where_and_shows_the_ends_only(check, saved):
    cells = [code(""), code(""), code("", result(text_plain=f"'{KEYS['sk_']}'"))]
    assert check(saved(*cells))[1].endswith(
        "sheet.ipynb: cell 3, output 1: looks like an API key (sk_…a1b2)\n"
    )


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_begins_like_a_key_is_none(check, saved, text):
    status, said, _ = check(saved(code(text, stream(text), result(text_html=text), metadata={"x": text})))
    assert (status, said) == (0, "Looked through 1: no key or secret found.\n")


@given(st.text())
def test_any_text_is_looked_through(text):
    for seen in sightings(text):
        assert text[seen.start : seen.end]


@given(st.text("sk_-BearerAKIA0hf \n", max_size=200))
def test_no_text_shows_more_of_a_key_than_its_ends(text):
    for seen in sightings(text):
        begin, _, last = seen.shown.partition("…")
        assert text[seen.start :].startswith(begin)
        assert len(last) <= 4


# Where it is.


def widgets(value):
    state = {"abc": {"model_name": "TextModel", "state": {"value": value, "layout": "IPY_MODEL_x"}}}
    return {"widgets": {"application/vnd.jupyter.widget-state+json": {"state": state}}}


PLACES = {
    "cell 1: ": lambda key: {"cells": [code(f"k = {key}")]},
    "cell 2: ": lambda key: {"cells": [code(""), {"cell_type": "markdown", "metadata": {}, "source": [key]}]},
    "cell 1, output 2: ": lambda key: {"cells": [code("", stream("a"), stream(["x\n", f"{key}\n", "y"]))]},
    "cell 1, output 1: ": lambda key: {"cells": [code("", result(application_json={"a": [{"b": key}]}))]},
    "cell 1, metadata: ": lambda key: {
        "cells": [code("", metadata={"papermill": {"parameters": {"k": key}}})]
    },
    "cell 1, attachment: ": lambda key: {
        "cells": [{"cell_type": "markdown", "source": "", "attachments": {"a.txt": {"text/plain": key}}}]
    },
    "metadata of the notebook: ": lambda key: {"cells": [], "metadata": {"env": {"k": key}}},
    "saved state of the widgets: ": lambda key: {"cells": [], "metadata": widgets(key)},
    "cell 1: (id)": lambda key: {"cells": [code("", id=key)]},
    "cell 1, output 1: (key)": lambda key: {"cells": [code("", result(application_json={key: 1}))]},
    "cell 1, output 1: (error)": lambda key: {
        "cells": [
            code("", {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["a", f"b {key} c"]})
        ]
    },
    "cell 1, output 1: (svg)": lambda key: {
        "cells": [code("", result(**{"image_svg+xml": f"<text>{key}</text>"}))]
    },
    "metadata of the notebook: (format 3)": lambda key: {
        "worksheets": [{"cells": [{"input": ["a"]}, {"cell_type": "code", "input": [key], "outputs": []}]}]
    },
    "metadata of the notebook: (signature)": lambda key: {"cells": [], "signature": key},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["shape", "key", "variable"])
def test_every_part_of_a_notebook_is_looked_through(check, tmp_path, monkeypatch, place, kind):
    secret = {"shape": KEYS["sk_"], "key": KEY, "variable": ENV_SECRET}[kind]
    monkeypatch.setenv("PPIO_API_KEY", KEY)
    monkeypatch.setenv("HF_TOKEN", ENV_SECRET)
    file = tmp_path / "one.ipynb"
    file.write_text(json.dumps({"nbformat": 4, **PLACES[place](secret)}), encoding="utf-8")
    status, said, _ = check(str(file))
    assert status == 1
    where = place.partition("(")[0].rstrip() + " "
    what = {
        "shape": "looks like an API key (sk_…a1b2)",
        "key": "holds your API key (ending in Ef56)",
        "variable": "holds the value of the environment variable HF_TOKEN",
    }[kind]
    assert f"{file}: {where}{what}\n" in said
    assert secret not in said


# What is known.


@pytest.mark.parametrize("name", ["PPIO_API_KEY", "NOVITA_API_KEY", "HF_TOKEN", "DB_PASSWORD", "keyring"])
@pytest.mark.parametrize("secret", [KEY, ENV_SECRET], ids=["key", "secret"])
def test_a_known_secret_is_found_in_every_form(check, saved, monkeypatch, name, secret):
    if name == "keyring":
        monkeypatch.setattr("ppio_widgets.secrets.in_use.ask_keyring", lambda _host: f" {secret}\n")
    else:
        monkeypatch.setenv(name, f"{secret}\n")
    raw = [b64encode(before + secret.encode() + b"..").decode() for before in (b"", b"1", b"12")]
    for form in (*(encode(secret) for encode in ENCODINGS.values()), *raw):
        status, said, _ = check(saved(code(["before\n", f"x{form}y"])))
        assert status == 1
        assert secret not in said
        assert "cell 1: holds " in said


def test_a_secret_split_over_the_lines_of_a_list_is_found(check, saved, monkeypatch):
    secret = "first line 123\nsecond line 456"
    monkeypatch.setenv("MY_SECRET", secret)
    assert check(saved(code(["first line 123\n", "second line 456"])))[0] == 1
    assert check(saved(code([KEYS["sk_"][:9], KEYS["sk_"][9:]])))[0] == 1
    assert check(saved(code("", stream(["ab", "AKIA2E3Q5RT7XYABA1B2"]))))[0] == 1


def test_a_secret_in_the_base64_of_an_output_is_found_and_a_picture_that_looks_like_a_key_is_none(
    check, saved, monkeypatch
):
    picture = "iVBORw0KGgo+AKIA2E3Q5RT7XYABA1B2+hf_" + KEYS["sk_"]
    packed = [
        code("", result(image_png=picture), result(application_pdf=[picture, picture])),
        {"cell_type": "markdown", "source": "", "attachments": {"a.png": {"image/png": picture}}},
    ]
    state = {"state": {}, "buffers": [{"encoding": "base64", "path": ["value"], "data": picture}]}
    assert check(saved(*packed, metadata={"widgets": {"x": state}}))[0] == 0
    monkeypatch.setenv("HF_TOKEN", ENV_SECRET)
    hidden = b64encode(f"........{ENV_SECRET}".encode()).decode()
    assert "cell 1, output 1: holds" in check(saved(code("", result(image_png=hidden))))[1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HF_TOKEN", "short12"),
        ("PWD", "/work/training"),
        ("HOME_PAGE", "https://example.com/long"),
        ("PUBLIC_KEY", "ssh-rsa-0123456789"),
        ("PPIO_API_KEY", PRACTICE_KEY),
        ("SSH_AUTH_SOCK", str(ROOT)),
    ],
)
def test_what_is_no_secret_is_not_looked_for(check, saved, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert check(saved(code(f"x = '{value}'")))[0] == 0


def test_a_secret_is_said_once_for_each_place(check, saved, monkeypatch):
    monkeypatch.setenv("PPIO_API_KEY", KEYS["sk_"])
    text = f"{KEYS['sk_']} {quote(KEYS['sk_'])} Bearer {KEYS['sk_']}"
    assert check(saved(code(text, stream(text))))[1].count("holds your API key") == 2
    assert check(saved(code(f"Bearer {KEYS['sk_']}")))[1].count("\n") == 1


def test_findings_stand_in_the_order_of_the_notebook(saved):
    cells = [code(KEYS["hf_"], stream(KEYS["sk_"])), code(f"{KEYS['AKIA']} {ENV_SECRET}")]
    found = look_through(Path(saved(*cells)), [Secret("HF_TOKEN", ENV_SECRET)])
    assert [(one.place.cell, one.place.output) for one in found] == [(1, 0), (1, 1), (2, 0), (2, 0)]
    assert ENV_SECRET not in repr(found) + repr(Secret("HF_TOKEN", ENV_SECRET))


# Codes, files, languages.


def test_all_files_are_looked_through_and_the_worst_is_the_code(check, saved, tmp_path):
    clean, bad = saved(code("x"), name="clean.ipynb"), saved(code(KEYS["sk_"]), name="bad.ipynb")
    assert check(clean, clean)[:2] == (0, "Looked through 2: no key or secret found.\n")
    assert check(clean, bad)[0] == 1
    status, said, complained = check(str(tmp_path / "gone.ipynb"), bad)
    assert (status, said.count("\n"), complained.count("\n")) == (2, 1, 1)
    assert "gone.ipynb: could not be read (there is no such file" in complained
    assert check(str(tmp_path))[0] == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b'{"cells": 5}',
        b"<<<<<<< ours",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"nbformat": 4}',
        b"null",
    ],
)
def test_what_is_no_notebook_ends_with_2(check, tmp_path, content):
    file = tmp_path / "x.ipynb"
    file.write_bytes(content)
    status, said, complained = check(str(file))
    assert (status, said) == (2, "")
    assert complained == f"{file} is no notebook: name an .ipynb file.\n"


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["source", "outputs", "metadata", "widgets", "data", "image/png", "x"]), inner
            )
        ),
        max_leaves=15,
    )
)
def test_any_json_with_cells_is_looked_through(tmp_path_factory, inner):
    file = tmp_path_factory.getbasetemp() / "any.ipynb"
    file.write_text(json.dumps({"cells": [inner, KEYS["sk_"]], "metadata": inner, "y": inner}))
    assert [one.shown for one in look_through(file)] == ["sk_…a1b2"]
    file.write_text(json.dumps({"worksheets": [inner, {"cells": inner}]}))
    assert look_through(file) == []


def test_it_speaks_the_language_of_the_reader(check, saved, monkeypatch):
    monkeypatch.setenv("PPIO_WIDGETS_LANG", "zh")
    assert "第 1 个单元格：像是 API 密钥（sk_…a1b2）" in check(saved(code(KEYS["sk_"])))[1]


def test_a_stream_without_unicode_hides_no_finding(saved, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    assert main(["check-notebook", saved(code(KEYS["sk_"]))]) == 1
    stream.flush()
    assert b"looks like an API key (sk_\\u2026a1b2)" in stream.buffer.getvalue()


@pytest.mark.long
def test_a_large_notebook_takes_little_time(saved, monkeypatch):
    for number in range(10):
        monkeypatch.setenv(f"SERVICE_{number}_TOKEN", f"tok/{number}+=&<value> 0123456789")
    picture = b64encode(bytes(range(256)) * 4_000).decode()
    page = "<script>var risk_of=mask_;Bearer(sk_);</script>" * 20_000
    cells = [code(["x = 1\n"] * 200, result(image_png=picture), result(text_html=page)) for _ in range(5)]
    file = Path(saved(*cells))
    assert file.stat().st_size > 10_000_000
    begun = time.process_time()
    assert look_through(file, secrets_in_use()) == []
    assert time.process_time() - begun < 7  # seconds; it takes about one


def test_our_own_notebooks_are_clean(check):
    files = [str(path) for path in (ROOT / "notebooks").glob("*/*.ipynb")]
    assert files
    assert check(*files)[0] == 0


def test_a_notebook_as_nbformat_writes_it(check, tmp_path):
    cell = nbformat.v4.new_code_cell(f"a\nb = '{KEYS['hf_']}'\nc", id="abc")
    file = tmp_path / "x.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), file)
    assert "cell 1: looks like an access token (hf_…a1b2)" in check(str(file))[1]


def test_the_hook_of_pre_commit_runs_this_command():
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["entry"] == "ppio-widgets check-notebook"
    assert hook["types"] == ["jupyter"]
    assert set(hook) == {"id", "name", "description", "entry", "language", "types"}


HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"

WRITTEN_OUT = {
    f'WANDB_API_KEY="{HEX}"': "WANDB_API_KEY",
    f"wandb.login(key='x'); api_key: str = '{HEX}'": "api_key",
    f'client = Client(token="{HEX}", n=1)': "token",
    'os.environ["DB_PASSWORD"] = "tulip-garden-77"': "DB_PASSWORD",
    "os.environ.setdefault('DB_PASSWORD', 'tulip garden')": "DB_PASSWORD",
    "%ppio_launch --name demo --env DB_PASSWORD=tulip-garden-77 --dry-run": "DB_PASSWORD",
    "%ppio_launch --env=HF_TOKEN=hf_abc123 --yes": "HF_TOKEN",
    "!docker run -e 'HF_TOKEN=hf_abc123' img": "HF_TOKEN",
    "%env DB_PASSWORD=tulip-garden": "DB_PASSWORD",
    "%set_env DB_PASSWORD tulip-garden": "DB_PASSWORD",
    "%%bash\nexport DB_PASSWORD='tulip garden'": "DB_PASSWORD",
    '{"envs": [{"key": "DB_PASSWORD", "value": "tulip-garden"}]}': "DB_PASSWORD",
    "conn = dict(user='me', db_password=\"tulip-garden\")": "db_password",
    'secrets = {"PGPASSWORD": "tulip-garden"}': "PGPASSWORD",
    '# smtp_password = "tulip-garden"': "smtp_password",
}

NOT_WRITTEN_OUT = [
    "HF_TOKEN = getpass()",
    'os.environ["HF_TOKEN"] = "made-up"; password = "fake-one-77"',
    '{"password": "string", "client_secret": "string"}',
    'TOKEN = os.environ["HF_TOKEN_OF_2024"]',
    'HF_TOKEN = getpass("HF_TOKEN of mine, 2024: ")',
    "os.environ['HF_TOKEN'] = getpass.getpass()",
    "%ppio_launch --env HF_TOKEN --dry-run",
    "%ppio_launch --env HF_TOKEN=$HF_TOKEN --env DB_PASSWORD={pw} --env 'A_TOKEN=${A}'",
    '%ppio_launch --env {f"HF_TOKEN={token}"}',
    "%ppio_launch --env HF_TOKEN=… --env HF_TOKEN=hf_abc… --env API_KEY=your-token --env KEY=<key>",
    "%env DB_PASSWORD",
    "%env DB_PASSWORD=${PW}",
    "export TOKENIZERS_PARALLELISM=false HF_TOKEN=",
    'DB_PASSWORD = "" or "…" or "********" or "changeme" or "your-password" or "<password>" or "password"',
    'API_KEY = "your-token"; api_key="EMPTY"; api_key="not-needed"; api_key = "sk-..."; password="{{pw}}"',
    'body = {"envs": [{"key": "HF_TOKEN", "value": {"$env": "HF_TOKEN"}}]}',
    'body = {"envs": [{"key": "MODEL", "value": "conv1weight2large"}, {"key": "conv1weight2"}]}',
    'EnvRef("HF_TOKEN")',
    "tokenizer.pad_token = tokenizer.eos_token; eos_token='<|endoftext|>'; sep_token = '[SEP]'",
    "df.sort_values(key='f1_score_macro_2024', primary_key='customer_id_2024', sort_key=\"created_at\")",
    "key = 'encoder.layer1conv22.weight'; monkey = 'abcdef123456'; keyword='abcdef123456'",
    "if token == 'abcdef1234567': pass",
    'password_field = "user_password"; password = "Enter your password: "; TOKEN_URL="https://a.b/c1d2e3f4g5"',
    'PASSWORD = f"{user}-{pin}1"; password = "/run/secrets/db_1"; secret_name="prod-db-77"',
    "max_tokens='abcdef123456' author='abcdef123456' public_key='abcdef123456'",
    'AUTH = {"type": "basic"}; auth="basic-auth-mode"; passed = "tulip-garden-77"',
]


@pytest.mark.parametrize("source", WRITTEN_OUT)
def test_a_value_that_is_written_out_behind_a_secret_name_is_told_and_not_shown(check, saved, source):
    exit_code, told, _faults = check(saved("x = 1", source))
    [line] = told.splitlines()
    assert exit_code == 1
    assert line.endswith(f"cell 2: the value of {WRITTEN_OUT[source]} is written out, and looks secret")


@pytest.mark.parametrize("source", NOT_WRITTEN_OUT)
def test_a_name_alone_and_what_stands_for_a_value_is_none(saved, source):
    assert look_through(Path(saved(source))) == []


def test_what_is_found_by_its_shape_is_not_told_again_by_its_name(saved):
    assert [one.kind for one in look_through(Path(saved(f'API_KEY = "{KEYS["sk_"]}"')))] == ["key"]
    found = look_through(Path(saved(f'HF_TOKEN = "{ENV_SECRET}"')), [Secret("HF_TOKEN", ENV_SECRET)])
    assert [one.kind for one in found] == ["known_value"]


def test_an_output_that_names_a_variable_is_none(saved):
    assert look_through(Path(saved(code("fine", stream("password='tulip-garden'"))))) == []


def test_no_page_of_ours_is_found():
    pages = [*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]
    assert len(pages) > 100
    assert [one for page in pages for one in written_out(page.read_text(encoding="utf-8"))] == []


def test_a_long_text_is_looked_through_in_a_time_that_grows_with_it():
    def taken(text):
        began = time.process_time()
        assert not list(written_out(text))
        return time.process_time() - began

    pieces = ("A_TOKEN", "token ", "'token': ", "--env A_TOKEN=", "password='", "key" + " " * 50, "%env A ")
    for piece in pieces:
        short, long = (min(taken(piece * count) for _ in range(3)) for count in (2_000, 20_000))
        assert long < 40 * short + 0.5, piece
