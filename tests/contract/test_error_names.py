"""Each error name and each status that is known of the API, or of a class, comes with a next step.

`error_names.tsv` holds the names: HTTP status, where it is known from (D: a documentation page,
3: public code only), and when it comes.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.errors import ApiError, PpioError
from ppio_widgets.locale.words import LANGUAGES, words
from ppio_widgets.practice.failures import FAILURES
from tests.support.bodies import MINIMAL
from tests.support.wire import answers, faulty

with (Path(__file__).parent / "error_names.tsv").open(encoding="utf-8") as _file:
    NAMES = {row["name"]: int(row["status"]) for row in csv.DictReader(_file, delimiter="\t")}

# What a class alone refuses: no name of the API.
OF_A_CLASS = {row.reason: row.status for row in FAILURES.values() if row.reason.startswith("CLASS_")}

STATUSES = range(400, 452)

# What the next step of a status is about.
ABOUT = {
    400: "Correct",
    401: "key",
    402: "Top up",
    403: "real-name verification",
    404: "base URL",
    405: "base URL",
    406: "base URL",
    407: "HTTPS_PROXY",
    408: "Try again",
    409: "console",
    410: "gone",
    411: "proxy",
    412: "proxy",
    413: "too large",
    414: "too long",
    415: "JSON",
    416: "proxy",
    417: "proxy",
    418: "network",
    420: "too many",
    421: "base URL",
    422: "Correct",
    423: "locked",
    424: "depends on",
    425: "Try again",
    426: "protocol",
    428: "proxy",
    429: "too many",
    431: "headers",
    449: "too many",
    450: "network",
    451: "legal",
}


@pytest.fixture(scope="module")
def client():
    """A client of a server that answers with the status and the name that the asked id consists of."""

    def reply(request):
        status, _, name = request.target.rpartition("/")[2].partition("-")
        return int(status), {"code": int(status), "reason": name, "message": "its words", "metadata": {}}

    with faulty(answers(reply)) as server, PpioClient(base_url=server.url) as client:
        yield client


def step(client, status, name=""):
    """The next step in each language: what a person is told beyond what the server said."""
    with pytest.raises(ApiError) as caught:
        client.get_instance(f"{status}-{name}")
    assert (caught.value.status, caught.value.reason) == (status, name)
    told = {}
    for language in LANGUAGES:
        say = words(language)
        sentence, said = caught.value.sentence(say), caught.value.said(say)
        assert sentence.startswith(said)
        told[language] = sentence.removeprefix(said).strip()
    return told


@pytest.mark.parametrize(("name", "status"), [*NAMES.items(), *OF_A_CLASS.items()])
def test_each_name_has_a_next_step_of_its_own(client, name, status):
    told, of_any = step(client, status, name), step(client, status, "NO_SUCH_NAME")
    for language in LANGUAGES:
        assert told[language]
        assert told[language] != of_any[language]
    assert told["zh"].startswith("请")


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_has_a_next_step(client, status):
    told = step(client, status)
    assert ABOUT.get(status, "the API knows no such status") in told["en"]
    assert told["zh"].startswith("请")


@pytest.mark.parametrize("status", [300, 307, 308, 399, 452, 499, 500, 501, 502, 503, 504, 599])
def test_other_statuses_have_one_as_well(client, status):
    told = step(client, status)
    assert told["en"]
    assert told["zh"].startswith("请")
    assert ("redirect" in told["en"]) == (status < 400)


def test_the_words_know_no_name_that_the_table_does_not():
    for language in LANGUAGES:
        known = {key.removeprefix("next.") for key in words(language).keys() if key.startswith("next.")}  # noqa: SIM118
        assert {name for name in known if name.isupper()} == NAMES.keys() | OF_A_CLASS.keys()


@pytest.mark.parametrize("name", ["wait", "now", "other", "{span}", "401", "3xx", "a.b"])
def test_no_name_that_a_server_makes_up_breaks_the_sentence(name):
    def made_up(_request):
        return 400, {"reason": name, "message": "its words"}

    with (
        faulty(answers(made_up)) as server,
        PpioClient(base_url=server.url) as client,
        pytest.raises(ApiError) as caught,
    ):
        client.get_instance("i")
    assert f"its words [{name}]. " in str(caught.value)


@pytest.mark.parametrize(
    ("status", "name"),
    [*((status, "") for status in range(400, 600)), *((status, name) for name, status in NAMES.items())],
)
def test_a_create_call_was_refused_or_may_have_been_carried_out_and_never_both(status, name):
    answer = (status, {"reason": name, "message": "its words"})
    with faulty(answers(lambda _request: answer)) as server, PpioClient(base_url=server.url) as client:
        error = client.send_create(MINIMAL).error
    assert isinstance(error, PpioError)
    for language, refused, running in (
        ("en", "refused", "may be running"),
        ("zh", "拒绝", "可能已在运行"),
    ):
        sentence = error.sentence(words(language))
        assert (refused in sentence) != (running in sentence)
        assert (refused in sentence) == isinstance(error, ApiError)
