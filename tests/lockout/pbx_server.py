"""A PBX's port on loopback: connections that can all be cut at once, each served by a thread."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar


@dataclass
class PbxServer:
    """What outlives a connection."""

    port: int = 0
    sockets: set[socket.socket] = field(default_factory=set[socket.socket])

    def serve(self, connection: socket.socket) -> None:
        """Answers one connection until it ends."""
        raise NotImplementedError

    def cut(self) -> None:
        """Ends every connection."""
        for connection in list(self.sockets):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


P = TypeVar("P", bound=PbxServer)


@contextmanager
def running(pbx: P) -> Iterator[P]:
    """The server on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pbx.port = listener.getsockname()[1]
        threading.Thread(target=_accept, args=(listener, pbx), daemon=True).start()
        yield pbx
        pbx.cut()


def _accept(listener: socket.socket, pbx: PbxServer) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        pbx.sockets.add(connection)
        threading.Thread(target=_serve, args=(connection, pbx), daemon=True).start()


def _serve(connection: socket.socket, pbx: PbxServer) -> None:
    try:
        pbx.serve(connection)
    except OSError:
        return
    finally:
        pbx.sockets.discard(connection)
        connection.close()
