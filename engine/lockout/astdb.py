"""Barred extensions in Asterisk's database: /family/extension = reason."""

import logging
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from config.lockout import AmiTarget
from config.secret import read_secret
from engine.lockout.ami import LIST_SECONDS, AmiSession
from engine.lockout.keyed import RemoteKeys

log = logging.getLogger(__name__)


class AstDb(RemoteKeys[AmiSession]):
    """One family, through the manager port. Never a family as a whole: AstDB matches those as patterns."""

    reasons = True

    def __init__(self, settings: AmiTarget, *, home: Path) -> None:
        super().__init__()
        self._settings = settings
        self._secret_file = home / settings.secret_file
        self._started = ""
        self._lists = True
        self.place = f"/{settings.family} on {settings.host}:{settings.port}"
        self.remedy = f"database del {settings.family} KEY"

    def connect(self, *, check: bool) -> bool:
        """Logs in where there is no connection; a PBX that was started anew counts as a new one."""
        if self._session is not None and not self._session.lost():
            return check and self._look_at_start(self._session)
        self.close()
        settings = self._settings
        session = AmiSession(
            settings.host, settings.port, username=settings.username, secret=read_secret(self._secret_file)
        )
        self._session, self._lists = session, True
        self._look_at_start(session)
        return True

    def read(self, candidates: Callable[[], Collection[str]]) -> dict[str, str]:
        """All keys of the family, whatever else matches its name."""
        session = self._connected()
        if self._lists:
            action = {"Action": "DBGetTree", "Family": self._settings.family}
            (answer,) = session.ask([action], seconds=LIST_SECONDS)
            if answer.ok:
                # `pbxmeter` also meets /PBXMETER/1001, and a family below is none of ours.
                start = f"/{self._settings.family}/"
                return {
                    entry["key"].removeprefix(start): entry.get("val", "")
                    for entry in answer.entries
                    if entry.get("key", "").startswith(start)
                }
            if "unknown command" not in answer.message.lower():
                raise session.refused("DBGetTree", answer)
            log.info("%s: no DBGetTree: asks for one key after the other", self.place)
            self._lists = False
        return self.look(candidates())

    def look(self, keys: Collection[str]) -> dict[str, str]:
        """Asks for each of the keys."""
        session, names = self._connected(), list(keys)
        found: dict[str, str] = {}
        for name, answer in zip(
            names, session.ask([self._action("DBGet", name) for name in names]), strict=True
        ):
            if answer.ok:
                found[name] = answer.entries[0].get("val", "") if answer.entries else ""
            elif "not found" not in answer.message.lower():
                raise session.refused("DBGet", answer)
        return found

    def write(self, put: Mapping[str, str], drop: Collection[str]) -> None:
        """Puts and deletes key by key."""
        session = self._connected()
        actions = [{**self._action("DBPut", name), "Val": reason} for name, reason in put.items()]
        actions += [self._action("DBDel", name) for name in drop]
        for action, answer in zip(actions, session.ask(actions), strict=True):
            # A key that is gone already cannot be deleted; what is left of it, the reading back finds.
            denied = answer.message == "Permission denied"
            if denied or not (answer.ok or action["Action"] == "DBDel"):
                raise session.refused(action["Action"], answer)

    def _look_at_start(self, session: AmiSession) -> bool:
        """Notes when the PBX was started; whether that is another time than before."""
        (answer,) = session.ask([{"Action": "CoreStatus"}])
        if not answer.ok:
            raise session.refused("CoreStatus", answer)
        started = f"{answer.response.get('corestartupdate')} {answer.response.get('corestartuptime')}"
        before, self._started = self._started, started
        if before and before != started:
            log.info("%s: Asterisk was started at %s: everything is compared", self.place, started)
        return before != started

    def _action(self, name: str, key: str) -> dict[str, str]:
        return {"Action": name, "Family": self._settings.family, "Key": key}
