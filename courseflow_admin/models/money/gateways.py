"""What a gateway is asked and what it answers, in our words: the same for Stripe and Razorpay."""

from dataclasses import dataclass, field
from datetime import datetime

from courseflow_admin.models.money.facts import ChargeStatus, DisputeStatus, RefundStatus


@dataclass(frozen=True)
class CheckoutOrder:
    """What a checkout is opened with; the gateway gets exactly this."""

    payment_id: str
    idempotency_key: str
    amount_minor: int
    currency: str
    title: str
    email: str
    name: str
    return_url: str
    cancel_url: str
    expires_at: datetime


@dataclass(frozen=True)
class CheckoutForm:
    """A native form the browser posts to the gateway (Razorpay)."""

    action: str
    fields: dict[str, str]


@dataclass(frozen=True)
class OpenedCheckout:
    checkout_id: str
    url: str = ""  # where to redirect (Stripe)


@dataclass(frozen=True)
class RefundTold:
    id: str
    amount_minor: int
    status: RefundStatus
    at: datetime  # when it was made
    our_id: str = ""  # our refund id, from the metadata


@dataclass(frozen=True)
class DisputeTold:
    id: str
    amount_minor: int
    status: DisputeStatus
    at: datetime
    reason: str = ""
    deadline: datetime | None = None


@dataclass(frozen=True)
class ChargeTold:
    """One try to pay as the gateway says it is now, with what became of its money."""

    id: str
    about: str  # the payment it belongs to, as webhooks name it and refunds are asked for
    amount_minor: int
    currency: str
    status: ChargeStatus
    payment_id: str  # our id in its metadata; "" when there is none
    at: datetime
    method: str = ""
    reason: str = ""  # why it was declined
    refunds: tuple[RefundTold, ...] = ()
    disputes: tuple[DisputeTold, ...] = ()


@dataclass(frozen=True)
class CheckoutTold:
    """A checkout as the gateway says it is now, with every try to pay it."""

    checkout_id: str
    payment_id: str  # our id in its metadata
    amount_minor: int
    currency: str
    mode: str
    expired: bool = False
    complete: bool = False  # gone through, whatever came of it: it cannot be paid again
    charges: tuple[ChargeTold, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class WebhookReference:
    """What a webhook event is about; each may be empty."""

    payment_id: str = ""
    checkout_id: str = ""
    provider_payment_id: str = ""
    dispute_id: str = ""
