"""A text that can be no id of an instance reaches no server, and no answer passes one off as such."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import Instance, PpioClient
from ppio_widgets.cloud.instance_id import is_id
from ppio_widgets.cloud.instances import InstanceDetail
from ppio_widgets.errors import AnswerUnreadable, LaunchRefused, OutcomeUnknown
from ppio_widgets.instances.listing import resolve
from ppio_widgets.launches import reconcile
from ppio_widgets.launches.ledger import ledger_for
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale import LANGUAGES, words
from tests.support.ground import launch_on
from tests.support.sentences import sentence_of
from tests.support.wire import REAL_KEY, answers, faulty, launching, listing, row, says

NO_IDS = {
    "nothing": "",
    "a blank": " ",
    "a tab": "\t",
    "a dot": ".",
    "two dots": "..",
    "a path": "../networks",
    "a slash": "i-1/stop",
    "a backslash": "i-1\\stop",
    "a query": "i-1?force=true",
    "a fragment": "i-1#top",
    "an escape": "%2e%2e",
    "a blank within": "i-1 i-2",
    "a line break": "i-1\n",
    "an option": "--all",
    "a null": "i-1\x00",
    "half a character": "\ud800",
    "too long": "i" * 256,
}
no_ids = pytest.mark.parametrize("text", NO_IDS.values(), ids=NO_IDS)


@pytest.fixture
def nobody(monkeypatch):
    """A client whose server must hear nothing."""
    monkeypatch.setenv("PPIO_API_KEY", REAL_KEY)
    with faulty(says(200, {"id": "i-1", "name": "demo"})) as server:
        with PpioClient(REAL_KEY, base_url=server.url) as client:
            yield client
        assert server.connections == 0


ASKED = {
    "get_instance": lambda client, text: client.get_instance(text),
    "get_detail": lambda client, text: client.get_detail(text),
    "get_body": lambda client, text: client.get_body(text),
    "reveal_ssh_password": lambda client, text: client.reveal_ssh_password(text),
    "reveal_jupyter_url": lambda client, text: client.reveal_jupyter_url(text),
    **{
        action: lambda client, text, action=action: client.act(text, action)
        for action in ("start", "stop", "restart", "delete", "stop_renewing")
    },
    "an instance": lambda client, text: Instance(text, client),
}


@no_ids
@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_what_can_be_no_id_reaches_no_server(ask, text, nobody):
    with pytest.raises(LaunchRefused, match="so nothing was sent") as refused:
        ask(nobody, text)
    for language in LANGUAGES:
        said = refused.value.sentence(words(language))
        assert said.isprintable()
        assert len(said) < 150


@pytest.mark.parametrize("text", ["", " ", "\t", ".", "..", " . "])
def test_nothing_is_not_taken_for_the_name_of_one_without_a_name(text, nobody):
    with pytest.raises(LaunchRefused, match="so nothing was sent"):
        resolve(nobody, text)


def test_a_name_may_hold_what_no_id_does():
    named = row("team/demo v2?", "i-1", created=1)
    with faulty(listing(named)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
        assert resolve(client, "team/demo v2?").id == "i-1"
        with pytest.raises(LaunchRefused, match="There was no instance"):
            resolve(client, "team/other")
        assert {request.target.partition("?")[0] for request in server.received} == {"/gpus/v2/instances"}


def test_a_row_with_an_odd_id_can_be_seen_and_not_acted_on(nobody):
    seen = Instance("a/../b", nobody, seen=InstanceDetail("a/../b", "demo", "running"))
    for act in (seen.stop, seen.delete, seen.restart):
        with pytest.raises(LaunchRefused, match="so nothing was sent"):
            act()


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_an_id_is_one_part_of_an_address(text):
    if is_id(text):
        assert 1 <= len(text) <= 255
        assert text.isascii()
        assert not set(text) & set(" /\\?#%&;'\"`$(){}<>|*!\n\t\0")
        assert set(text) != {"."}


@given(st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,253}[A-Za-z0-9])?", fullmatch=True))
def test_ids_of_letters_digits_and_hyphens_are_ids(text):
    assert is_id(text)


ODD = {
    "no text": {"id": 7},
    "two dots": {"id": ".."},
    "a path": {"id": "i-1/../../networks"},
    "a query": {"id": "i-1?x=1"},
    "blanks": {"id": " "},
    "256 characters": {"id": "i" * 256},
}
BESIDE = {
    "an error": {"id": "i-1", "error": "no stock"},
    "an error's object": {"id": "i-1", "error": {"message": "no stock"}},
    "errors": {"id": "i-1", "errors": ["no stock"]},
    "a code": {"id": "i-1", "code": 500, "message": "no stock"},
    "a code's name": {"id": "i-1", "code": "INSUFFICIENT_RESOURCE"},
    "a truth for a code": {"id": "i-1", "code": True},
}
FINE = {
    "alone": {"id": "i-1"},
    "empty errors": {"id": "i-1", "error": "", "errors": [], "code": 0},
    "null": {"id": "i-1", "error": None, "code": None},
    "the code of success": {"id": "i-1", "code": 200, "message": "success", "reason": ""},
    "255 characters": {"id": "i" * 255},
}


@pytest.fixture
def launched(quick, by_hand_here):
    """Launch once against a cloud that has no instances, and return the launch and the number of POSTs."""

    def launched(content):
        def reply(request):
            return (200, content) if request.method == "POST" else (200, {"data": [], "has_more": False})

        with launching(answers(reply)) as server, PpioClient(REAL_KEY, base_url=server.url) as client:
            launch = launch_on(client)
            launch.submit()
            launch.wait_for_answer(10)
            assert server.posts == 1
            launch.stop_following()
            return launch

    return launched


@pytest.fixture
def by_hand_here(monkeypatch):
    """Nothing is looked up by itself."""
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", ())


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_an_answer_whose_id_is_none_is_unknown(content, launched):
    launch = launched(content)
    assert launch.state is LaunchState.UNKNOWN
    assert isinstance(launch.error, OutcomeUnknown)
    assert launch.id is None
    launch.look()
    assert launch.state is LaunchState.UNKNOWN


@pytest.mark.parametrize("content", BESIDE.values(), ids=BESIDE)
def test_an_id_beside_an_error_is_unknown_and_not_lost(content, launched):
    launch = launched(content)
    assert launch.state is LaunchState.UNKNOWN
    assert launch.id is None
    assert "named i-1, beside an error" in sentence_of(launch, words("en"))
    record = ledger_for(practice=False).get(launch.launch_id)
    assert (record.state, record.candidates) == (LaunchState.UNKNOWN, ("i-1",))


@pytest.mark.parametrize("content", FINE.values(), ids=FINE)
def test_an_id_beside_nothing_wrong_is_an_instance(content, launched):
    launch = launched(content)
    assert (launch.state, launch.id) == (LaunchState.SUCCEEDED, content["id"])


@no_ids
def test_a_listing_with_a_row_that_has_no_id_proves_nothing(text):
    page = {"data": [row("demo", text, created=1)], "has_more": False, "next_cursor": ""}
    with (
        faulty(says(200, page)) as server,
        PpioClient(REAL_KEY, base_url=server.url) as client,
        pytest.raises(AnswerUnreadable, match="a row that cannot be read"),
    ):
        client.look("demo")
