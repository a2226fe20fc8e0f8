"""What tests of sources share: a trap, an internet around it, and the proof that nothing is left over."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import trustme

from tests.fetching import Fetch
from tests.servers import Internet, Listener, Request, Respond, Serve, Trap, http_server


@pytest.fixture(autouse=True)
def no_threads_are_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert not [thread for thread in set(threading.enumerate()) - before if thread.is_alive()]


@pytest.fixture
def trap() -> Iterator[Trap]:
    with Trap() as trap:
        yield trap


@pytest.fixture
def internet(trap: Trap) -> Internet:
    return Internet(trap)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """The certificate of files.example."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("files.example").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def client_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def fetch(internet: Internet, client_context: ssl.SSLContext) -> Fetch:
    return Fetch(internet, client_context)


@pytest.fixture
def seen() -> list[Request]:
    """What the servers of `serve` were asked."""
    return []


@pytest.fixture
def serve(internet: Internet, seen: list[Request]) -> Iterator[Serve]:
    with ExitStack() as started:

        def start(respond: Respond, context: ssl.SSLContext | None = None) -> Listener:
            server = started.enter_context(http_server(respond, context, seen))
            internet.add("files.example", server, 443 if context else 80)
            return server

        yield start
