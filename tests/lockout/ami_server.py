"""A manager port that answers as a recorded Asterisk did: texts, delays, patterns, lost writes."""

import fnmatch
import hashlib
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.lockout.pbx_server import PbxServer

FAILED_LOGIN_SECONDS = 0.05
"""A real one takes 1 s; what matters is that the answer comes first and the connection ends then."""
SECRET = "s3cret-of-the-manager"


@dataclass
class Asterisk(PbxServer):
    """What outlives a connection, and how it behaves. Tests change it while it runs."""

    database: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """Committed and uncommitted keys by family and key."""
    uncommitted: dict[tuple[str, str], str | None] = field(default_factory=dict[tuple[str, str], str | None])
    """What they were before; a kill brings that back."""
    username: str = "pbxmeter"
    secret: str = SECRET
    write: frozenset[str] = frozenset({"system"})
    started: int = 0
    tree: bool = True
    """Whether DBGetTree is there."""
    challenge: bool = True
    full: bool = False
    """Whether `authlimit` is reached: connections are closed without a word."""
    frozen: bool = False
    """Accepts, and says nothing."""
    piece: int = 0
    """Sends so many bytes at a time; 0 = all at once."""
    noise: bytes = b""
    """Events before every answer."""
    deaf: bool = False
    """Says Success to writes and does not do them."""
    fault: Callable[[str], str] = lambda _action: ""
    """For each action: '' = answered; `close`, `kill`: before it; `kill after`: when it was answered."""
    actions: list[str] = field(default_factory=list[str])
    logins: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def kill(self) -> None:
        """kill -9 and a start: what was not committed is gone, and every connection."""
        for key, before in self.uncommitted.items():
            if before is None:
                self.database.pop(key, None)
            else:
                self.database[key] = before
        self.uncommitted.clear()
        self.started += 1
        self.cut()

    def commit(self) -> None:
        """The second is over."""
        self.uncommitted.clear()

    def serve(self, connection: socket.socket) -> None:
        """Answers one connection until it ends."""
        if not self.full:
            _Session(connection, self).run()

    def put(self, family: str, key: str, value: str | None) -> None:
        self.uncommitted.setdefault((family, key), self.database.get((family, key)))
        if value is None:
            self.database.pop((family, key), None)
        else:
            self.database[family, key] = value

    def family(self, name: str) -> dict[str, str]:
        return {key: value for (family, key), value in self.database.items() if family == name}

    def writes(self) -> list[str]:
        return [action for action in self.actions if action in ("DBPut", "DBDel", "DBDelTree")]


