"""Payouts of Stripe's balance to the school's bank: every day at midnight (UTC), or by a button."""

from collections.abc import Iterator

from courseflow_admin.development.sandbox import stripe_objects as objects
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_balance import DAY, book, totals
from courseflow_admin.development.sandbox.stripe_base import CannotAct, emit
from courseflow_admin.development.sandbox.world import World

ARRIVAL_DAYS = 1
NEXT = "payouts.stripe.next"  # the switch that remembers the day the next ones are due
FAILED = "The bank account has been closed."


def by_time(world: World) -> None:
    """What the days since the last look brought: payouts made, payouts arrived."""
    for _ in day_by_day(world):
        pass


def day_by_day(world: World, *, quiet: bool = False) -> Iterator[int]:
    """The same, and after each day a chance for others; `quiet`: without events."""
    today = world.now() // DAY
    first = int(world.store.switch(NEXT) or 0) or _first_day(world)
    for day in range(first, today + 1):
        then = world.moment(day * DAY, quiet=quiet)
        for payout in _arriving(then):
            arrive(then, payout["id"])
        if world.payouts("stripe") == "daily":
            _of_the_day(then)
        world.store.set_switch(NEXT, str(day + 1))
        yield day


def _first_day(world: World) -> int:
    """The day after money first came; before that there is nothing to pay out."""
    oldest = world.store.oldest("balance_transaction")
    return (int(oldest["created"]) if oldest else world.now()) // DAY + 1


def _arriving(world: World) -> list[Body]:
    since = world.now() - (ARRIVAL_DAYS + 1) * DAY
    found = world.store.walk("payout", since=since, until=world.now())
    return [
        item
        for item in found
        if item["status"] == "in_transit" and item["arrival_date"] <= world.now()
    ][::-1]


def _of_the_day(world: World) -> None:
    """Whatever is available; a balance below zero waits for better days."""
    for currency, items in _unpaid(world, until=world.now()).items():
        if sum(item["net"] for item in items) > 0:
            _pay_out(world, currency, items)


def _unpaid(world: World, until: int) -> dict[str, list[Body]]:
    """By currency: what no automatic payout holds yet and may be used at `until`."""
    found: dict[str, list[Body]] = {}
    for item in world.store.walk("balance_transaction", alone=True, until=until):
        if item["available_on"] <= until:
            found.setdefault(item["currency"], []).append(item)
    return dict(sorted(found.items()))


def pay_out(world: World) -> list[Body]:
    """Today's automatic payouts now, of pending money as well."""
    made = []
    for currency, items in _unpaid(world, until=2**60).items():
        if sum(item["net"] for item in items) > 0:
            for item in items:
                item["available_on"] = min(item["available_on"], world.now())
                world.store.put("balance_transaction", item)
            made.append(_pay_out(world, currency, items))
    if not made:
        raise CannotAct("The balance is not above zero: there is nothing to pay out.")
    return made


def pay_out_by_hand(world: World, amount: int, currency: str) -> Body:
    """A manual payout: Stripe cannot say which payments are in it."""
    available = totals(world).get(currency, (0, 0))[0]
    if not 0 < amount <= available:
        raise CannotAct(f"Only {available} of the smallest unit of {currency} is available.")
    return _make(world, amount, currency, automatic=False)


def arrive(world: World, payout_id: str) -> Body:
    """The money is at the bank."""
    payout = _payout_in(world, payout_id, {"in_transit"})
    before = {"status": "in_transit"}
    payout["status"] = "paid"
    payout["trace_id"] = {"status": "supported", "value": f"SBX{payout['id'][-9:].upper()}"}
    world.store.put("payout", payout)
    emit(world, "payout.paid", payout, before)
    if payout["automatic"]:
        payout["reconciliation_status"] = "completed"
        world.store.put("payout", payout)
        before = {"reconciliation_status": "in_progress"}
        emit(world, "payout.reconciliation_completed", payout, before)
    return payout


def fail(world: World, payout_id: str) -> Body:
    """The bank sends it back, perhaps days after it was called paid."""
    payout = _payout_in(world, payout_id, {"in_transit", "paid"})
    before = {"status": payout["status"], "failure_code": None, "failure_message": None}
    back = book(
        world,
        "payout_failure",
        payout,
        payout["amount"],
        currency=payout["currency"],
        available_on=world.now(),
    )
    payout |= {
        "status": "failed",
        "failure_balance_transaction": back["id"],
        "failure_code": "account_closed",
        "failure_message": FAILED,
        "trace_id": {"status": "unsupported", "value": None},
    }
    world.store.put("payout", payout)
    emit(world, "payout.failed", payout, before)
    return payout


def _pay_out(world: World, currency: str, items: list[Body]) -> Body:
    payout = _make(world, sum(item["net"] for item in items), currency, automatic=True)
    own = payout["balance_transaction"]
    world.store.adopt([own, *(item["id"] for item in items)], payout["id"])
    return payout


def _make(world: World, amount: int, currency: str, *, automatic: bool) -> Body:
    payout = objects.payout(world, amount, currency, automatic=automatic)
    payout["arrival_date"] = (world.now() // DAY + ARRIVAL_DAYS) * DAY
    taken = book(world, "payout", payout, -amount, currency=currency, available_on=world.now())
    payout["balance_transaction"] = taken["id"]
    world.store.put("payout", payout)
    emit(world, "payout.created", payout)
    return payout


def _payout_in(world: World, payout_id: str, states: set[str]) -> Body:
    payout = world.store.find("payout", payout_id)
    if payout is None:
        raise CannotAct(f"There is no payout {payout_id}.")
    if payout["status"] not in states:
        raise CannotAct(f"This payout is already {payout['status']}.")
    return payout
