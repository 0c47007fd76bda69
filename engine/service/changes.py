"""Operations that change the store, in the writer's turn."""

from engine.access import accounts, settings
from engine.api.destinations import ImportDestinations
from engine.api.extensions import Adjust, Changed, ImportExtensions, Recharge, Recharged, SetExtensions
from engine.api.operation import ImportResult
from engine.api.rates import ImportRates, MoveRate, RemoveRates, SavedRate, SaveRate, SwitchRates
from engine.api.session import Nothing, RemoveAccount
from engine.api.site import SetSetting
from engine.ledger import extension_sheet, extensions, operations
from engine.rating import destinations, rules, sheet
from engine.service.registry import Changing, balances, changes, rates, site_settings


@changes(RemoveAccount, tells=site_settings)
def remove_account(at: Changing, op: RemoveAccount) -> Nothing:
    return accounts.remove_account(at.session, op)


@changes(SetExtensions, tells=balances(lambda op: op.numbers))
def set_extensions(at: Changing, op: SetExtensions) -> Changed:
    return extensions.set_extensions(at.session, op, operator=at.operator, now=at.now)


@changes(ImportExtensions, tells=balances(lambda _op: ()))
def import_extensions(at: Changing, op: ImportExtensions) -> ImportResult:
    return extension_sheet.import_extensions(
        at.session, op.content, apply=op.apply, operator=at.operator, now=at.now
    )


@changes(Recharge, tells=balances(lambda op: op.numbers))
def recharge(at: Changing, op: Recharge) -> Recharged:
    return operations.recharge(at.session, op, operator=at.operator, now=at.now)


@changes(Adjust, tells=balances(lambda op: (op.number,)))
def adjust(at: Changing, op: Adjust) -> Recharged:
    return operations.adjust(at.session, op, operator=at.operator, now=at.now)


@changes(SaveRate, tells=rates)
def save_rate(at: Changing, op: SaveRate) -> SavedRate:
    return rules.save_rate(at.session, op, operator=at.operator, now=at.now)


@changes(RemoveRates, tells=rates)
def remove_rates(at: Changing, op: RemoveRates) -> Changed:
    return rules.remove_rates(at.session, op)


@changes(SwitchRates, tells=rates)
def switch_rates(at: Changing, op: SwitchRates) -> Changed:
    return rules.switch_rates(at.session, op)


@changes(MoveRate, tells=rates)
def move_rate(at: Changing, op: MoveRate) -> Changed:
    return rules.move_rate(at.session, op)


@changes(ImportRates, tells=rates)
def import_rates(at: Changing, op: ImportRates) -> ImportResult:
    return sheet.import_rates(at.session, op.content, apply=op.apply, operator=at.operator, now=at.now)


@changes(ImportDestinations, tells=site_settings)
def import_destinations(at: Changing, op: ImportDestinations) -> ImportResult:
    return destinations.import_destinations(at.session, op.content, apply=op.apply)


@changes(SetSetting, tells=site_settings)
def set_setting(at: Changing, op: SetSetting) -> Nothing:
    return settings.set_setting(at.session, op)
