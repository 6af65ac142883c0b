"""The books: what each fact posts, that it balances, and that nothing is posted twice."""

import pytest

from courseflow_admin.models.money.facts import FactKind
from courseflow_admin.models.money.ledger import difference, sums, wanted
from tests.fact_builders import (
    NOON,
    a_fact,
    a_payment,
    accepted,
    charge,
    dispute,
    held,
    refund,
    sold,
)


def posted(facts, before=(), provider="stripe"):
    payment = a_payment(provider)
    return [*before, *difference(payment, wanted(payment, facts), before, NOON)]


def balances(entries):
    return {account.value: minor for (account, _), minor in sums(entries).items() if minor}


FEE = a_fact(FactKind.FEE, "txn_1", "charge", 262, about="ch_1", tax_minor=50)
EXCHANGED = a_fact(
    FactKind.EXCHANGE, "txn_1", minor=8_000, settled_minor=8_800, settled_currency="USD"
)


@pytest.mark.parametrize(
    ("provider", "facts", "expected"),
    [
        ("stripe", [charge()], {"gateway": 8_000, "held": -8_000}),
        ("stripe", sold(), {"gateway": 8_000, "sales": -8_000}),
        ("stripe", [charge("authorized")], {}),
        ("stripe", [charge("authorized"), charge("lapsed")], {}),
        ("stripe", [charge(), held(), accepted()], {"gateway": 8_000, "sales": -8_000}),
        ("stripe", [charge(), held(), refund(minor=8_000)], {}),
        ("stripe", sold(refund("pending")), {"gateway": 8_000, "sales": -8_000}),
        (
            "stripe",
            sold(refund(minor=2_000)),
            {"gateway": 6_000, "sales": -8_000, "refunds": 2_000},
        ),
        (
            "stripe",
            sold(refund(minor=2_000), refund("failed", 2_000)),
            {"gateway": 8_000, "sales": -8_000},
        ),
        (
            "stripe",
            [charge(), held(), refund(minor=3_000), accepted(5_000, hours=2)],
            {"gateway": 5_000, "sales": -5_000},
        ),
        ("stripe", sold(dispute("inquiry")), {"gateway": 8_000, "sales": -8_000}),
        ("stripe", sold(dispute("open")), {"sales": -8_000, "disputed": 8_000}),
        ("stripe", sold(dispute("open"), dispute("won")), {"gateway": 8_000, "sales": -8_000}),
        (
            "stripe",
            sold(dispute("open"), dispute("lost")),
            {"sales": -8_000, "disputes_lost": 8_000},
        ),
        (
            "stripe",
            sold(dispute("open"), dispute("lost"), dispute("won")),
            {"gateway": 8_000, "sales": -8_000},
        ),
        (
            "stripe",
            sold(refund(minor=2_000), dispute("open"), dispute("lost")),
            {"gateway": -2_000, "sales": -8_000, "refunds": 2_000, "disputes_lost": 8_000},
        ),
        ("razorpay", sold(dispute("open")), {"gateway": 8_000, "sales": -8_000}),
        (
            "razorpay",
            sold(dispute("open"), dispute("lost")),
            {"sales": -8_000, "disputes_lost": 8_000},
        ),
        (
            "razorpay",
            sold(dispute("open"), dispute("lost"), dispute("won")),
            {"gateway": 8_000, "sales": -8_000},
        ),
        ("stripe", [charge(), held(), dispute("open"), dispute("lost")], {}),
        (
            "stripe",
            sold(FEE),
            {"gateway": 7_688, "sales": -8_000, "fees": 262, "fee_tax": 50},
        ),
    ],
)
def test_each_fact_posts_what_the_table_says_in_any_order(provider, facts, expected):
    for order in (facts, facts[::-1]):
        entries = posted(order, provider=provider)

        assert balances(entries) == expected
        for entry in entries:
            assert sum(line.amount_minor for line in entry.lines) == 0
            assert all(line.amount_minor for line in entry.lines)


def test_what_is_settled_in_another_currency_balances_in_both():
    (entry,) = [one for one in posted(sold(EXCHANGED)) if one.movement == "exchanged"]

    by_currency = {}
    for line in entry.lines:
        by_currency.setdefault(line.currency, []).append(line.amount_minor)
    assert by_currency == {"EUR": [-8_000, 8_000], "USD": [8_800, -8_800]}


def test_the_same_facts_again_post_nothing():
    facts = sold(refund(), dispute("open"), FEE, EXCHANGED)
    once = posted(facts)

    assert posted(facts, once) == once


def test_what_is_no_longer_wanted_is_reversed_and_may_be_posted_again():
    made = sold(refund(minor=2_000))
    failed = [*made, refund("failed", 2_000)]
    after_all = [*failed, refund("made_after_all", 2_000)]

    entries = posted(after_all, posted(failed, posted(made)))

    of_refund = [one for one in entries if one.object_id == "re_1"]
    assert [(one.n, bool(one.reverses)) for one in of_refund] == [
        (0, False),
        (1, True),
        (2, False),
    ]
    assert of_refund[1].reverses == of_refund[0].id
    assert balances(entries) == {"gateway": 6_000, "sales": -8_000, "refunds": 2_000}
    keys = [(one.object_id, one.movement, one.n) for one in entries]
    assert len(set(keys)) == len(keys)


def test_a_dispute_told_as_won_before_its_loss_is_known_comes_to_the_same():
    late = posted(sold(dispute("won"), dispute("lost")), posted(sold(dispute("won"))))

    at_once = posted(sold(dispute("lost"), dispute("won")))
    assert balances(late) == balances(at_once) == {"gateway": 8_000, "sales": -8_000}