class _Session:
    def __init__(self, connection: socket.socket, pbx: Asterisk) -> None:
        self._connection = connection
        self._pbx = pbx
        self._in = False
        self._challenge = ""

    def run(self) -> None:
        if not self._pbx.frozen:
            self._send(b"Asterisk Call Manager/13.0.0\r\n")
        buffer = b""
        while data := self._connection.recv(65_536):
            if self._pbx.frozen:
                continue
            buffer += data
            while b"\r\n\r\n" in buffer:
                packet, buffer = buffer.split(b"\r\n\r\n", 1)
                if not self._packet(packet):
                    return

    def _send(self, data: bytes) -> None:
        size = self._pbx.piece or len(data) or 1
        for start in range(0, len(data), size):
            self._connection.sendall(data[start : start + size])

    def _packet(self, packet: bytes) -> bool:
        """Answers; whether the connection goes on."""
        lines = [line.partition(":") for line in packet.decode().split("\r\n")]
        fields = {name.strip().lower(): value.strip(" ") for name, _, value in lines}
        action = fields.get("action", "")
        pbx = self._pbx
        pbx.actions.append(action)
        fault = pbx.fault(action)
        if fault in ("close", "kill"):
            if fault == "kill":
                pbx.kill()
            return False
        answer = self._answer(action, fields)
        self._send(pbx.noise + _text(answer, fields.get("actionid", "")))
        if fault == "kill after":
            pbx.kill()
            return False
        return not (action == "Login" and not self._in)

    def _answer(self, action: str, fields: dict[str, str]) -> list[dict[str, str]]:
        pbx = self._pbx
        if action == "Challenge":
            if not pbx.challenge or fields.get("authtype", "").upper() != "MD5":
                return _error("Must specify AuthType")
            self._challenge = "108041413"
            return [{"Response": "Success", "Challenge": self._challenge}]
        if action == "Login":
            return self._login(fields)
        if not self._in:
            return _error("Permission denied")
        if action == "CoreStatus":
            if not pbx.write & {"system", "reporting"}:
                return _error("Permission denied")
            clock = f"16:{pbx.started // 60 % 60:02}:{pbx.started % 60:02}"
            return [{"Response": "Success", "CoreStartupDate": "2026-11-28", "CoreStartupTime": clock}]
        if action in ("DBGetTree", "DBGet"):
            if action == "DBGetTree" and not pbx.tree:
                return _error(
                    "Invalid/unknown command: DBGetTree. Use Action: ListCommands to show available commands."
                )
            if not pbx.write & {"system", "reporting"}:
                return _error("Permission denied")
            return self._tree(fields) if action == "DBGetTree" else self._get(fields)
        if action in ("DBPut", "DBDel"):
            if "system" not in pbx.write:
                return _error("Permission denied")
            return self._put(fields) if action == "DBPut" else self._delete(fields)
        return _error(
            f"Invalid/unknown command: {action}. Use Action: ListCommands to show available commands."
        )

    def _login(self, fields: dict[str, str]) -> list[dict[str, str]]:
        pbx = self._pbx
        pbx.logins.append(fields)
        proof = fields.get("secret")
        expected = pbx.secret
        if fields.get("authtype", "").upper() == "MD5":
            proof = fields.get("key")
            expected = hashlib.md5((self._challenge + pbx.secret).encode()).hexdigest()  # noqa: S324 - the protocol's
        if fields.get("username") != pbx.username or proof != expected:
            time.sleep(FAILED_LOGIN_SECONDS)
            return _error("Authentication failed")
        self._in = True
        return [{"Response": "Success", "Message": "Authentication accepted"}]

    def _tree(self, fields: dict[str, str]) -> list[dict[str, str]]:
        """SQLite's LIKE: % and _ are wildcards, letters have no case."""
        pattern = f"/{fields.get('family', '')}/%".lower().replace("%", "*").replace("_", "?")
        keys = {f"/{family}/{key}": value for (family, key), value in self._pbx.database.items()}
        found = {
            key: value for key, value in sorted(keys.items()) if fnmatch.fnmatchcase(key.lower(), pattern)
        }
        return [
            {"Response": "Success", "EventList": "start", "Message": "Result will follow"},
            *({"Event": "DBGetTreeResponse", "Key": key, "Val": value} for key, value in found.items()),
            {"Event": "DBGetTreeComplete", "EventList": "Complete", "ListItems": str(len(found))},
        ]

    def _get(self, fields: dict[str, str]) -> list[dict[str, str]]:
        family, key = fields.get("family", ""), fields.get("key", "")
        if (family, key) not in self._pbx.database:
            return _error("Database entry not found")
        value = self._pbx.database[family, key]
        return [
            {"Response": "Success", "EventList": "start", "Message": "Result will follow"},
            {"Event": "DBGetResponse", "Family": family, "Key": key, "Val": value},
            {"Event": "DBGetComplete", "EventList": "Complete", "ListItems": "1"},
        ]

    def _put(self, fields: dict[str, str]) -> list[dict[str, str]]:
        if not fields.get("family"):
            return _error("No family specified")
        if not fields.get("key"):
            return _error("No key specified")
        if not self._pbx.deaf:
            self._pbx.put(fields["family"], fields["key"], fields.get("val", ""))
        return [{"Response": "Success", "Message": "Updated database successfully"}]

    def _delete(self, fields: dict[str, str]) -> list[dict[str, str]]:
        if (fields["family"], fields["key"]) not in self._pbx.database:
            return _error("Database entry could not be deleted")
        if not self._pbx.deaf:
            self._pbx.put(fields["family"], fields["key"], None)
        return [{"Response": "Success", "Message": "Key deleted successfully"}]


def _error(message: str) -> list[dict[str, str]]:
    return [{"Response": "Error", "Message": message}]


def _text(messages: list[dict[str, str]], action_id: str) -> bytes:
    """Packets; the ActionID is the second line of a response and the last but one of an entry."""
    packets: list[str] = []
    for message in messages:
        lines = [f"{name}: {value}" for name, value in message.items()]
        lines.insert(
            1 if "Response" in message or "EventList" in message else len(lines), f"ActionID: {action_id}"
        )
        packets.append("".join(f"{line}\r\n" for line in lines) + "\r\n")
    return "".join(packets).encode()
