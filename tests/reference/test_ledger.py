"""The model of accounts against the sentences of the domain page."""

import pytest

from tests.reference.ledger import Account, KeyReused, Ledger, Refused

UNIT = 1_000_000


@pytest.fixture
def ledger() -> Ledger:
    made = Ledger()
    made.open(Account(number="8001", billing=True, credit_limit_micros=10 * UNIT))
    made.open(Account(number="8002", billing=True, payment="prepaid"))
    made.open(Account(number="8003"))
    return made


def test_calls_are_paid_from_the_balance_first_and_then_from_credit(ledger: Ledger) -> None:
    ledger.recharge("r1", ["8001"], 3 * UNIT)
    ledger.charge("call-1", "8001", 5 * UNIT)
    assert (ledger.balance("8001"), ledger.credit_used("8001")) == (-2 * UNIT, 2 * UNIT)
    assert ledger.available("8001") == 8 * UNIT


def test_exactly_nothing_available_is_over_limit(ledger: Ledger) -> None:
    ledger.charge("call-1", "8001", 10 * UNIT - 1)
    assert not ledger.over_limit("8001")
    ledger.charge("call-2", "8001", 1)
    assert ledger.over_limit("8001")
    assert ledger.barred_extensions() == ["8001", "8002"]


def test_without_billing_of_site_or_extension_nobody_is_over_limit(ledger: Ledger) -> None:
    assert ledger.over_limit("8002")
    assert not ledger.over_limit("8003")
    ledger.set_billing("8002", False)
    assert not ledger.over_limit("8002")
    ledger.set_billing("8002", True)
    ledger.site_billing = False
    assert not ledger.over_limit("8002")


def test_a_locked_extension_is_barred_whatever_its_balance(ledger: Ledger) -> None:
    ledger.set_locked("8003", True)
    assert ledger.barred("8003")
    assert not ledger.over_limit("8003")


def test_changing_the_payment_method_resets_total_recharged_and_keeps_the_balance(ledger: Ledger) -> None:
    ledger.recharge("r1", ["8002"], 50 * UNIT)
    (change,) = ledger.set_payment("m1", "8002", "postpaid")
    assert (change.amount_micros, change.balance_after_micros) == (0, 50 * UNIT)
    assert (ledger.total_recharged("8002"), ledger.balance("8002")) == (0, 50 * UNIT)
    ledger.recharge("r2", ["8002"], 7 * UNIT)
    assert ledger.total_recharged("8002") == 7 * UNIT


def test_setting_the_same_payment_method_changes_nothing(ledger: Ledger) -> None:
    ledger.recharge("r1", ["8002"], 50 * UNIT)
    assert ledger.set_payment("m1", "8002", "prepaid") == ()
    assert ledger.total_recharged("8002") == 50 * UNIT


def test_a_recharge_of_many_with_one_unknown_extension_moves_nothing(ledger: Ledger) -> None:
    with pytest.raises(Refused, match="8999"):
        ledger.recharge("r1", ["8001", "8999"], UNIT)
    assert ledger.entries == []
    assert len(ledger.recharge("r1", ["8001", "8002"], UNIT)) == 2


@pytest.mark.parametrize("amount_micros", [0, -1])
def test_a_recharge_of_0_or_less_is_refused(ledger: Ledger, amount_micros: int) -> None:
    with pytest.raises(Refused):
        ledger.recharge("r1", ["8001"], amount_micros)


def test_the_same_key_with_the_same_content_moves_nothing_and_answers_the_same(ledger: Ledger) -> None:
    first = ledger.recharge("r1", ["8001"], UNIT, note="cash")
    ledger.charge("call-1", "8001", 300)
    assert ledger.recharge("r1", ["8001"], UNIT, note="cash") == first
    assert ledger.balance("8001") == UNIT - 300


def test_the_same_key_with_other_content_is_refused(ledger: Ledger) -> None:
    ledger.recharge("r1", ["8001"], UNIT)
    with pytest.raises(KeyReused):
        ledger.recharge("r1", ["8001"], 2 * UNIT)
    with pytest.raises(KeyReused):
        ledger.adjust("r1", "8001", UNIT, reason="cash")
    assert ledger.balance("8001") == UNIT


def test_an_adjustment_may_be_negative_and_is_no_recharge(ledger: Ledger) -> None:
    ledger.adjust("a1", "8001", -UNIT, reason="typed twice")
    assert (ledger.balance("8001"), ledger.total_recharged("8001")) == (-UNIT, 0)


def test_an_adjustment_without_a_reason_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Refused):
        ledger.adjust("a1", "8001", UNIT, reason=" ")


def test_a_call_has_at_most_one_charge_that_is_not_reversed(ledger: Ledger) -> None:
    ledger.charge("call-1", "8001", 200)
    with pytest.raises(Refused):
        ledger.charge("call-1", "8001", 200)
    ledger.reverse("call-1")
    with pytest.raises(Refused):
        ledger.reverse("call-1")
    ledger.charge("call-1", "8001", 300)
    assert ledger.balance("8001") == -300


def test_rerating_posts_reversal_and_new_charge_once(ledger: Ledger) -> None:
    ledger.charge("call-1", "8001", 200)
    assert [entry.kind for entry in ledger.rerate("call-1", "8001", 300)] == ["reversal", "charge"]
    assert ledger.rerate("call-1", "8001", 300) == ()
    assert [entry.kind for entry in ledger.rerate("call-1", "8001", 0)] == ["reversal"]
    assert ledger.rerate("call-1", "8001", 0) == ()
    assert ledger.balance("8001") == 0


def test_each_balance_after_is_the_one_before_plus_its_amount(ledger: Ledger) -> None:
    ledger.recharge("r1", ["8001", "8002"], 5 * UNIT)
    ledger.charge("call-1", "8001", 2 * UNIT)
    ledger.charge("call-2", "8002", 3 * UNIT)
    ledger.rerate("call-1", "8001", UNIT)
    ledger.adjust("a1", "8001", -7, reason="coins")
    for number in ("8001", "8002"):
        balance = 0
        for entry in ledger.entries_of(number):
            balance += entry.amount_micros
            assert entry.balance_after_micros == balance
        assert balance == ledger.balance(number)
