"""Captures: taking money that a bank holds until the school accepts it.

If the process dies between any two lines: before the asking is written, nothing has happened;
after it, a look is due in a minute, and `sync` grants what the gateway says was captured. Asked
twice, the gateway captures once and refuses the second time, so an admin may just ask again.
"""

from contextlib import suppress
from datetime import timedelta

from loguru import logger

from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import Conflict, ProviderRefused, ProviderUnreachable, for_admins
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.money.payment_parts import Capture, ReviewState
from courseflow_admin.models.money.payments import Payment
from courseflow_admin.models.school.audit import Act
from courseflow_admin.providers.gateways import gateway
from courseflow_admin.services.money import looks
from courseflow_admin.services.money.sync import sync
from courseflow_admin.services.school import audit

LOOK_AFTER = timedelta(minutes=1)
SOURCE = "capture by an admin"


class NothingToCapture(Conflict):
    code = "nothing_to_capture"

    def __init__(self, payment: Payment) -> None:
        super().__init__(
            f"Only an authorized payment can be captured. The status of this one is "
            f"“{payment.state.label}”. If "
            f"{payment.provider.capitalize()} shows something else, re-check it."
        )


class CaptureUnconfirmed(ProviderUnreachable):
    """It was asked for, and we do not know whether it happened."""

    code = "capture_unconfirmed"

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self.args = (
            f"{provider.capitalize()} has not confirmed the capture yet. We check again in a "
            "minute. Sending it again will not capture twice.",
        )


async def capture(actor: Actor, payment_id: str) -> Payment:
    """Take all of what the bank holds for a payment; the course opens by `sync`, as ever.

    The payment afterwards is paid, or in review where the gateway's word does not fit our order.
    NothingToCapture, ProviderRefused (nothing happened), CaptureUnconfirmed (we do not know).
    """
    actor.require(Permission.PAYMENTS_CAPTURE)
    payment = await payments_db.get(payment_id)
    held = payment.held
    if held is None:
        raise NothingToCapture(payment)
    via = gateway(payment.provider)

    async def ask() -> None:
        await looks.ask(payment.id, payment.provider, clock.business() + LOOK_AFTER)
        await audit.record(
            actor,
            Act.PAYMENT_CAPTURE_ASKED,
            payment.id,
            amount=payment.amount,
            provider_payment=held.provider_payment_id,
        )

    await transaction(ask)
    try:
        await via.capture(held.provider_payment_id, payment.amount.minor, payment.amount.currency)
    except (ProviderRefused, ProviderUnreachable) as error:
        told = for_admins(error)
        if isinstance(told, ProviderRefused):
            return await _refused(actor, payment, told)
        logger.warning("payment.capture_unanswered", payment=payment.id)
    with suppress(ProviderRefused, ProviderUnreachable):  # a look is due in a minute
        await sync(payment.id, SOURCE, actor=actor)
    after = await payments_db.get(payment.id)
    if not _arrived(after):
        raise CaptureUnconfirmed(payment.provider)
    return after


async def _refused(actor: Actor, payment: Payment, refusal: ProviderRefused) -> Payment:
    """Nothing happened; but the gateway refuses, too, what was captured before."""
    with suppress(ProviderRefused, ProviderUnreachable):
        await sync(payment.id, SOURCE, actor=actor)
    after = await payments_db.get(payment.id)
    if _arrived(after):
        return after

    async def note() -> None:
        await audit.record(actor, Act.PAYMENT_CAPTURE_REFUSED, payment.id, why=refusal.reason)

    await transaction(note)
    raise refusal


def _arrived(payment: Payment) -> bool:
    return payment.capture is Capture.PAID or payment.review.state is ReviewState.OPEN
