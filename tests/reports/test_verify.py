"""The books agree, and each way they can disagree is found and named."""

import pytest

from engine.reports.verify import MAX_FINDINGS, verify
from engine.store import chained
from engine.store.chain import COVERED
from tests.reports.building import NOON, Books, insert


@pytest.fixture
def sound(books: Books) -> Books:
    """Three calls of two extensions, one re-rated, with a file of six lines; all of it agrees."""
    with chained(books.session):
        books.session.written |= COVERED
        books.rate(1, price_micros=500_000)
        books.extension("1001", balance_micros=8_300_000, total_recharged_micros=5_000_000)
        books.extension("1002", balance_micros=-500_000)
        books.extension("1003")
        books.entry("1001", "recharge", 4_000_000, 4_000_000, operation_key="a")
        books.entry("1001", "method change", 0, 4_000_000)
        books.entry("1001", "recharge", 5_000_000, 9_000_000, operation_key="b")
        first, second = books.call(rate_version=1), books.call(extension="1002", rate_version=1)
        free = books.call(cost_micros=0, cycles=0, unrated="no rule")
        books.entry("1001", "charge", -600_000, 8_400_000, call_id=first)
        books.entry("1002", "charge", -500_000, -500_000, call_id=second)
        books.entry("1001", "reversal", 600_000, 9_000_000, call_id=first)
        books.entry("1001", "charge", -500_000, 8_500_000, call_id=first)
        books.entry("1001", "charge", 0, 8_500_000, call_id=free)
        books.entry("1001", "adjustment", -200_000, 8_300_000, operation_key="c")
        books.operation("a", 1, "1001", 4_000_000, 4_000_000)
        books.operation("b", 3, "1001", 5_000_000, 9_000_000)
        books.operation("c", 9, "1001", -200_000, 8_300_000)
        books.quarantined(300, 50)
        books.quarantined(350, 70, retried_at=NOON)
        books.file(
            lines=7, stored=3, duplicates=2, quarantined=1, ignored=1, stored_bytes=300, duplicate_bytes=120,
            quarantined_bytes=50, ignored_bytes=1, read_offset=471,
        )  # fmt: skip
    return books


WATCHES_ALL = (
    "by the rule",
    "no rule that is known",
    "the operation",
    "no operation",
    "the chain",
    "no commit",
)
"""What rules, operations and chain say of an edit besides: they have tests of their own."""


def findings(books: Books) -> list[str]:
    found = [str(finding) for finding in verify(books.session).findings]
    return [finding for finding in found if not any(part in finding for part in WATCHES_ALL)]


def only(books: Books) -> str:
    (finding,) = findings(books)
    return finding


def change(books: Books, text: str) -> None:
    books.session.plain(text)


def test_sound_books_are_clean(sound: Books) -> None:
    result = verify(sound.session)
    assert result.findings == []
    assert result.clean
    assert (result.extensions, result.entries, result.calls, result.files) == (3, 9, 3, 1)


def test_an_empty_site_is_clean(books: Books) -> None:
    assert verify(books.session).clean


def test_a_balance_that_is_not_the_sum_is_named(sound: Books) -> None:
    change(sound, "UPDATE extension SET balance_micros = 1 WHERE number = '1002'")
    assert only(sound) == ("Extension 1002: its balance is 0.000001, but its ledger entries add up to -0.50.")
    assert not verify(sound.session).clean


def test_a_balance_without_entries_is_named(sound: Books) -> None:
    change(sound, "UPDATE extension SET balance_micros = 1 WHERE number = '1003'")
    assert "Extension 1003" in only(sound)


def test_entries_of_an_unknown_extension_are_named(sound: Books) -> None:
    sound.entry("9999", "adjustment", 0, 0)
    assert only(sound) == "Ledger entries name extension 9999, which does not exist."


def test_a_broken_chain_names_its_entry(sound: Books) -> None:
    change(sound, "UPDATE ledger_entry SET balance_after_micros = 7 WHERE entry_id = 1")
    first, second = findings(sound)
    assert first.startswith("Ledger entry 1 of extension 1001: 0.00 plus 4.00 is not its balance after")
    assert second.startswith("Ledger entry 2 of extension 1001")


