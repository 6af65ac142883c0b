"""Queries on payments: rules two processes could break at once live in the query."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from courseflow_admin.db.core.client import Collection, Row, collection, require_transaction
from courseflow_admin.errors import Conflict, NotFound
from courseflow_admin.models.core.accounts import Billing
from courseflow_admin.models.money.payment_parts import Refund, RefundState, SyncNote
from courseflow_admin.models.money.payments import Payment

SYNCS_KEPT = 20


def _payments() -> Collection:
    return collection("payments")


def _one(row: Row | None) -> Payment | None:
    return Payment.from_mongo(row) if row else None


async def find(payment_id: str) -> Payment | None:
    return _one(await _payments().find_one({"_id": payment_id}))


async def get(payment_id: str) -> Payment:
    payment = await find(payment_id)
    if payment is None:
        raise NotFound("payment")
    return payment


async def find_open(account_id: str, course_id: str, provider: str) -> Payment | None:
    return _one(
        await _payments().find_one(
            {"account_id": account_id, "course_id": course_id, "provider": provider, "open": True}
        )
    )


async def find_by_checkout(provider: str, checkout_id: str) -> Payment | None:
    if not checkout_id:
        return None
    return _one(
        await _payments().find_one({"provider": provider, "provider_checkout_id": checkout_id})
    )


async def find_by_provider_payment(provider: str, provider_payment_id: str) -> Payment | None:
    if not provider_payment_id:
        return None
    return _one(
        await _payments().find_one(
            {"provider": provider, "provider_payment_id": provider_payment_id}
        )
    )


async def of_learner(account_id: str, course_id: str) -> list[Payment]:
    """What one person has paid or tried to pay for one course, newest first."""
    return (await of_learner_for(account_id, [course_id])).get(course_id, [])


async def of_learner_for(account_id: str, course_ids: Sequence[str]) -> dict[str, list[Payment]]:
    """By course, what one person has paid or tried to pay for these, newest first."""
    most = 50 * len(course_ids)
    rows = await _payments().find(
        {"account_id": account_id, "course_id": {"$in": list(course_ids)}},
        sort=[("created_at", -1), ("_id", -1)],
        limit=most,
        batch_size=most,
    )
    found: dict[str, list[Payment]] = {}
    for row in rows:
        found.setdefault(row["course_id"], []).append(Payment.from_mongo(row))
    return found


async def insert(payment: Payment) -> None:
    """Duplicate when this learner has an open checkout for this course at this gateway."""
    await _payments().insert_one(payment.to_mongo())


async def store_checkout(payment_id: str, checkout_id: str, url: str, at: datetime) -> bool:
    """Keep what the gateway answered; False when it is already kept."""
    result = await _payments().update_one(
        {"_id": payment_id, "provider_checkout_id": ""},
        {"$set": {"provider_checkout_id": checkout_id, "checkout_url": url, "updated_at": at}},
    )
    return result.modified_count == 1


async def set_billing(payment_id: str, billing: Billing, at: datetime) -> bool:
    """Who the receipt will be for; False when the checkout is over."""
    changes: Row = {"billing_name": billing.name, "billing_country": billing.country}
    result = await _payments().update_one(
        {"_id": payment_id, "open": True}, {"$set": {**changes, "updated_at": at}}
    )
    return result.modified_count == 1


async def next_attempt(payment_id: str, attempt: int) -> None:
    """Use a new idempotency key from now on, unless the gateway has answered meanwhile."""
    await _payments().update_one(
        {"_id": payment_id, "attempt": attempt, "provider_checkout_id": ""},
        {"$inc": {"attempt": 1}},
    )


async def store(before: Payment, after: Payment) -> None:
    """Write what the facts have changed; inside their transaction, which conflicts with another."""
    require_transaction()
    old: Row = before.to_mongo() if before.revision else {"_id": before.id}
    changed: Row = {
        name: value
        for name, value in after.to_mongo().items()
        if name not in old or old[name] != value
    }
    if "refunds" in old and [one.id for one in before.refunds] == [one.id for one in after.refunds]:
        changed |= _inside("refunds", old["refunds"], changed.pop("refunds", old["refunds"]))
    result = await _payments().update_one(
        {"_id": after.id, "revision": {"$in": [before.revision, None]}}, {"$set": changed}
    )
    if not result.matched_count:
        raise Conflict("This payment has changed meanwhile. Try again.")


def _inside(name: str, old: list[Row], new: list[Row]) -> Row:
    """What differs between the parts of two lists of the same things."""
    return {
        f"{name}.{number}.{field}": value
        for number, part in enumerate(new)
        for field, value in part.items()
        if old[number].get(field) != value
    }


async def ask_for_refund_again(payment_id: str, refund: Refund, until: datetime) -> bool:
    """Take the lease on asking the gateway again; False when someone else was quicker."""
    as_seen = {
        "id": refund.id,
        "state": RefundState.PENDING,
        "provider_refund_id": "",
        "attempt": refund.attempt,
        "asking_until": refund.asking_until,
    }
    result = await _payments().update_one(
        {"_id": payment_id, "refunds": {"$elemMatch": as_seen}},
        {"$set": {"refunds.$.asking_until": until}},
    )
    return result.modified_count == 1


async def refund_unanswered(payment_id: str, refund: Refund, *, new_key: bool) -> None:
    """No one is asking any more, and the outcome is unknown.

    `new_key`: ask with a new idempotency key from now on, because the gateway keeps its error for
    the old one.
    """
    wanted = {"id": refund.id, "state": RefundState.PENDING}
    key: Row = {"$inc": {"refunds.$.attempt": 1}} if new_key else {}
    await _payments().update_one(
        {"_id": payment_id, "refunds": {"$elemMatch": wanted}},
        {"$set": {"refunds.$.asking_until": None}, **key},
    )


async def note_return(payment_id: str, at: datetime) -> None:
    """The buyer is back from the gateway."""
    await _payments().update_one({"_id": payment_id}, {"$set": {"returned_at": at}})


async def note_sync(payment_id: str, note: SyncNote) -> None:
    """Keep what a run said."""
    push: dict[str, Any] = {"syncs": {"$each": [note.to_mongo()], "$slice": -SYNCS_KEPT}}
    await _payments().update_one({"_id": payment_id}, {"$push": push})
