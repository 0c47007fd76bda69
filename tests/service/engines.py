"""Engines for tests of the service: in this process, or one of their own."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from engine.api.client import Client, Credentials, start_engine
from engine.api.session import SaveAccount
from engine.api.site import GetStatus, StopEngine
from engine.daemon.engine import Engine
from engine.domain.names import Role

PASSWORD = "long enough"


@contextmanager
def running(home: Path) -> Generator[Engine]:
    """An engine of this process."""
    engine = Engine(home, background=False)
    thread = threading.Thread(target=engine.run)
    thread.start()
    try:
        yield engine
    finally:
        engine.stop()
        thread.join(timeout=60)
        assert not thread.is_alive()


@contextmanager
def own_process(home: Path) -> Generator[tuple[Client, int]]:
    """An engine in a process of its own: a client that is its admin, and the process's number."""
    start_engine(home, stay=True)
    with Client(home) as client:
        try:
            yield client, client.call(GetStatus()).pid
        finally:
            # Many sessions of the same user may have pushed out the first one.
            with Client(home) as last:
                last.call(StopEngine())


def account(admin: Client, name: str, role: Role) -> Credentials:
    """A new account with the password of all."""
    admin.call(SaveAccount(name=name, new=True, account_role=role, password=PASSWORD))
    return Credentials(name=name, password=PASSWORD)


def with_admin(client: Client) -> Client:
    """The same client, signed in as the first admin."""
    client.sign_in(account(client, "boss", Role.ADMIN))
    return client
