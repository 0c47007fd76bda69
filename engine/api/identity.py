"""Signing in by operating-system user: one JSON line from a unix socket that knows its peer.

The engine reads SO_PEERCRED of whoever connects, and answers with a session's token, or with an empty one
when accounts exist and none of them is this user's.
"""

import socket
from pathlib import Path

import msgspec

from engine.api.home import IDENTITY_SOCKET, run_folder, short_folder
from engine.domain.errors import EngineDown

TIMEOUT_SECONDS = 10.0
MAX_ANSWER_BYTES = 4096


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who the engine takes the caller for. An empty `token` means: sign in by name and password."""

    token: str
    operator: str
    accounts_exist: bool
    proof: str = ""
    """Tells the engine later on which operating-system user asks."""


def ask_identity(home: Path) -> Identity:
    """Asks the engine of this home. Raises `EngineDown` when none answers."""
    try:
        with short_folder(run_folder(home)) as folder, socket.socket(socket.AF_UNIX) as link:
            link.settimeout(TIMEOUT_SECONDS)
            link.connect(f"{folder}/{IDENTITY_SOCKET}")
            answer = b""
            while not answer.endswith(b"\n") and len(answer) < MAX_ANSWER_BYTES:
                part = link.recv(MAX_ANSWER_BYTES)
                if not part:
                    break
                answer += part
        return msgspec.json.decode(answer, type=Identity)
    except PermissionError as error:
        raise EngineDown(
            f"You may not open the engine's socket in {run_folder(home)}. Ask the owner of the home to set "
            "engine.socket_group in config.yaml to a group that you are in, and to start the engine anew. "
            "If you were put into the group just now, log in to the host again."
        ) from error
    except (OSError, msgspec.DecodeError) as error:
        raise EngineDown(f"No engine answers in {home}.") from error
