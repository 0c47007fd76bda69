"""The filter over the list of extensions: words of number or name, ranges, state: and payment:."""

from engine.api.extensions import State
from engine.domain.errors import InvalidInput
from engine.domain.names import Payment
from tui.text.i18n import N_, _

STATES: tuple[tuple[State, str], ...] = (
    ("", N_("any state")),
    ("barred", N_("barred")),
    ("over", N_("over limit")),
    ("locked", N_("locked")),
    ("low", N_("low")),
    ("free", N_("not barred")),
    ("billed", N_("billed")),
    ("unbilled", N_("not billed")),
    ("new", N_("new")),
)


def read_filter(text: str, *, state: State, payment: Payment | None) -> tuple[str, State, Payment | None]:
    """Text, state and payment of a filter such as `wang state:over`, over those chosen by key.

    Raises `InvalidInput` for a state or payment that does not exist.
    """
    words: list[str] = []
    for word in text.split():
        name, colon, value = word.partition(":")
        if colon and name == "state":
            found: State | None = next((key for key, _name in STATES if key == value.lower()), None)
            if found is None:
                # Half a word is what one sees while typing: it narrows nothing yet.
                if any(key.startswith(value.lower()) for key, _name in STATES):
                    continue
                raise InvalidInput(
                    _("state: %s. Use one of %s.") % (value, ", ".join(key for key, _name in STATES if key)),
                    field="state",
                )
            state = found
        elif colon and name == "payment":
            if value in list(Payment):
                payment = Payment(value)
            elif not any(known.value.startswith(value.lower()) for known in Payment):
                raise InvalidInput(_("payment: prepaid or postpaid."), field="payment")
        else:
            words.append(word)
    return " ".join(words), state, payment