def test_an_entry_number_given_twice_is_named(sound: Books) -> None:
    sound.entries = 0
    sound.entry("1003", "adjustment", 0, 0)
    assert "Ledger entry 1 exists 2 times." in findings(sound)


@pytest.mark.parametrize(
    ("kind", "amount"), [("recharge", 0), ("method change", 5), ("gift", 5), ("recharge", -5)]
)
def test_an_amount_that_cannot_be_of_its_kind_is_named(sound: Books, kind: str, amount: int) -> None:
    sound.entry("1003", kind, amount, amount)
    assert any(f"cannot be the amount of a {kind}" in finding for finding in findings(sound))


def test_a_wrong_total_recharged_is_named(sound: Books) -> None:
    change(sound, "UPDATE extension SET total_recharged_micros = 9000000 WHERE number = '1001'")
    assert only(sound) == (
        "Extension 1001: its total recharged is 9.00, but its recharges since the payment method last "
        "changed add up to 5.00."
    )


def test_a_call_that_costs_something_and_has_no_charge_is_named(sound: Books) -> None:
    change(sound, "UPDATE call SET cost_micros = 7 WHERE call_id = 3")
    assert "Call 3 of extension 1001 at 2026-01-15 12:00:00" in only(sound)
    change(sound, "DELETE FROM ledger_entry WHERE call_id = 2")
    assert any(
        "Call 2 of extension 1002" in one and "no charge stands for it" in one for one in findings(sound)
    )


def test_a_charge_of_another_amount_is_named(sound: Books) -> None:
    change(sound, "UPDATE call SET cost_micros = 400000 WHERE call_id = 2")
    assert "it costs 0.40, but 0.50 is charged for it" in only(sound)


def test_two_charges_that_are_not_reversed_are_named(sound: Books) -> None:
    sound.entry("1001", "charge", 0, 8_300_000, call_id=1)
    assert "Call 1 of extension 1001 at 2026-01-15 12:00:00: 2 charges are not reversed." in findings(sound)


def test_a_charge_on_another_extension_is_named(sound: Books) -> None:
    change(sound, "UPDATE call SET extension = '1003' WHERE call_id = 2")
    assert only(sound).endswith("it is charged to extension 1002.")


@pytest.mark.parametrize(
    ("edit", "part"),
    [
        ("UPDATE call SET charged_seconds = 61 WHERE call_id = 2", "but by the rule rule 1 it costs 1.00"),
        ("UPDATE call SET cycles = 2 WHERE call_id = 2", "or has other parts"),
        ("UPDATE call SET unrated = 'no rule' WHERE call_id = 2", "the rule rule 1 cannot have been applied"),
        ("UPDATE call SET rate_version = 7 WHERE call_id = 2", "no rule that is known stands for it"),
        ("UPDATE rate_version SET prefix = '00'", "the rule rule 1 cannot have been applied"),
        ("UPDATE rate_version SET price_micros = 1", "but by the rule rule 1 it costs 0.000001"),
    ],
)
def test_a_call_that_its_rule_does_not_explain_is_named(sound: Books, edit: str, part: str) -> None:
    change(sound, edit)
    assert any(
        "Call 2 of extension 1002" in one and part in one for one in map(str, verify(sound.session).findings)
    )


@pytest.mark.parametrize(
    ("edit", "part"),
    [
        ("DELETE FROM operation WHERE operation_key = 'b'", "Ledger entry 3 of extension 1001: no operation"),
        (
            "UPDATE operation SET operation_key = 'd' WHERE operation_key = 'a'",
            "The operation 'd' moved 4.00",
        ),
        ("DELETE FROM ledger_entry WHERE entry_id = 9", "but its ledger entry 9 is missing"),
        ("UPDATE ledger_entry SET note = 'x' WHERE entry_id = 3", "but the operation 'b' says 5.00"),
        ("UPDATE ledger_entry SET operation_key = NULL WHERE entry_id = 3", "no operation stands for it"),
    ],
)
def test_an_entry_without_its_operation_is_named_and_the_other_way(
    sound: Books, edit: str, part: str
) -> None:
    change(sound, edit)
    assert any(part in str(one) for one in verify(sound.session).findings)


