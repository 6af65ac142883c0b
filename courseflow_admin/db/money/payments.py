"""Queries on payments: rules two processes could break at once live in the query."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from courseflow_admin.db.core.client import Collection, Row, collection
from courseflow_admin.errors import NotFound
from courseflow_admin.models.core.accounts import Billing
from courseflow_admin.models.money.payments import (
    AT_THE_BANK,
    CAPTURE_MOVES,
    Attempt,
    Capture,
    Dispute,
    Payment,
    Refund,
    RefundCause,
    RefundState,
    Review,
    ReviewState,
    SyncNote,
    state_of,
)

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


async def close_checkout(payment_id: str, at: datetime) -> bool:
    """No longer to be paid by a new click; late money is still looked at by `sync`."""
    if await move_capture(payment_id, Capture.EXPIRED, at, {"open": False}):
        return True
    return await end_checkout(payment_id, at)


async def end_checkout(payment_id: str, at: datetime) -> bool:
    """The same, with the capture as it is."""
    result = await _payments().update_one(
        {"_id": payment_id, "open": True}, {"$set": {"open": False, "updated_at": at}}
    )
    return result.modified_count == 1


async def move_capture(
    payment_id: str, capture: Capture, at: datetime, changes: Row | None = None
) -> bool:
    """Move the capture forward; False when it may not move there from where it is now."""
    sources = [source for source, targets in CAPTURE_MOVES.items() if capture in targets]
    result = await _payments().update_one(
        {"_id": payment_id, "capture": {"$in": sources}},
        {"$set": {"capture": capture, "updated_at": at, **(changes or {})}},
    )
    return result.modified_count == 1


async def mark_paid(
    payment_id: str,
    owner_id: str,
    provider_payment_id: str,
    method: str,
    paid_at: datetime,
    at: datetime,
) -> bool:
    """The one step to paid, for who owns the course now; False when it was taken before."""
    return await move_capture(
        payment_id,
        Capture.PAID,
        at,
        {
            "open": False,
            "owner_id": owner_id,
            "provider_payment_id": provider_payment_id,
            "method": method,
            "paid_at": paid_at,
        },
    )


async def note_attempts(payment_id: str, attempts: list[Attempt]) -> None:
    await _payments().update_one(
        {"_id": payment_id}, {"$set": {"attempts": [attempt.to_mongo() for attempt in attempts]}}
    )


async def open_review(payment_id: str, review: Review) -> bool:
    """Ask for a person; False when one has been asked for the same reason before."""
    result = await _payments().update_one(
        {"_id": payment_id, "review.reason": {"$ne": review.reason}},
        {"$set": {"review": review.to_mongo(), "updated_at": review.at}},
    )
    return result.modified_count == 1


async def resolve_review(payment_id: str, at: datetime, reason: str = "") -> bool:
    """False when none is open, or when it is open for another reason than `reason`."""
    seen: Row = {"review.reason": reason} if reason else {}
    result = await _payments().update_one(
        {"_id": payment_id, "review.state": ReviewState.OPEN, **seen},
        {"$set": {"review.state": ReviewState.RESOLVED, "updated_at": at}},
    )
    return result.modified_count == 1


async def set_dispute(payment_id: str, dispute: Dispute, at: datetime) -> bool:
    """Move the dispute forward; False when it stands there already or is over."""
    sources = ["none"] if dispute.state == "open" else ["none", "open"]
    result = await _payments().update_one(
        {"_id": payment_id, "dispute.state": {"$in": sources}},
        {"$set": {"dispute": dispute.to_mongo(), "updated_at": at}},
    )
    return result.modified_count == 1


async def reserve_refund(payment_id: str, refund: Refund) -> bool:
    """Add a pending refund if it still fits into what was paid, in one atomic update."""
    after_this = {"$add": ["$refunded_minor", refund.amount_minor]}
    # What the bank took back, or may take back, is not given back a second time by us.
    ours = refund.cause is RefundCause.ADMIN
    undisputed: Row = {"dispute.state": {"$nin": list(AT_THE_BANK)}} if ours else {}
    result = await _payments().update_one(
        {
            "_id": payment_id,
            "capture": Capture.PAID,
            "refunds.id": {"$ne": refund.id},
            **undisputed,
            "$expr": {"$lte": [after_this, "$amount.minor"]},
        },
        {
            "$inc": {"refunded_minor": refund.amount_minor},
            "$push": {"refunds": refund.to_mongo()},
        },
    )
    return result.modified_count == 1


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


async def settle_refund(payment_id: str, refund_id: str, provider_id: str, at: datetime) -> bool:
    result = await _payments().update_one(
        {
            "_id": payment_id,
            "refunds": {"$elemMatch": {"id": refund_id, "state": RefundState.PENDING}},
        },
        {
            "$set": {
                "refunds.$.state": RefundState.SETTLED,
                "refunds.$.provider_refund_id": provider_id,
                "refunds.$.settled_at": at,
                "updated_at": at,
            }
        },
    )
    return result.modified_count == 1


async def accept_refund(payment_id: str, refund_id: str, provider_id: str) -> bool:
    """The gateway has taken a pending refund on: it is not asked for again."""
    wanted = {"id": refund_id, "state": RefundState.PENDING, "provider_refund_id": ""}
    result = await _payments().update_one(
        {"_id": payment_id, "refunds": {"$elemMatch": wanted}},
        {"$set": {"refunds.$.provider_refund_id": provider_id}},
    )
    return result.modified_count == 1


async def refuse_refund(payment_id: str, refund: Refund, at: datetime, why: str) -> bool:
    """The gateway refused a refund that it does not have: its amount can be refunded again."""
    never_taken = {"state": RefundState.PENDING, "provider_refund_id": ""}
    return await _release_refund(payment_id, refund, at, never_taken, {"refunds.$.refused": why})


async def fail_refund(payment_id: str, refund: Refund, at: datetime) -> bool:
    """A pending or settled refund did not happen after all: its amount can be refunded again."""
    return await _release_refund(payment_id, refund, at, {"state": {"$ne": RefundState.FAILED}})


async def reopen_refund(payment_id: str, refund: Refund, provider_id: str) -> bool:
    """A failed refund is on its way after all: reserve its amount again, if it still fits."""
    failed = {"id": refund.id, "state": RefundState.FAILED}
    after_this = {"$add": ["$refunded_minor", refund.amount_minor]}
    result = await _payments().update_one(
        {
            "_id": payment_id,
            "refunds": {"$elemMatch": failed},
            "$expr": {"$lte": [after_this, "$amount.minor"]},
        },
        {
            "$set": {
                "refunds.$.state": RefundState.PENDING,
                "refunds.$.provider_refund_id": provider_id,
                "refunds.$.settled_at": None,
            },
            "$inc": {"refunded_minor": refund.amount_minor},
        },
    )
    return result.modified_count == 1


async def _release_refund(
    payment_id: str, refund: Refund, at: datetime, where: Row, more: Row | None = None
) -> bool:
    result = await _payments().update_one(
        {"_id": payment_id, "refunds": {"$elemMatch": {"id": refund.id, **where}}},
        {
            "$set": {"refunds.$.state": RefundState.FAILED, "updated_at": at, **(more or {})},
            "$inc": {"refunded_minor": -refund.amount_minor},
        },
    )
    return result.modified_count == 1


async def refresh_state(payment_id: str) -> Payment:
    """Work the shown state out again from the facets; in the transaction that moved one."""
    payment = await get(payment_id)
    state = state_of(payment)
    if state is not payment.state:
        await _payments().update_one({"_id": payment_id}, {"$set": {"state": state}})
    return payment.model_copy(update={"state": state})


async def note_return(payment_id: str, at: datetime) -> None:
    """The buyer is back from the gateway."""
    await _payments().update_one({"_id": payment_id}, {"$set": {"returned_at": at}})


async def note_sync(payment_id: str, note: SyncNote) -> None:
    """Keep what a run said."""
    push: dict[str, Any] = {"syncs": {"$each": [note.to_mongo()], "$slice": -SYNCS_KEPT}}
    await _payments().update_one({"_id": payment_id}, {"$push": push})
