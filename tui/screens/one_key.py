"""The key of a form that moves money: whatever is tried, and however often, the money moves once."""

import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

from engine.domain.errors import EngineDown, Refused
from tui.link.connection import NOT_SENT
from tui.text.i18n import _, flowing, said

R = TypeVar("R")

KEY_REUSED = "key_reused"


class OneKey:
    """Sends what a form asks for under one key, also after it was changed: an answer that got lost may have
    been a yes, and then the second try must not be another recharge.
    """

    def __init__(self) -> None:
        self._key = uuid.uuid4().hex

    async def send(self, ask: Callable[[str], Awaitable[R]]) -> R:
        """What `ask` answers for the key. Raises `PbxmeterError`s that say what is known of the outcome."""
        try:
            return await ask(self._key)
        except EngineDown as error:
            if error.code == NOT_SENT:
                raise
            hint = _("Whether it was done is not known: sending it again is safe, it is never done twice.")
            raise EngineDown(flowing([said(error.message), hint])) from error
        except Refused as error:
            if error.code != KEY_REUSED:
                raise
            raise Refused(
                _(
                    "An earlier try of this form was carried out as it was then; nothing was moved now. "
                    "Go back and look into the ledger."
                ),
                code=KEY_REUSED,
            ) from error
