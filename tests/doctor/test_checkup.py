"""The doctor, over real sockets: what it finds, what it tells, and what it leaves alone."""

from __future__ import annotations

import logging
import os
import re
import time
from email.utils import formatdate
from urllib.parse import quote

import httpx
import pytest

from ppio_widgets import __version__, api
from ppio_widgets.cards.checkup import report as checkup_report
from ppio_widgets.cloud import client, resources
from ppio_widgets.cloud.resources import BALANCE, BILL, PRODUCTS, PURCHASES
from ppio_widgets.doctor import checkup
from ppio_widgets.doctor.checkup import HEADING, examine
from ppio_widgets.doctor.contract import contract
from ppio_widgets.errors import InputError
from ppio_widgets.launches.ledger import Record, ledger_for
from ppio_widgets.locale.columns import width
from ppio_widgets.locale.words import joined, words
from ppio_widgets.practice.cloud import PracticeCloud
from tests.contract.test_contract import DOCUMENT
from tests.proofs.test_odd_answers import LISTINGS
from tests.support import sweep, wire
from tests.support.bodies import MINIMAL
from tests.support.hostile import TEXTS
from tests.support.wire import ENV_SECRET, REAL_KEY, answers, closed_port, faulty

SUBJECTS = ("cloud", "key", "clock", "balance", "products", "regions", "account", "instances", "bill")
HERE = ("launches", "state", "notebook", "python")


def documented():
    """The contract's own example of each read, by its path; one page, and in the practice cloud's region."""
    found = {}
    for path, calls in DOCUMENT["paths"].items():
        if "get" in calls:
            told = calls["get"]["responses"]["200"]["content"]["application/json"]["example"]
            found[path] = {**told, **({"next_cursor": "", "has_more": False} if "has_more" in told else {})}
    return found


def cloud(change=lambda _path, answer: answer, *, date=None):
    """A server that tells the contract's examples, each after a change, and takes nothing but GET."""

    def reply(request):
        path = request.target.partition("?")[0]
        known = documented()
        key = path if path in known else "/gpus/v2/instances/{instance_id}"
        told = change(path, known[key])
        status, content = told if isinstance(told, tuple) else (200, told)
        assert request.method == "GET"
        when = time.time() if date is None else date
        return status, content, f"Date: {formatdate(when, usegmt=True)}"

    return faulty(answers(reply))


@pytest.fixture
def examined(monkeypatch):
    """Examine a server with a practice key, as whatever listens on this machine gets no other."""
    monkeypatch.setenv("PPIO_WIDGETS_PRACTICE_KEY", "sk_practice_doctor.0123")

    def run(server, **more):
        return examine(base_url=server.url, **more)

    return run


def state(found, subject):
    """The state of what was found of a subject."""
    (one,) = [one for one in found.findings if subject in one.subjects]
    return one.state


def text(found, subject):
    """What was told of a subject, as a person reads it."""
    (one,) = [one for one in found.findings if subject in one.subjects]
    return joined(told.sentence(words("en")) for told in one.told)


def report(found):
    return checkup_report(found, words())


def subjects(found):
    return [subject for one in found.findings for subject in one.subjects]


def test_a_cloud_that_answers_by_the_contract_is_found_well(examined):
    with cloud() as server:
        found = examined(server)
    assert {one.subjects: one.told for one in found.findings if one.state != "well"} == {}
    assert subjects(found) == [*SUBJECTS, *HERE]
    assert (found.state, found.exit_code) == ("well", 0)
    assert "All was found well." in str(found)
    assert "A100: 12.60 per GPU and hour" in text(found, "products").replace("¥", "")
    assert text(found, "instances") == "Listed: 1."


def test_the_practice_cloud_is_found_well_served_and_in_the_kernel(server):
    server.cloud = PracticeCloud()
    for found in (examine(base_url=server.url), examine(practice=True)):
        assert {one.subjects: one.differences for one in found.findings if one.state != "well"} == {}
        assert found.exit_code == 0


