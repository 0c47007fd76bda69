"""A session on Asterisk's manager port (AMI): login, and actions with their answers."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.domain.message import Message
from engine.lockout.target import TargetError
from engine.lockout.wire import Wire, shown

LOGIN_SECONDS = 10.0
"""A wrong secret is answered after 1 s."""
ANSWER_SECONDS = 10.0
LIST_SECONDS = 30.0
AT_ONCE = 100
"""Actions sent before their answers are read."""
MOST_ENTRIES = 200_000
MOST_LINE_BYTES = 1000
"""Asterisk refuses a line of more than 1,024."""
_END = b"\r\n\r\n"

Fields = Mapping[str, str]


@dataclass
class Answer:
    """A response and the events of its list; the names of fields are in lower case."""

    response: dict[str, str] = field(default_factory=dict[str, str])
    entries: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    complete: bool = False

    @property
    def ok(self) -> bool:
        return self.response.get("response", "").lower() == "success"

    @property
    def message(self) -> str:
        return self.response.get("message", "")


class AmiSession:
    """Logged in, with events off. Methods raise `TargetError`, and the session is of no use then."""

    def __init__(self, host: str, port: int, *, username: str, secret: str) -> None:
        self._username = username
        self._count = 0
        self._wire = Wire(host, port)
        try:
            self._log_in(secret)
        except BaseException:
            self._wire.close()
            raise

    def ask(self, actions: Sequence[Fields], *, seconds: float | None = None) -> list[Answer]:
        """The answers, in the order of the actions."""
        answers: list[Answer] = []
        for start in range(0, len(actions), AT_ONCE):
            answers += self._ask_some(actions[start : start + AT_ONCE], seconds or ANSWER_SECONDS)
        return answers

    def refused(self, action: str, answer: Answer) -> TargetError:
        """The error of an action that was not done; missing rights are named."""
        if answer.message == "Permission denied":
            return TargetError(
                "{place}: the account {username} may not use {action}. Give it write=system in "
                "manager.conf, then `manager reload`.",
                place=self._wire.place,
                username=self._username,
                action=action,
            )
        return TargetError(
            "{place}: {action} was refused: {said}.",
            place=self._wire.place,
            action=action,
            said=shown(answer.message) or Message("no reason given"),
        )

    def lost(self) -> bool:
        """Whether the PBX has closed the connection."""
        if self._wire.lost():
            return True
        # Events are off, but who sends them all the same must not fill the memory.
        self._wire.drop_until_last(_END)
        return False

    def close(self) -> None:
        self._wire.close()

    def _log_in(self, secret: str) -> None:
        place = self._wire.place
        self._wire.limit(LOGIN_SECONDS)
        try:
            banner = self._wire.until(b"\r\n").decode("utf-8", "replace")
            if not banner.startswith("Asterisk Call Manager/"):
                raise TargetError(
                    "{place} is no manager port of Asterisk: it says {said!r}.",
                    place=place,
                    said=shown(banner),
                )
            (challenge,) = self._ask_some([{"Action": "Challenge", "AuthType": "MD5"}], LOGIN_SECONDS)
            proof = {"Secret": secret}
            if challenge.ok and "challenge" in challenge.response:
                # MD5 is what the protocol offers; the secret itself does not cross the wire.
                text = challenge.response["challenge"] + secret
                key = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
                proof = {"AuthType": "MD5", "Key": key}
            login = {"Action": "Login", "Username": self._username, **proof, "Events": "off"}
            (answer,) = self._ask_some([login], LOGIN_SECONDS)
        except TargetError as error:
            if "closed the connection" not in str(error):
                raise
            raise TargetError(
                "{place} closed the connection before the login. Too many connections without a login "
                "(authlimit in manager.conf) do that for half a minute.",
                place=place,
            ) from error
        if not answer.ok:
            raise TargetError(
                "{place} refused the login of {username}: {said}. A wrong secret, an unknown account and an "
                "address outside permit= in manager.conf look the same.",
                place=place,
                username=self._username,
                said=shown(answer.message) or Message("no reason given"),
            )

    def _ask_some(self, actions: Sequence[Fields], seconds: float) -> list[Answer]:
        self._wire.limit(seconds)
        answers: dict[str, Answer] = {}
        packet = b""
        for action in actions:
            self._count += 1
            name = f"pbxmeter-{self._count}"
            answers[name] = Answer()
            packet += _encoded({**action, "ActionID": name})
        self._wire.send(packet)
        waiting = len(answers)
        while waiting:
            message = _decoded(self._wire.until(_END))
            answer = answers.get(message.get("actionid", ""))
            # Events that nobody asked for belong to no action.
            if answer is not None and not answer.complete:
                self._take(answer, message)
                waiting -= answer.complete
        return list(answers.values())

    def _take(self, answer: Answer, message: dict[str, str]) -> None:
        list_state = message.get("eventlist", "").lower()
        if "response" in message:
            answer.response = message
            answer.complete = list_state != "start"
        elif list_state == "complete":
            answer.complete = True
            if message.get("listitems", str(len(answer.entries))) != str(len(answer.entries)):
                raise TargetError("{place} sent a list that is not whole.", place=self._wire.place)
        elif len(answer.entries) < MOST_ENTRIES:
            answer.entries.append(message)
        else:
            raise TargetError(
                "{place} sent a list of more than {most} entries.", place=self._wire.place, most=MOST_ENTRIES
            )


def _encoded(action: Fields) -> bytes:
    """Raises `TargetError` for what would end its line before its time."""
    lines = [f"{name}: {value}" for name, value in action.items()]
    for line in lines:
        if not line.isprintable() or len(line.encode()) > MOST_LINE_BYTES:
            raise TargetError("A line for the manager port cannot hold control characters.")
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def _decoded(packet: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in packet.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.removeprefix(" "))
    return fields
