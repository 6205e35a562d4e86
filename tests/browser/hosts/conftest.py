"""A host's server for all its actions, a page that forgets nothing it heard, and what came of each action."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

from tests.browser.conftest import Lab, begun, page_for
from tests.support.hosts import environments

from .host import HOSTS, Host
from .live import live_service
from .results import Results, of_package

# What an output says whose kernel is gone: the host's own word, and a part of opening a saved notebook.
GONE = ("reopened", "model not found")
OURS = re.compile("ppw|ppio|widget", re.IGNORECASE)
RESULTS = pytest.StashKey[Results]()

# It has no notebooks, so none of the actions; without its environment it is not to be had.
collect_ignore = [] if environments() else ["test_solara.py"]


def action_of(test):
    return test.function.__name__.removeprefix("test_")


def host_of(item):
    """The host that an action is tried in; other tests have none."""
    return item.callspec.params.get("served") if hasattr(item, "callspec") else None


@dataclass
class Served:
    """A host while its actions are tried."""

    host: Host
    server: Lab
    pages: list = field(default_factory=list)  # the one that the next action takes over
    faults: list[str] = field(default_factory=list)  # what the browser's console said of us


def pytest_configure(config):
    config.stash[RESULTS] = Results()


def pytest_generate_tests(metafunc):
    """An action for each host that has it."""
    if "served" in metafunc.fixturenames:
        hosts = [host for host in HOSTS if action_of(metafunc) not in host.lacks]
        metafunc.parametrize("served", hosts, indirect=True, scope="session", ids=lambda host: host.name)


def pytest_collection_modifyitems(config, items):
    """Without hosts' environments a few actions are tried in a few hosts."""

    def is_long(item):
        host = host_of(item)
        return host is not None and not (host.is_short and hasattr(item.function, "short"))

    if environments() is None:
        config.hook.pytest_deselected(items=[item for item in items if is_long(item)])
        items[:] = [item for item in items if not is_long(item)]


@pytest.fixture(scope="session")
def served(request, tmp_path_factory, practice, chromium):
    host = request.param
    request.config.stash[RESULTS].begin(host.name, {**host.versions(), **of_package()})
    with begun(host.start(tmp_path_factory.mktemp(host.name), practice.url)) as server:
        served = Served(host, server)
        yield served
        for page in served.pages:
            page.context.close()


@pytest.fixture
def page(request, served, chromium):
    action = action_of(request)

    def heard(text):
        if OURS.search(text) and not (action == GONE[0] and GONE[1] in text):
            served.faults.append(f"{action}: {text}")

    def said(message):
        if message.type == "error":
            heard(f"{message.text} {message.location['url']}")

    def raised(error):
        heard(str(error.stack))

    with page_for(request, served.server, chromium, served.pages) as page:
        listeners = {"console": said, "pageerror": raised}
        for event, listener in listeners.items():
            page.on(event, listener)
        yield page
        for event, listener in listeners.items():
            page.remove_listener(event, listener)


@pytest.fixture(scope="session")
def live(tmp_path_factory):
    with live_service(tmp_path_factory.mktemp("live")) as server:
        yield server


@pytest.fixture
def instead(request, served):
    """Notes what an action does in this host in place of what it does elsewhere: a key of words.json."""

    def instead(what):
        assert served.host.is_strict, f"{what}: only where no inline script runs"
        request.config.stash[RESULTS].add_instead(served.host.name, action_of(request), what)

    return instead


@pytest.fixture
def name(request, served):
    """A name for an instance that no other action and no other host has."""
    return f"{action_of(request).replace('_', '-')}-{served.host.name}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    if host := host_of(item):
        item.config.stash[RESULTS].add(host.name, action_of(item), passed=report.passed)
    return report


def pytest_sessionfinish(session):
    if environments() is not None:
        session.config.stash[RESULTS].write()
