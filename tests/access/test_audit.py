"""The audit: what was done and refused, by whom, before and after; told in sentences, never flooded."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.access import audit
from engine.api.client import Client
from engine.api.extensions import ExportExtensions, Recharge, SetExtensions
from engine.api.session import AuditRow, ListAudit
from engine.api.site import SetSetting, Verify
from engine.domain.errors import InvalidInput, NotFound
from tests.service.test_server import home as home  # the fixture of a running engine
from tests.stores import NOW
from tui.text import i18n
from tui.text.audited import detail, sentence


@pytest.fixture
def chinese() -> Iterator[None]:
    i18n.install("zh_CN")
    yield
    i18n.install("en")


def rows(client: Client) -> list[AuditRow]:
    """The oldest first; a change that changes nothing waits for those noted meanwhile."""
    client.call(SetSetting(name="language", value="auto"))
    return list(reversed(client.call(ListAudit()).rows))


def test_changes_are_told_with_what_was_before_and_by_whom(home: Path) -> None:
    with Client(home) as client:
        client.call(SetExtensions(numbers=["8001"], create=True))
        client.call(SetExtensions(numbers=["8001"], credit_limit_micros=300_000_000, locked=True))
        client.call(SetSetting(name="currency", value="CNY"))
        recharge = Recharge(numbers=["8001"], amount_micros=50_000_000, note="cash", key="a")
        client.call(recharge)
        assert client.call(recharge).repeated
        client.call(ExportExtensions())
        client.call(Verify())
        found = rows(client)
    assert [sentence(row) for row in found[1:-1]] == [
        "Credit limit of 8001: 0.00 → 300.00; Locked of 8001: off → on",
        "Currency: USD → CNY",
        "Recharge 8001 +50.00 (cash)",
        "Extensions exported",
        "Books checked: the books agree",
    ]
    assert {row.role for row in found} == {"admin"}
    assert all(row.operator == row.os_user for row in found)
    assert {row.outcome for row in found} == {"done"}


def test_refusals_are_noted_once_a_minute_and_kind(home: Path) -> None:
    with Client(home) as client:
        client.call(SetExtensions(numbers=["8001"], create=True))
        for number in range(20):
            with pytest.raises(NotFound):
                client.call(Recharge(numbers=["9999"], amount_micros=1, key=f"{number}"))
        with pytest.raises(InvalidInput):
            client.call(SetSetting(name="currency", value="nothing"))
        refused = [row for row in rows(client) if row.outcome != "done"]
    # A minute may end in between.
    assert 2 <= len(refused) <= 4
    assert sentence(refused[0]).startswith("Recharge 9999 +0.000001: refused: there is no such thing")
    assert sentence(refused[-1]) == "Setting: currency: refused: not acceptable"


def test_what_was_not_told_in_a_minute_is_told_with_the_next_of_its_kind() -> None:
    refusals = audit.Refusals()
    told = [refusals.heard("ann", "Recharge", "role", now=NOW) for _ in range(5)]
    assert told == [1, 0, 0, 0, 0]
    assert refusals.heard("bob", "Recharge", "role", now=NOW) == 1
    assert refusals.heard("ann", "Recharge", "role", now=NOW + timedelta(minutes=1)) == 5


def test_refusals_of_very_many_kinds_are_counted_together() -> None:
    refusals = audit.Refusals()
    told = [refusals.heard(f"name {number}", "SignIn", "x", now=NOW) for number in range(10_000)]
    assert sum(map(bool, told)) == audit.MAX_KINDS + 1


def row(**given: str) -> AuditRow:
    fields = {"operator": "ann", "role": "admin", "os_user": "", "outcome": "done", "detail": "{}"} | given
    return AuditRow(audit_id=1, done_at=NOW, **fields)


@pytest.mark.usefixtures("chinese")
def test_sentences_are_told_in_chinese() -> None:
    told = row(action="SetExtensions", detail='{"changes":[["8001","credit_limit","0.00","300.00"]]}')
    assert sentence(told) == "8001 的信用额度: 0.00 → 300.00"
    assert sentence(row(action="Recharge", outcome="role")) == "充值: 被拒绝：角色不允许"


def test_many_numbers_and_changes_are_cut_in_the_sentence_and_whole_behind_it() -> None:
    numbers = ",".join(f'"{number}"' for number in range(8001, 8011))
    told = row(action="Recharge", detail=f'{{"numbers":[{numbers}],"amount_micros":1000000}}')
    assert sentence(told) == "Recharge 8001, 8002, 8003 and 7 more +1.00"
    changes = ",".join(f'["{number}","locked","off","on"]' for number in range(8001, 8006))
    told = row(action="SetExtensions", detail=f'{{"changes":[{changes}]}}')
    assert sentence(told).endswith("Locked of 8003: off → on and 2 more")
    assert detail(told)[-1] == "Locked of 8005: off → on"


def test_what_is_no_json_or_of_an_unknown_kind_is_shown_by_its_name() -> None:
    assert sentence(row(action="Something", detail="{")) == "Something"
