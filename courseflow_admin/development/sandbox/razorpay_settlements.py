"""Razorpay's settlements: what a day brought goes to the bank the next, and the list of its rows.

A settlement is created at midnight in India and processed an hour later, both by the sandbox's
clock; or made by hand, and then it waits for a hand to process or fail it. One that fails gives
its rows back: the next takes them.
"""

from datetime import datetime, timedelta, timezone

from courseflow_admin.development.sandbox import razorpay_balance as rows
from courseflow_admin.development.sandbox.razorpay_acts import emit
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.stripe_acts import CannotAct
from courseflow_admin.development.sandbox.world import World, token

KIND = "settlement"
INDIA = timezone(timedelta(hours=5, minutes=30))
DAY = 86_400
PROCESSED_AFTER = 3_600
LOOKED_AT = "razorpay.settled_until"  # the switch that holds the day the last look was on


def by_time(world: World) -> None:
    """At the first look on a new day: a settlement for each day before that has rows waiting."""
    today = _midnight(world.now())
    if world.store.switch(LOOKED_AT) != str(today):
        settle_days(world)
        world.store.set_switch(LOOKED_AT, str(today))


def settle_days(world: World) -> None:
    today = _midnight(world.now())
    days: dict[int, list[Body]] = {}
    for row in rows.waiting(world):
        days.setdefault(_midnight(row["created_at"]) + DAY, []).append(row)
    pool: list[Body] = []
    for day in sorted(day for day in days if day <= today):
        pool += days[day]
        if rows.total(pool) <= 0:
            continue  # nothing to pay out: what is owed is taken from the next
        due = day + PROCESSED_AFTER
        made = _create(world, pool, day, due=due)
        if due <= world.now():
            process(world.moment(due, quiet=world.quiet), made["id"])
        pool = []


def make(world: World) -> Body:
    """All that waits, now."""
    waiting = rows.waiting(world)
    if rows.total(waiting) <= 0:
        raise CannotAct("There is no money to settle.")
    return _create(world, waiting, world.now())


def process(world: World, settlement_id: str) -> Body:
    made = find(world, settlement_id)
    if made["status"] != "created":
        raise CannotAct(f"This settlement is already {made['status']}.")
    made |= {"status": "processed", "utr": f"{made['created_at']}{token(6).lower()}"}
    world.store.put(KIND, made)
    emit(world, "settlement.processed", settlement=made)
    return made


def fail(world: World, settlement_id: str) -> Body:
    """The bank refuses it, or sends it back; Razorpay tells no one."""
    made = find(world, settlement_id)
    if made["status"] == "failed":
        raise CannotAct("This settlement is already failed.")
    made["status"] = "failed"
    world.store.put(KIND, made)
    rows.put_back(world, settlement_id)
    world.store.set_switch(LOOKED_AT, "")
    return made


def find(world: World, settlement_id: str) -> Body:
    made = world.store.find(KIND, settlement_id)
    if made is None:
        raise CannotAct(f"There is no settlement {settlement_id}.")
    return made


def recon(world: World, year: int, month: int, day: int | None = None) -> list[Body]:
    """The rows of all settlements made in a month or on a day, in India's time, oldest first."""
    first = datetime(year, month, day or 1, tzinfo=INDIA)
    after = first + timedelta(days=1 if day else 32)
    last = after if day else after.replace(day=1)
    since, until = int(first.timestamp()), int(last.timestamp()) - 1
    made = world.store.newest(KIND, limit=100_000, since=since, until=until)
    return [_shown(row, each) for each in made[::-1] for row in rows.taken(world, each["id"])]


def _shown(row: Body, settlement: Body) -> Body:
    settled = settlement["status"] == "processed"
    shown = row | {
        "settled": settled,
        "settled_at": settlement["created_at"] if settled else None,
        "settlement_id": settlement["id"],
        "settlement_utr": settlement["utr"],
    }
    del shown["id"]
    return shown


def _create(world: World, taken: list[Body], at: int, due: int | None = None) -> Body:
    made: Body = {
        "id": f"setl_{token(14)}",
        "entity": "settlement",
        "amount": rows.total(taken),
        "status": "created",
        "fees": 0,  # of the settlement itself; those of the payments are on their rows
        "tax": 0,
        "utr": None,
        "created_at": at,
    }
    world.store.put(KIND, made, due=due)
    rows.take(world, taken, made["id"])
    return made


def _midnight(second: int) -> int:
    """The start of its day in India."""
    day = datetime.fromtimestamp(second, INDIA).replace(hour=0, minute=0, second=0)
    return int(day.timestamp())
