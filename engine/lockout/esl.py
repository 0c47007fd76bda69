"""A session on FreeSWITCH's event socket (ESL): login, and api commands with their answers.

What it answers was read in the source of mod_event_socket and mod_db; it was not tried on a FreeSWITCH.
"""

from collections.abc import Sequence

from engine.domain.message import Message
from engine.lockout.target import TargetError
from engine.lockout.wire import Wire, shown

LOGIN_SECONDS = 10.0
ANSWER_SECONDS = 10.0
AT_ONCE = 50
_ANSWERS = ("api/response", "command/reply")


class EslSession:
    """Logged in; no events are asked for. Methods raise `TargetError` and leave a session of no use."""

    def __init__(self, host: str, port: int, *, username: str, password: str) -> None:
        """`username` is user@domain, or '' for the password of the socket itself."""
        self._wire = Wire(host, port)
        self._username = username
        try:
            self._log_in(password)
        except BaseException:
            self._wire.close()
            raise

    @property
    def place(self) -> str:
        return self._wire.place

    def api(self, commands: Sequence[str]) -> list[str]:
        """What each command answers; '' where it says nothing."""
        answers: list[str] = []
        for start in range(0, len(commands), AT_ONCE):
            some = commands[start : start + AT_ONCE]
            self._wire.limit(ANSWER_SECONDS)
            self._wire.send(b"".join(_encoded(f"api {command}") for command in some))
            for command in some:
                answers.append(self._checked(command, self._answer()))
        return answers

    def lost(self) -> bool:
        """Whether the PBX has closed the connection, or says something that nobody asked for."""
        return self._wire.lost()

    def close(self) -> None:
        self._wire.close()

    def _log_in(self, password: str) -> None:
        self._wire.limit(LOGIN_SECONDS)
        head, body = self._message()
        if head.get("content-type") == "text/rude-rejection":
            raise TargetError(
                "{place} lets this host not in: {said}. See apply-inbound-acl in event_socket.conf.xml.",
                place=self.place,
                said=shown(body),
            )
        if head.get("content-type") != "auth/request":
            raise TargetError("{place} is no event socket of FreeSWITCH.", place=self.place)
        way = f"userauth {self._username}:{password}" if self._username else f"auth {password}"
        self._wire.send(_encoded(way))
        answer = self._answer()
        if not answer.startswith("+OK"):
            raise TargetError(
                "{place} refused the login: {said}. The password is not that of the socket, or of the user.",
                place=self.place,
                said=shown(answer) or Message("no reason given"),
            )

    def _checked(self, command: str, answer: str) -> str:
        """Raises `TargetError` for what shows that the command was not done at all."""
        word = command.split(" ", 1)[0]
        if answer.startswith("-ERR permission denied"):
            raise TargetError(
                "{place}: the user {username} may not use the command {word}: put it into esl-allowed-api.",
                place=self.place,
                username=self._username or Message("of the socket"),
                word=word,
            )
        if answer.startswith("-ERR") and "not found" in answer.lower():
            raise TargetError(
                "{place}: there is no command {word}: load mod_{word} (modules.conf.xml).",
                place=self.place,
                word=word,
            )
        return "" if answer.startswith("-ERR no reply") else answer

    def _answer(self) -> str:
        """The next answer; events and log lines in between are dropped."""
        while True:
            head, body = self._message()
            kind = head.get("content-type", "")
            if kind == "text/disconnect-notice":
                raise TargetError("{place} closed the connection.", place=self.place)
            if kind in _ANSWERS:
                return body if kind == "api/response" else head.get("reply-text", "")

    def _message(self) -> tuple[dict[str, str], str]:
        text = self._wire.until(b"\n\n").decode("utf-8", "replace")
        head: dict[str, str] = {}
        for line in text.split("\n"):
            name, colon, value = line.partition(":")
            if colon:
                head.setdefault(name.strip().lower(), value.strip())
        length = head.get("content-length", "0")
        if not length.isdecimal() or len(length) > 9:
            raise TargetError("{place} is no event socket of FreeSWITCH.", place=self.place)
        return head, self._wire.exactly(int(length)).decode("utf-8", "replace")


def _encoded(command: str) -> bytes:
    """Raises `TargetError` for what would end its line before its time."""
    if not command.isprintable():
        raise TargetError("A line for the event socket cannot hold control characters.")
    return f"{command}\n\n".encode()
