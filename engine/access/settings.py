"""Settings that operators switch at run time, and what each operator prefers."""

from zoneinfo import ZoneInfo

from babel.numbers import list_currencies

from engine.api.session import Nothing, Preferences, SetPreference
from engine.api.site import SetSetting
from engine.domain.errors import InvalidInput
from engine.domain.money import format_amount, parse_amount
from engine.domain.site import Site
from engine.store import Session

BY_LOCALE = "auto"
"""The language that each operator's own locale asks for."""

LANGUAGES = (BY_LOCALE, "en", "zh_CN")
MAX_PREFERENCE_BYTES = 64 * 1024
MAX_PREFERENCES = 200
_ON = {
    "on": "on",
    "true": "on",
    "yes": "on",
    "1": "on",
    "off": "off",
    "false": "off",
    "no": "off",
    "0": "off",
}


def load_site(session: Session, zone: ZoneInfo) -> Site:
    """The site as it stands; a new one has billing off."""
    values = setting_values(session)
    return Site(
        zone=zone,
        billing=values["billing"] == "on",
        currency=values["currency"],
        low_balance_micros=parse_amount(values["low_balance"], field="low_balance"),
        language="" if values["language"] == BY_LOCALE else values["language"],
    )


def setting_values(session: Session) -> dict[str, str]:
    """Every setting as text, with the defaults of a new site."""
    values = {"billing": "off", "currency": "USD", "low_balance": "0", "language": BY_LOCALE}
    return values | {
        str(name): str(value) for name, value in session.rows("access.settings") if name in values
    }


def set_setting(session: Session, request: SetSetting) -> Nothing:
    """Changes one setting. Raises `InvalidInput` naming it."""
    session.run("access.set_setting", name=request.name, value=_checked(request.name, request.value.strip()))
    return Nothing()


def _checked(name: str, value: str) -> str:
    if name == "billing":
        if value.lower() not in _ON:
            raise InvalidInput.in_field("billing", "{value!r} is neither on nor off.", value=value)
        return _ON[value.lower()]
    if name == "currency":
        code = value.upper()
        if code not in list_currencies():
            raise InvalidInput.in_field(
                "currency", "{value!r} is not an ISO 4217 code such as USD, EUR or CNY.", value=value
            )
        return code
    if name == "low_balance":
        return format_amount(parse_amount(value, field="low_balance"), digits=0)
    if name == "language":
        if value not in LANGUAGES:
            raise InvalidInput.in_field(
                "language",
                "{value!r} is not one of {languages}.",
                value=value,
                languages=", ".join(LANGUAGES),
            )
        return value
    raise InvalidInput(
        "There is no setting {name!r}. There are billing, currency, low_balance and language.",
        name=name,
        field="name",
    )


def preferences(session: Session, operator: str) -> Preferences:
    """What this operator chose before."""
    rows = session.rows("access.preferences", operator=operator)
    return Preferences(values={str(name): str(value) for name, value in rows})


def set_preference(session: Session, request: SetPreference, *, operator: str) -> Nothing:
    """Remembers one choice. Raises `InvalidInput` for too much of it."""
    if len(request.value.encode()) > MAX_PREFERENCE_BYTES or len(request.name) > 128:
        raise InvalidInput("{name}: too long to remember.", name=request.name[:40], field="value")
    known = preferences(session, operator).values
    if request.name not in known and len(known) >= MAX_PREFERENCES:
        raise InvalidInput("Too many preferences.", field="name")
    session.run("access.set_preference", operator=operator, name=request.name, value=request.value)
    return Nothing()