def test_an_instance_is_read_in_full():
    api.launch(MINIMAL, practice=True).stop_following()
    found = examine(practice=True)
    assert text(found, "instances") == "Listed: 1."
    assert found.state == "well", found


def tree(folder):
    return {
        path.relative_to(folder): (path.stat().st_mode, path.stat().st_mtime_ns)
        for path in (folder, *folder.rglob("*"))
    }


def test_nothing_is_sent_but_get_and_nothing_on_the_disk_changes(examined, monkeypatch, tmp_path):
    ledger = ledger_for(practice=False)
    for number in range(40):  # from 32 on a look of another kind would write an index
        ledger.save(Record(f"{number:08x}", "https://api.ppio.com", "…abcd", {"name": f"n{number}"}, 1.0))
    ledger.folder.chmod(0o755)  # that one would close it to others
    before = tree(tmp_path)
    with cloud() as server:
        found = examined(server)
        assert {one.method for one in server.received} == {"GET"}
        assert len(server.received) == len({one.target for one in server.received})
    assert tree(tmp_path) == before
    assert text(found, "launches") == "Left open: 40. Look them up with %ppio launches look."


def test_what_is_asked_is_all_that_the_package_relies_on(examined):
    with cloud() as server:
        examined(server)
        paths = {one.target.partition("?")[0] for one in server.received}
    named = {one for module in (client, resources) for one in vars(module).values() if is_path(one)}
    assert paths == {*named, f"{client.INSTANCES}/ca338f12f3"}
    assert paths == {path.replace("{instance_id}", "ca338f12f3") for path in contract()}


def is_path(value):
    """Whether a constant of the package is the path of a call; those of a class are no cloud's."""
    return isinstance(value, str) and re.fullmatch(r"/(?:gpus|gpu-instance|openapi)/\S+", value) is not None


def test_a_bill_that_is_not_told_is_a_problem_as_its_verb_fails_then(examined):
    refused = 500, {"code": 500, "reason": "INTERNAL", "message": "no"}
    for path in (BILL, PURCHASES):
        with cloud(lambda at, answer, path=path: refused if at == path else answer) as server:
            found = examined(server)
        assert [one.subjects for one in found.findings if one.state != "well"] == [("bill",)]
        assert found.exit_code == 1
    with cloud() as server:
        assert text(examined(server), "bill") == "Rows of the last 31 days: 1. A live bill comes a day late."


# What differs


def changed(path, **more):
    """Change one answer, or its first row."""

    def change(at, answer):
        if at != path:
            return answer
        if "data" not in answer:
            return {**answer, **more}
        return {**answer, "data": [{**row, **more} for row in answer["data"]]}

    return change


@pytest.mark.parametrize(
    ("change", "subject", "expected", "said"),
    [
        (changed(BALANCE, colour=1), "balance", "differs", "Unknown fields: colour."),
        (changed(BALANCE, availableBalance=5), "balance", "problem", "availableBalance: integer"),
        (changed(PRODUCTS, inventory_state="plenty"), "products", "differs", "inventory_state: plenty"),
        (changed(PRODUCTS, pricing={"precision": 0}), "products", "problem", "no price can be read"),
        (changed("/gpus/v2/regions", city="x"), "regions", "differs", "Unknown fields: data[].city."),
        (changed("/gpus/v2/templates", city="x"), "templates", "differs", "Unknown fields: data[].city."),
        (changed("/gpus/v2/templates", name=None), "templates", "problem", "Missing: data[].name."),
        (changed("/gpus/v2/instances/ca338f12f3", id="other"), "instances", "problem", "another instance"),
        (lambda at, told: {"data": []} if at == PRODUCTS else told, "products", "problem", "no product"),
        (lambda at, told: (401, {"code": 401}) if at == BALANCE else told, "balance", "problem", "401"),
        (lambda at, told: {"data": []} if at.endswith("instances") else told, "instances", "differs", "more"),
    ],
)  # fmt: skip
def test_each_difference_is_told_with_its_place(examined, change, subject, expected, said):
    with cloud(change) as server:
        found = examined(server)
    assert state(found, subject) == expected
    assert said in str(found).replace("\n", " ") or said in " ".join(str(found).split())
    assert [one.state for one in found.findings if subject not in one.subjects and one.state != "well"] == []
    assert found.exit_code == {"differs": 3, "problem": 1}[expected]


