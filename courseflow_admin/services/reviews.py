"""Reviews: payments that want a person, each with its reason in words."""

from loguru import logger

from courseflow_admin.db import payments as payments_db
from courseflow_admin.models.audit import Act
from courseflow_admin.models.base import now
from courseflow_admin.models.payments import Review, ReviewState
from courseflow_admin.models.permissions import SYSTEM
from courseflow_admin.services import audit


async def open_review(payment_id: str, reason: str) -> None:
    """Ask for a person, once for each reason; inside the transaction that found it."""
    wanted = Review(state=ReviewState.OPEN, reason=reason, at=now())
    if await payments_db.open_review(payment_id, wanted):
        await payments_db.refresh_state(payment_id)
        await audit.record(SYSTEM, Act.PAYMENT_REVIEW_OPENED, payment_id, why=reason)
        logger.warning("payment.review", payment=payment_id, reason=reason)
