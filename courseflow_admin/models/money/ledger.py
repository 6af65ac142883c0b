"""The books: balanced entries that a payment's facts ask for.

Debit is positive, credit negative; each entry sums to zero per currency. An entry is never edited:
what is no longer wanted is reversed by another entry. The table is that of double-entry
bookkeeping over clearing accounts, as Stripe describes its own Ledger (https://stripe.com/blog/ledger-stripe-system-for-tracking-and-validating-money-movement).
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from courseflow_admin.models.core.base import Document, Piece, new_id
from courseflow_admin.models.money.facts import DisputeStatus, Fact, FactKind
from courseflow_admin.models.money.fold import MADE, captured, earliest, objects
from courseflow_admin.models.money.payments import Payment


class Account(StrEnum):
    GATEWAY = "gateway"  # what a provider has of ours, per settlement currency
    SALES = "sales"
    TAX = "tax"
    HELD = "held"  # came in and buys nothing yet
    REFUNDS = "refunds"
    TAX_REFUNDED = "tax_refunded"
    DISPUTED = "disputed"  # the bank has it while it decides
    DISPUTES_LOST = "disputes_lost"
    FEES = "fees"
    FEE_TAX = "fee_tax"
    FX = "fx"  # between the currency sold in and that settled in
    IN_TRANSIT = "in_transit"
    BANK = "bank"
    OPENING = "opening"
    NOT_OURS = "not_ours"  # other products on the same account of a provider


class Movement(StrEnum):
    CAPTURED = "captured"
    HELD = "held"
    ACCEPTED = "accepted"
    REFUNDED = "refunded"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    DISPUTE_WON_AFTER_LOST = "dispute_won_after_lost"
    FEE = "fee"
    EXCHANGED = "exchanged"


class Line(Piece):
    account: Account
    amount_minor: int  # debit positive, credit negative
    currency: str


class Entry(Document):
    """One movement of money, once: unique by (provider, mode, object, movement, n)."""

    payment_id: str
    course_id: str
    provider: str
    mode: str
    object_id: str
    movement: Movement
    n: int  # how often it was posted and reversed before: 0, 1, ...
    lines: list[Line]
    occurred_at: datetime
    booked_on: date | None = None  # its day in the school's zone, or the first open one
    late: bool = False  # booked on another day, because its month was closed
    posted_at: datetime
    reverses: str = ""  # the entry this one takes back
    migrated: bool = False


class Wanted(NamedTuple):
    """An entry that the facts ask for."""

    object_id: str
    movement: Movement
    occurred_at: datetime
    lines: tuple[tuple[Account, int, str], ...]
    migrated: bool = False


def wanted(payment: Payment, facts: Iterable[Fact]) -> list[Wanted]:
    """Every entry that the facts of one payment ask for."""
    kinds: dict[FactKind, list[Fact]] = {kind: [] for kind in FactKind}
    for fact in facts:
        kinds[fact.kind].append(fact)
    charge = captured(kinds[FactKind.CHARGE])
    found: list[Wanted] = []
    if charge:
        sold = earliest(kinds[FactKind.ACCEPTED])
        held = earliest(kinds[FactKind.HELD])
        found += _money(charge, held, sold)
        of_held = charge.amount_minor - (sold.amount_minor if sold else 0)
        found += _refunds(kinds[FactKind.REFUND], of_held if held else 0)
        for told in objects(kinds[FactKind.DISPUTE]).values():
            found += _dispute(payment, told, of_held=held is not None and sold is None)
    found += [_fee(fact) for fact in kinds[FactKind.FEE]]
    found += [_exchange(fact) for fact in kinds[FactKind.EXCHANGE]]
    return [one for one in found if any(minor for _, minor, _ in one.lines)]


def _entry(fact: Fact, movement: Movement, *lines: tuple[Account, int]) -> Wanted:
    in_its_currency = tuple((account, minor, fact.currency) for account, minor in lines)
    return Wanted(fact.object_id, movement, fact.occurred_at, in_its_currency, fact.migrated)


def _money(charge: Fact, held: Fact | None, sold: Fact | None) -> list[Wanted]:
    came = charge.amount_minor
    if held is None and sold:
        return [_entry(charge, Movement.CAPTURED, (Account.GATEWAY, came), (Account.SALES, -came))]
    found = [_entry(charge, Movement.HELD, (Account.GATEWAY, came), (Account.HELD, -came))]
    if sold:
        minor = sold.amount_minor
        found.append(
            _entry(sold, Movement.ACCEPTED, (Account.HELD, minor), (Account.SALES, -minor))
        )
    return found


def _refunds(facts: Iterable[Fact], of_held: int) -> list[Wanted]:
    """Refunds that were made: the first ones, as far as it goes, of money that was not accepted."""
    made: list[Fact] = []
    for told in objects(facts).values():
        if any(fact.status == "made_after_all" for fact in told) or not any(
            fact.status == "failed" for fact in told
        ):
            first = earliest(fact for fact in told if fact.status in MADE)
            made += [first] if first else []
    found = []
    for fact in sorted(made, key=lambda one: (one.occurred_at, one.object_id)):
        held = min(of_held, fact.amount_minor)
        of_held -= held
        found.append(
            _entry(
                fact,
                Movement.REFUNDED,
                (Account.HELD, held),
                (Account.REFUNDS, fact.amount_minor - held),
                (Account.GATEWAY, -fact.amount_minor),
            )
        )
    return found


def _dispute(payment: Payment, told: Sequence[Fact], *, of_held: bool) -> list[Wanted]:
    """Stripe takes the money when a dispute opens, Razorpay when it is lost."""
    by_status = {fact.status: fact for fact in sorted(told, key=lambda one: one.seen_at)}
    lost, won = by_status.get(DisputeStatus.LOST), by_status.get(DisputeStatus.WON)
    first = by_status.get(DisputeStatus.OPEN) or lost or won
    if first is None:
        return []
    gone = Account.HELD if of_held else Account.DISPUTES_LOST
    if payment.provider == "razorpay":
        found = []
        if lost:
            minor = lost.amount_minor
            found.append(
                _entry(lost, Movement.DISPUTE_LOST, (gone, minor), (Account.GATEWAY, -minor))
            )
        if lost and won:
            found.append(
                _entry(
                    won,
                    Movement.DISPUTE_WON_AFTER_LOST,
                    (Account.GATEWAY, lost.amount_minor),
                    (gone, -lost.amount_minor),
                )
            )
        return found
    minor = first.amount_minor
    found = [
        _entry(first, Movement.DISPUTE_OPENED, (Account.DISPUTED, minor), (Account.GATEWAY, -minor))
    ]
    if lost:
        found.append(_entry(lost, Movement.DISPUTE_LOST, (gone, minor), (Account.DISPUTED, -minor)))
    if won and lost:
        found.append(
            _entry(won, Movement.DISPUTE_WON_AFTER_LOST, (Account.GATEWAY, minor), (gone, -minor))
        )
    elif won:
        found.append(
            _entry(won, Movement.DISPUTE_WON, (Account.GATEWAY, minor), (Account.DISPUTED, -minor))
        )
    return found


def _fee(fact: Fact) -> Wanted:
    return _entry(
        fact,
        Movement.FEE,
        (Account.FEES, fact.amount_minor),
        (Account.FEE_TAX, fact.tax_minor),
        (Account.GATEWAY, -fact.amount_minor - fact.tax_minor),
    )


def _exchange(fact: Fact) -> Wanted:
    """What was moved in one currency was settled in another; both amounts are signed."""
    sold, settled = fact.amount_minor, fact.settled_minor
    lines = (
        (Account.GATEWAY, -sold, fact.currency),
        (Account.FX, sold, fact.currency),
        (Account.GATEWAY, settled, fact.settled_currency),
        (Account.FX, -settled, fact.settled_currency),
    )
    return Wanted(fact.object_id, Movement.EXCHANGED, fact.occurred_at, lines, fact.migrated)


def difference(
    payment: Payment, asked_for: Iterable[Wanted], posted: Iterable[Entry], at: datetime
) -> list[Entry]:
    """The entries that are missing, and the reversals of those that are no longer wanted."""
    standing: dict[tuple[str, Movement], Entry] = {}
    count: dict[tuple[str, Movement], int] = {}
    for entry in sorted(posted, key=lambda one: (one.n, one.reverses != "")):
        key = entry.object_id, entry.movement
        if entry.reverses:
            standing.pop(key, None)
        else:
            standing[key] = entry
        count[key] = entry.n + 1
    new: list[Entry] = []
    for one in asked_for:
        key = one.object_id, one.movement
        lines = _lines(one)
        known = standing.pop(key, None)
        if known and known.lines == lines:
            continue
        if known:
            new.append(_reversal(known, count[key], at))
            count[key] += 1
        new.append(_posting(payment, one, lines, count.get(key, 0), at))
    new += [_reversal(entry, count[key], at) for key, entry in standing.items()]
    return new


def _lines(one: Wanted) -> list[Line]:
    return [
        Line(account=account, amount_minor=minor, currency=currency)
        for account, minor, currency in one.lines
        if minor
    ]


def _posting(payment: Payment, one: Wanted, lines: list[Line], n: int, at: datetime) -> Entry:
    return Entry(
        _id=new_id("ent"),
        payment_id=payment.id,
        course_id=payment.course_id,
        provider=payment.provider,
        mode=payment.mode,
        object_id=one.object_id,
        movement=one.movement,
        n=n,
        lines=lines,
        occurred_at=one.occurred_at,
        posted_at=at,
        migrated=one.migrated,
    )


def _reversal(entry: Entry, n: int, at: datetime) -> Entry:
    lines = [line.model_copy(update={"amount_minor": -line.amount_minor}) for line in entry.lines]
    return entry.model_copy(
        update={
            "id": new_id("ent"),
            "n": n,
            "lines": lines,
            "occurred_at": at,
            "posted_at": at,
            "reverses": entry.id,
        }
    )


def sums(entries: Iterable[Entry]) -> dict[tuple[Account, str], int]:
    """Account and currency -> what its lines add up to, in minor units."""
    found: dict[tuple[Account, str], int] = {}
    for entry in entries:
        for line in entry.lines:
            key = line.account, line.currency
            found[key] = found.get(key, 0) + line.amount_minor
    return found