def test_it_tells_how_far_it_is_and_ends_when_told(sound: Books) -> None:
    steps: list[tuple[int, int]] = []

    def step(done: int, total: int) -> None:
        steps.append((done, total))
        if done == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        verify(sound.session, step=step)
    assert [done for done, _ in steps] == [0, 1, 2, 3]


def test_a_charge_for_no_call_is_named(sound: Books) -> None:
    sound.entry("1003", "charge", 0, 0, call_id=77)
    sound.entry("1003", "charge", 0, 0)
    assert sorted(findings(sound)) == [
        "Charges of extension 1003 belong to no call.",
        "Ledger entries of extension 1003 name call 77, which does not exist.",
    ]


def test_a_reversal_of_another_amount_is_named(sound: Books) -> None:
    change(sound, "UPDATE ledger_entry SET amount_micros = -700000 WHERE entry_id = 4")
    assert "Ledger entry 6: it reverses 0.70 of call 1 by 0.60." in findings(sound)


def test_a_reversal_before_its_charge_is_named(sound: Books) -> None:
    change(sound, "UPDATE ledger_entry SET kind = 'reversal', amount_micros = 0 WHERE entry_id = 4")
    assert any(
        "Ledger entry 4: a reversal of call 1 follows another reversal" in one for one in findings(sound)
    )


@pytest.mark.parametrize(
    ("column", "part"),
    [
        ("lines", "lines were read"),
        ("read_offset", "bytes were read"),
        ("stored", "calls come from it"),
        ("stored_bytes", "its calls have 300"),
        ("quarantined", "2 lines count as quarantined, but 1 are kept"),
        ("quarantined_bytes", "51 bytes count as quarantined, but 50 are kept"),
        ("duplicates", "8 are accounted for"),
        ("ignored_bytes", "472 are accounted for"),
    ],
)
def test_a_file_whose_lines_or_bytes_do_not_add_up_is_named(sound: Books, column: str, part: str) -> None:
    change(sound, f"UPDATE source_file SET {column} = {column} + 1")  # noqa: S608 - columns of this test
    assert any("File 1 (/var/log/Master.csv)" in one and part in one for one in findings(sound))


def test_calls_of_an_unknown_file_are_named(sound: Books) -> None:
    sound.call(file_id=9, cost_micros=0, cycles=0, unrated="no rule", line_offset=0)
    assert only(sound) == "Calls or quarantined lines name file 9, which does not exist."


def test_a_call_beyond_the_read_position_is_named(sound: Books) -> None:
    change(sound, "UPDATE call SET line_offset = 900 WHERE call_id = 3")
    assert "a call ends at byte 1,000, beyond what was read (471)" in only(sound)


def test_lines_that_overlap_are_named(sound: Books) -> None:
    change(sound, "UPDATE call SET line_offset = 150 WHERE call_id = 3")
    assert only(sound) == (
        "File 1 (/var/log/Master.csv): the line at byte 150 begins before byte 200, where another one ends."
    )


def test_a_call_stored_twice_is_named(sound: Books) -> None:
    change(sound, "UPDATE call SET call_key = 1 WHERE call_id = 3")
    assert only(sound) == "The same call of extension 1001 is stored 2 times, as 1 to 3."
    change(sound, "UPDATE call SET started_at = started_at - INTERVAL 1 DAY WHERE call_id = 3")
    assert not findings(sound)


def test_a_call_number_given_twice_is_named(sound: Books) -> None:
    change(sound, "UPDATE call SET call_id = 1 WHERE call_id = 3")
    assert "Call 1 exists 2 times." in findings(sound)


def test_findings_are_bounded(books: Books) -> None:
    books.add_calls([{"file_id": 9, "call_key": 5} for _ in range(MAX_FINDINGS + 50)])
    result = verify(books.session)
    assert len(result.findings) == MAX_FINDINGS
    assert not result.clean


def test_sums_beyond_64_bits_are_a_finding_and_no_failure(books: Books) -> None:
    books.extension("1001")
    insert(
        books.session,
        "ledger_entry",
        [
            {
                "entry_id": number, "extension": "1001", "kind": "recharge", "posted_at": NOON,
                "amount_micros": 2**63 - 1, "balance_after_micros": 2**63 - 1, "operator": "", "note": "",
            }
            for number in (1, 2)
        ],
    )  # fmt: skip
    assert any("18446744073709.551614" in finding for finding in findings(books))