def priced(**more):
    pricing = {"precision": 3, "postpaid": {"base_price": 18000, "final_price": 12600, "unit": "per_hour"}}
    return changed(PRODUCTS, pricing={**pricing, **more})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (priced(precision=0), "would cost ¥12,600.00 an hour"),
        (priced(precision=9), "would cost ¥0.0000126 an hour"),
        (priced(prepaid=[{"duration_months": 1, "final_price": 9072}]), "does not fit its months"),
    ],
)
def test_a_price_of_another_scale_is_a_problem(examined, change, said):
    with cloud(change) as server:
        found = examined(server)
    assert state(found, "products") == "problem"
    assert "Compare prices with the console before a launch" in text(found, "products")
    assert said in text(found, "products")


@pytest.mark.parametrize(
    ("ahead", "expected", "said"),
    [(0, "well", "agree"), (-30, "well", " s behind"), (10800, "problem", "3 h ahead of the cloud. Set its")],
)  # fmt: skip
def test_the_clock_is_compared_with_the_clouds(examined, ahead, expected, said):
    with cloud(date=time.time() - ahead) as server:
        found = examined(server)
    assert state(found, "clock") == expected
    assert said in text(found, "clock")


def test_one_error_of_all_calls_is_told_once(examined):
    with cloud(lambda _at, _told: (403, {"code": 403, "reason": "FORBIDDEN", "message": "no"})) as server:
        found = examined(server)
    (one,) = [one for one in found.findings if one.state == "problem"]
    assert len(one.subjects) == 10
    assert state(found, "clock") == "well"
    assert "Balance · Products · Regions" in " ".join(str(found).split())


def test_the_worst_comes_first(examined):
    with cloud(changed("/gpus/v2/regions", id=None)) as server:
        found = examined(server)
    assert str(found).split("\n")[2].startswith("PROBLEM")


def test_a_report_names_the_call_and_what_is_told_beyond_the_contract(examined):
    rows = changed("/gpus/v2/networks", region_id="r", zone="z")
    with cloud(rows) as server:
        found = examined(server)
    assert found.state == "well"
    told = " ".join(report(found).split())
    assert "Told beyond the contract: GET /gpus/v2/networks data[].region_id, data[].zone." in told
    assert "region_id" not in str(found)


# Where it cannot ask


def test_without_a_key_nothing_is_asked_and_the_way_to_one_is_told():
    found = examine()
    assert (state(found, "key"), state(found, "answers")) == ("problem", "unknown")
    assert "Sign in with %ppio login" in text(found, "key")
    assert found.exit_code == 1


@pytest.mark.parametrize(
    ("variables", "subject", "said"),
    [
        ({"PPIO_API_KEY": "short"}, "key", "PPIO_API_KEY"),
        ({"PPIO_GPU_BASE_URL": "ftp://x"}, "cloud", "base URL cannot be used"),
        ({"PPIO_GPU_BASE_URL": "https://gpu.example.com"}, "cloud", "not a known host"),
        ({"PPIO_API_KEY": REAL_KEY, "HTTPS_PROXY": "what://a:pass-w0rd@x"}, "cloud", "HTTPS_PROXY names"),
        ({"PPIO_WIDGETS_STATE_DIR": __file__}, "state", "Set PPIO_WIDGETS_STATE_DIR"),
    ],
)  # fmt: skip
def test_what_keeps_it_from_asking_is_told_without_a_value(monkeypatch, variables, subject, said):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = examine()
    assert state(found, subject) == "problem"
    assert said in text(found, subject)
    assert state(found, "answers") == "unknown"
    assert not re.search(f"{REAL_KEY}|pass-w0rd", str(found) + report(found))


