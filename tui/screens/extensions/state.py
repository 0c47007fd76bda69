"""How the state of an extension is shown: a sign, a word and a style; never colour alone."""

from engine.api.extensions import ExtensionRow
from engine.domain.names import Payment
from tui.text.i18n import N_, _

_SIGNS = {
    "locked": ("■", "L", N_("locked"), "error"),
    "over": ("✗", "x", N_("over"), "error"),
    "low": ("▲", "!", N_("low"), "warning"),
    "new": ("+", "+", N_("new"), "accent"),
    "billed": ("●", "o", N_("ok"), "good"),
    "unbilled": ("○", "-", N_("off"), "muted"),
}

_PAYMENTS = {Payment.PREPAID: N_("prepaid"), Payment.POSTPAID: N_("postpaid")}


def state_of(row: ExtensionRow) -> str:
    """The one state that matters most: locked, over, low, new, unbilled or billed."""
    if row.locked:
        return "locked"
    if row.over_limit:
        return "over"
    if row.billing:
        return "low" if row.low else "billed"
    return "new" if row.is_new else "unbilled"


def state_text(row: ExtensionRow, *, ascii_only: bool) -> tuple[str, str]:
    """`✗ over limit` and the name of its style."""
    sign, plain, word, style = _SIGNS[state_of(row)]
    return f"{plain if ascii_only else sign} {_(word)}", style


def payment_text(payment: Payment) -> str:
    """`prepaid` or `postpaid` in the language of the screens."""
    return _(_PAYMENTS[payment])
