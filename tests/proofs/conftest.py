"""The proof of launches shares its ground with the unit tests."""

from __future__ import annotations

import ssl
from contextlib import ExitStack

import pytest
import trustme

from ppio_widgets.cloud.client import PpioClient
from ppio_widgets.launches import ledger, reconcile
from tests.support.fault_server import ABROAD, by_kind, served
from tests.support.fixtures import (
    _any_server,
    _plain_environment,
    account,
    client,
    clock,
    quick,
    server,
    starved,
    time,
)
from tests.support.ground import Listings
from tests.support.wire import REAL_KEY, resets_after_reading, wait_for_launches

__all__ = [
    "_any_server",
    "_plain_environment",
    "account",
    "client",
    "clock",
    "quick",
    "server",
    "starved",
    "time",
]


@pytest.fixture
def folder(_own_ledgers):
    """Where the launches of a real key are written down."""
    return ledger.ledger_for(practice=False).folder


@pytest.fixture(scope="session")
def _authority():
    return trustme.CA()


@pytest.fixture
def secure(_authority, tmp_path, monkeypatch):
    """The server side's context for https; the client trusts its authority and no other."""
    bundle = tmp_path / "authority.pem"
    _authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _authority.issue_cert("127.0.0.1", ABROAD).configure_cert(context)
    return context


@pytest.fixture
def listings(time):
    return Listings(time)


@pytest.fixture
def empty(listings):
    return listings.page()


@pytest.fixture
def by_hand(time, monkeypatch):
    """Nothing is looked up by itself."""
    monkeypatch.setattr(reconcile, "LOOK_PAUSES", ())


@pytest.fixture
def cloud():
    """Makes a server and its client; the answer to the create call is lost unless one is given."""
    with ExitStack() as open_now:

        def make(*looks, create=resets_after_reading, creates=(), key=REAL_KEY, **more):
            server = open_now.enter_context(served(by_kind(create=creates or [create], look=looks, **more)))
            return server, open_now.enter_context(PpioClient(key, base_url=server.url))

        yield make
        wait_for_launches()