def test_a_host_that_does_not_answer_is_asked_once():
    url = f"http://127.0.0.1:{closed_port()}"
    found = examine(base_url=url)
    assert state(found, "cloud") == "problem"
    assert "did not answer (ConnectError)" in text(found, "cloud")
    assert "balance" not in subjects(found)


def test_it_goes_by_the_way_of_a_launch_and_by_no_other(monkeypatch):
    """A look goes past a proxy that is dead; a launch would not, so the doctor says so."""
    monkeypatch.setenv("PPIO_API_KEY", REAL_KEY)
    monkeypatch.setenv("HTTPS_PROXY", f"http://someone:pass-w0rd@127.0.0.1:{closed_port()}")
    found = examine()
    assert state(found, "cloud") == "problem"
    assert "reached by the proxy in HTTPS_PROXY." in text(found, "cloud")
    assert "api.ppio.com did not answer (ConnectError, by the proxy in HTTPS_PROXY)." in text(found, "cloud")
    assert not re.search("someone|pass-w0rd", str(found) + report(found))


# Oddities

PLAYS = {
    "resets at once": wire.resets_at_once,
    "resets before reading": wire.resets_before_reading,
    "resets after reading": wire.resets_after_reading,
    "closes after reading": wire.closes_after_reading,
    "breaks off": wire.breaks_off_within_the_answer,
    "speaks no http": wire.speaks_no_http,
    "hangs up": wire.hangs_up_at_the_first_bytes,
    "stays silent": wire.stays_silent,
    **{f"says {one}": wire.says(one, b"<html>no</html>") for one in (204, 302, 401, 404, 429, 500, 503)},
}  # fmt: skip


def told_to_all(content):
    def play(server, connection):
        if server.read(connection):
            connection.sendall(content)

    return play


@pytest.mark.parametrize("odd", [*PLAYS, *LISTINGS])
def test_no_oddity_is_a_traceback_or_is_found_well(examined, odd, monkeypatch, caplog, capsys):
    if odd == "stays silent":
        monkeypatch.setattr(client, "_TIMEOUT", httpx.Timeout(0.2, connect=10))
    play = PLAYS.get(odd) or told_to_all(LISTINGS[odd])
    with faulty(play) as server:
        found = examined(server)
        assert {one.method for one in server.received} <= {"GET"}
    assert found.exit_code == 1
    assert "PROBLEM" in str(found)
    assert report(found).startswith(HEADING)
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert "Traceback" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "value", [None, [], "x", 7, True, {"a": 1}, [[]], [{"id": {}}], [{"id": "x" * 5000}]]
)
def test_no_kind_of_value_is_a_traceback(examined, value):
    """Every field of every answer holds something else."""

    def change(_path, answer):
        return {
            name: [dict.fromkeys(row, value) for row in one] if name == "data" else value
            for name, one in answer.items()
        }

    with cloud(change) as server:
        found = examined(server)
    assert found.exit_code == 1
    assert [one for one in found.findings if "could not be found out" in str(one)] == []


def test_a_fault_of_ours_is_a_finding(examined, monkeypatch, caplog):
    def fails(_name):
        raise MemoryError(ENV_SECRET)

    monkeypatch.setattr(checkup.metadata, "version", fails)
    with cloud() as server:
        found = examined(server)
    assert state(found, "python") == "unknown"
    assert text(found, "python") == "This could not be found out (MemoryError)."
    assert ENV_SECRET not in str(found) + caplog.text


# Secrets


