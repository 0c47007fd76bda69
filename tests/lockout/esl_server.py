"""An event socket that answers as the source of mod_event_socket and mod_db says; it was not recorded."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.lockout.pbx_server import PbxServer

PASSWORD = "ClueCon-of-the-test"
LIST_BUFFER = 4096
"""Of `db list`, its terminating zero included."""


@dataclass
class FreeSwitch(PbxServer):
    """What outlives a connection, and how it behaves."""

    rows: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    """db_data: realm, key, data."""
    password: str = PASSWORD
    users: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """Directory users by user@domain: password, and what esl-allowed-api says ('' = everything)."""
    loaded: bool = True
    """Whether mod_db is."""
    old: bool = False
    """Whether mod_db is one without exists, count and list."""
    rude: bool = False
    deaf: bool = False
    """Says +OK to writes and does not do them."""
    piece: int = 0
    noise: bytes = b""
    fault: Callable[[str], str] = lambda _command: ""
    """For each command: '' = answered, `close`, or `close after`."""
    commands: list[str] = field(default_factory=list[str])

    def realm(self, name: str) -> dict[str, str]:
        return {key: data for realm, key, data in self.rows if realm == name}

    def serve(self, connection: socket.socket) -> None:
        """Answers one connection until it ends."""
        _run(connection, self)

    def db(self, argument: str) -> str:
        """The api command `db`."""
        parts = argument.split("/", 3)
        match parts:
            case ["insert", realm, key, data]:
                if not self.deaf:
                    self._delete(realm, key)
                    self.rows.append((realm, key, data[:255]))
                return "+OK"
            case ["delete", realm, key]:
                if not self.deaf:
                    self._delete(realm, key)
                return "+OK"
            case ["select", realm, key]:
                return self._select(realm, key)
            case ["exists", realm, key] if not self.old:
                return "true" if self._select(realm, key) else "false"
            case ["count", realm] if not self.old:
                return str(len(self.realm(realm)))
            case ["list", realm] if not self.old:
                listed = "".join(f"{key}," for key in self.realm(realm))[: LIST_BUFFER - 1]
                return listed[:-1]
            case _:
                return "!err!"

    def _select(self, realm: str, key: str) -> str:
        # The callback keeps the last row.
        return next((row[2] for row in reversed(self.rows) if row[:2] == (realm, key)), "")

    def _delete(self, realm: str, key: str) -> None:
        self.rows[:] = [row for row in self.rows if row[:2] != (realm, key)]


def _run(connection: socket.socket, pbx: FreeSwitch) -> None:
    def send(data: bytes) -> None:
        size = pbx.piece or len(data)
        for start in range(0, len(data), size):
            connection.sendall(data[start : start + size])

    if pbx.rude:
        text = b"Access Denied, go away.\n"
        send(b"Content-Type: text/rude-rejection\nContent-Length: %d\n\n" % len(text) + text)
        return
    send(b"Content-Type: auth/request\n\n")
    allowed: str | None = None
    buffer = b""
    while data := connection.recv(65_536):
        buffer += data
        while b"\n\n" in buffer:
            packet, buffer = buffer.split(b"\n\n", 1)
            command = packet.decode().strip("\r\n")
            pbx.commands.append(command)
            fault = pbx.fault(command)
            if fault == "close":
                return
            if allowed is None:
                allowed = _allowed(pbx, command)
                if allowed is None:
                    send(b"Content-Type: command/reply\nReply-Text: -ERR invalid\n\n")
                    return
                send(b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
            else:
                send(pbx.noise + _answer(pbx, command, allowed))
            if fault == "close after":
                return


def _allowed(pbx: FreeSwitch, command: str) -> str | None:
    """The api commands that a login may use, '' = all; None = refused."""
    if command.startswith("auth "):
        return "" if command[5:] == pbx.password else None
    if command.startswith("userauth "):
        user, _, password = command[9:].partition(":")
        known = pbx.users.get(user)
        return known[1] if known is not None and known[0] == password else None
    return None


def _answer(pbx: FreeSwitch, command: str, allowed: str) -> bytes:
    if not command.startswith("api "):
        return b"Content-Type: command/reply\nReply-Text: -ERR command not found\n\n"
    name, _, argument = command[4:].partition(" ")
    if allowed and name not in allowed.split(","):
        return b"Content-Type: command/reply\nReply-Text: -ERR permission denied\n\n"
    reply = pbx.db(argument) if name == "db" and pbx.loaded else f"-ERR {name} Command not found!\n"
    body = (reply or "-ERR no reply\n").encode()
    return b"Content-Type: api/response\nContent-Length: %d\n\n" % len(body) + body
