"""Changing the language while the application runs: the numbered screens are made anew in it."""

import asyncio
from typing import TYPE_CHECKING

from tui import i18n
from tui.format import money_style

if TYPE_CHECKING:
    from tui.application import PbxmeterApp


async def change_language(app: "PbxmeterApp", language: str) -> None:
    """Switches to `language` and shows the present screen in it; the others start anew."""
    from tui.application import SCREENS

    i18n.install(language)
    app.money = await asyncio.to_thread(money_style, app.money.currency, language)
    here = app.current_mode
    other = next(entry.mode for entry in SCREENS if entry.mode != here)
    entries = {entry.mode: entry for entry in SCREENS}
    for mode in (name for name in entries if name not in (here, other)):
        await app.remove_mode(mode)
        app.add_mode(mode, entries[mode].load)
    # The screen in front can only be taken away once another one stands there.
    await app.switch_mode(other)
    await app.remove_mode(here)
    app.add_mode(here, entries[here].load)
    await app.switch_mode(here)
    await app.remove_mode(other)
    app.add_mode(other, entries[other].load)