@pytest.mark.parametrize("secret", [REAL_KEY, ENV_SECRET.replace("/", "_")])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_secret_that_a_server_repeats_everywhere_is_shown_nowhere(
    examined, monkeypatch, caplog, capsys, secret, status
):
    caplog.set_level(0)
    monkeypatch.setenv("HF_TOKEN", secret)

    def filled(value):
        if isinstance(value, dict):
            told = {name: filled(one) for name, one in value.items() if name != "id"}
            return {**told, **({"id": value["id"]} if "id" in value else {}), secret: secret}
        if isinstance(value, list):
            return [filled(one) for one in value]
        return secret if isinstance(value, str) else value

    with cloud(lambda _at, told: (status, {**filled(told), "message": f"no {secret}"})) as server:
        found = examined(server, api_key=REAL_KEY)
    shown = [str(found), repr(found), found._repr_html_(), report(found), caplog.text, *capsys.readouterr()]
    assert [one for one in shown if secret in one] == []


@pytest.mark.parametrize("status", [200, 500])
def test_no_form_of_a_secret_is_shown(examined, monkeypatch, caplog, status):
    """In plain, percent, base64, repr, JSON and HTML form, as a name, a word, and a server's sentence."""
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("HF_TOKEN", sweep.ENV_SECRET)
    every = [form for secret in (sweep.KEY, sweep.ENV_SECRET) for form in sweep.forms(secret)]

    def change(_path, told):
        plainly = f"{sweep.KEY} or {quote(sweep.KEY)}: {sweep.ENV_SECRET}"
        return status, {**told, **dict.fromkeys(every, every), "message": plainly}

    with cloud(change) as server:
        found = examined(server, api_key=sweep.KEY)
    for shown in (str(found), repr(found), found._repr_html_(), report(found), caplog.text):
        assert sweep.hits(shown) == []


def test_a_report_tells_nothing_of_the_account(examined):
    """No amount, no end of a key, no name or id of an instance, no folder that is elsewhere than at home."""
    with cloud() as server:
        found = examined(server)
    told = report(found)
    private = [
        "ca338f12f3",
        "example-instance",
        "¥100.00",
        "dev-vpc",
        "shared-data",
        os.environ["PPIO_WIDGETS_STATE_DIR"],
        "0123",  # the end of the key
    ]
    assert [one for one in private if one in told] == []
    assert "¥100.00" in str(found)
    assert __version__ in told


@pytest.mark.parametrize("hostile", [*TEXTS, "~~~\n# x", "@someone", "```"])
def test_no_text_of_a_server_acts_in_a_report_or_a_page(examined, hostile):
    with cloud(lambda _at, _told: (400, {"reason": hostile, "message": hostile})) as server:
        found = examined(server)
    told = report(found)
    assert told.count("~~~") == 2
    assert "<script" not in found._repr_html_()
    inside = told.partition("~~~text\n")[2].partition("\n~~~\n")
    assert inside[2] == ""
    assert all(line.isprintable() for line in told.split("\n"))


# The report


def test_a_report_is_replaced_by_one_and_replaces_nothing_else(tmp_path):
    found = examine()
    file = tmp_path / "doctor.md"
    assert found.save(str(file)) == file
    first = file.read_text(encoding="utf-8")
    assert first.startswith(HEADING)
    found.save(str(file))
    file.write_text("my notes", encoding="utf-8")
    with pytest.raises(InputError, match="no report of the doctor's"):
        found.save(str(file))
    assert file.read_text(encoding="utf-8") == "my notes"
    assert [path.name for path in tmp_path.iterdir() if "doctor" in path.name] == ["doctor.md"]


@pytest.mark.parametrize("file", ["", "no/such/folder/x.md", "\0", "/", "~no-such-user/report.md"])
def test_a_report_that_cannot_be_written_is_one_sentence(file):
    with pytest.raises(InputError, match="report could not be written"):
        examine().save(file)


# How it looks


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("columns", [44, 80, 200])
def test_it_is_as_wide_as_the_terminal(monkeypatch, language, columns):
    monkeypatch.setenv("PPIO_WIDGETS_LANG", language)
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = str(examine(practice=True))
    table = shown.partition(words(language)("doctor.way"))[0]
    long = [line for line in table.split("\n") if width(line) > columns and " " in line[44:]]
    assert long == []
    assert "sk_practice" not in shown
