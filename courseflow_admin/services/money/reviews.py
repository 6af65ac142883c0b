"""Reviews: payments that want a person, each with its reason in words.

Both acts are one transaction each: if the process dies, all of it has happened or nothing has.
"""

from loguru import logger

from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import Conflict, Invalid
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import SYSTEM, Actor, Permission
from courseflow_admin.models.core.texts import as_text
from courseflow_admin.models.money.payments import (
    LONGEST_NOTE,
    Capture,
    Payment,
    Review,
    ReviewState,
)
from courseflow_admin.models.school.audit import Act
from courseflow_admin.services.school import audit


class NothingToResolve(Conflict):
    code = "no_open_review"

    def __init__(self) -> None:
        super().__init__(
            "This payment no longer needs review, or the reason has changed. Reload the page."
        )


async def open_review(payment_id: str, reason: str) -> None:
    """Ask for a person, once for each reason; inside the transaction that found it."""
    wanted = Review(state=ReviewState.OPEN, reason=reason, at=clock.business())
    if await payments_db.open_review(payment_id, wanted):
        await payments_db.refresh_state(payment_id)
        await audit.record(SYSTEM, Act.PAYMENT_REVIEW_OPENED, payment_id, why=reason)
        logger.warning("payment.review", payment=payment_id, reason=reason)


async def resolve(actor: Actor, payment_id: str, note: str, reason: str = "") -> Payment:
    """Note what a person found who looked at a payment; no money moves and no access changes.

    `reason` is the one that was read, so that no one resolves what was asked meanwhile; "" means
    whatever it is. A payment that is not paid ends with it, so that its buyer may start again;
    money that comes late is judged as ever. NothingToResolve, Invalid.
    """
    actor.require(Permission.PAYMENTS_REVIEW)
    payment = await payments_db.get(payment_id)
    note = as_text(note).strip()
    if not 1 <= len(note) <= LONGEST_NOTE:
        raise Invalid(f"Enter your findings in 1 to {LONGEST_NOTE} characters.", "note")

    async def settle() -> bool:
        before = await payments_db.get(payment.id)
        if not await payments_db.resolve_review(payment.id, clock.business(), reason):
            return False
        if before.capture is not Capture.PAID:
            await payments_db.close_checkout(payment.id, clock.business())
        after = await payments_db.refresh_state(payment.id)
        await audit.record(
            actor,
            Act.PAYMENT_REVIEW_RESOLVED,
            payment.id,
            why=note,
            reason=before.review.reason,
            before=before.state,
            after=after.state,
        )
        return True

    if not await transaction(settle):
        raise NothingToResolve
    logger.info("payment.review_resolved", payment=payment.id)
    return await payments_db.get(payment.id)
