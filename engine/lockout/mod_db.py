"""Barred extensions in FreeSWITCH's mod_db: realm/extension = reason."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from config.lockout import EslTarget
from config.secret import read_secret
from engine.lockout.esl import EslSession
from engine.lockout.keyed import RemoteKeys
from engine.lockout.target import TargetError, speakable

WHOLE_LIST_BYTES = 4090
"""`db list` is built in 4,096 bytes, and cut there without a word."""


class ModDb(RemoteKeys[EslSession]):
    """One realm, through the event socket. `db insert` and `db delete` answer +OK unchecked: look again."""

    reasons = True

    def __init__(self, settings: EslTarget, *, home: Path) -> None:
        super().__init__()
        self._settings = settings
        self._password_file = home / settings.password_file
        self.place = f"{settings.realm} on {settings.host}:{settings.port}"
        self.remedy = f"db delete/{settings.realm}/KEY"

    def connect(self, *, check: bool) -> bool:  # noqa: ARG002 - a restart ends the connection
        """Logs in where there is no connection; whether this is a new one."""
        if self._session is not None and not self._session.lost():
            return False
        self.close()
        settings = self._settings
        self._session = EslSession(
            settings.host,
            settings.port,
            username=settings.username,
            password=read_secret(self._password_file),
        )
        return True

    def read(self, candidates: Callable[[], Collection[str]]) -> dict[str, str]:
        """All keys that the list shows, and, where it is cut or there is none, those of the candidates."""
        (listed,) = self._connected().api([f"db list/{self._settings.realm}"])
        keys = [] if listed.startswith("!err!") else listed.strip().split(",")
        if len(listed.encode()) >= WHOLE_LIST_BYTES:
            # The last one may be a part of a longer one.
            keys.pop()
        whole = not listed.startswith("!err!") and len(listed.encode()) < WHOLE_LIST_BYTES
        names = {key for key in keys if speakable(key)}
        return self.look(names if whole else names.union(candidates()))

    def look(self, keys: Collection[str]) -> dict[str, str]:
        """Selects each of the keys."""
        names = list(keys)
        answers = self._connected().api([f"db select/{self._settings.realm}/{name}" for name in names])
        return {name: answer.strip() for name, answer in zip(names, answers, strict=True) if answer.strip()}

    def write(self, put: Mapping[str, str], drop: Collection[str]) -> None:
        """Inserts and deletes key by key."""
        realm = self._settings.realm
        commands = [f"db insert/{realm}/{name}/{reason}" for name, reason in put.items()]
        commands += [f"db delete/{realm}/{name}" for name in drop]
        for answer in self._connected().api(commands):
            if not answer.startswith("+OK"):
                raise TargetError("{place} did not take a change.", place=self.place)
