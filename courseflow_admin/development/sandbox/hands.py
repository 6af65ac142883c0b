"""Hands to play with: what buyers, banks and time do, and what can be seen of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from courseflow_admin.development.sandbox import (
    gateways,
    razorpay_acts,
    razorpay_balance,
    razorpay_disputes,
    razorpay_refunds,
    razorpay_settlements,
    resend,
    shared_clock,
    stripe_acts,
    stripe_balance,
    stripe_base,
    stripe_disputes,
    stripe_payouts,
    stripe_refunds,
    webhooks,
)
from courseflow_admin.development.sandbox.store import Body, Delivery, Store
from courseflow_admin.development.sandbox.webhooks import Courier, Receiver, Signed
from courseflow_admin.development.sandbox.world import World

# What becomes of an object when its time has come, by kind, in the world as it is then.
DUE: dict[str, Callable[[World, str], object]] = {
    "session": stripe_acts.expire,
    "late_booking": stripe_balance.book_due,
    "dispute": stripe_disputes.overdue,
    "payment": razorpay_refunds.lapse,
    "settlement": razorpay_settlements.process,
    "rzp_dispute": razorpay_disputes.overdue,
    "mail": resend.arrive,
}


@dataclass(frozen=True)
class Mail:
    """A mail the sandbox took."""

    id: str
    to: list[str]
    sender: str
    subject: str
    html: str
    text: str
    last_event: str
    tags: dict[str, str]


class Hands:
    """Ids are of a checkout session, an order or a payment; `deliver()` sends what acts cause."""

    def __init__(self, world: World, media_folder: Path, receive: Receiver | None) -> None:
        self.world = world
        self.store: Store = world.store
        self.media_folder = media_folder
        self.courier = Courier(world, receive)

    def sweep(self, *, mails_now: bool = False) -> None:
        """Whatever time brings: sessions expire, authorisations lapse, mails arrive, payouts go."""
        for kind, object_id, due in self.store.due(self.world.now()):
            DUE[kind](self.world.moment(due), object_id)
        if mails_now:
            for kind, object_id, _ in self.store.due(self.world.now() + 60):
                if kind == "mail":
                    resend.arrive(self.world, object_id)
        razorpay_settlements.by_time(self.world)
        stripe_payouts.by_time(self.world)

    # Playing: an id is a checkout session's, an order's or a payment's

    def pay(self, checkout_id: str, *, capture: bool | None = None) -> str:
        """The buyer pays; returns the provider's payment id (`pi_…`, `pay_…`)."""
        if checkout_id.startswith("order_"):
            return razorpay_acts.pay(self.world, checkout_id, capture=capture)
        return stripe_acts.pay(self.world, checkout_id)

    def authorize(self, order_id: str) -> str:
        """Razorpay: paid, but left for us to capture."""
        return razorpay_acts.pay(self.world, order_id, capture=False)

    def decline(self, checkout_id: str) -> str:
        return str(gateways.payments(checkout_id).decline(self.world, checkout_id))

    def pay_later(self, checkout_id: str) -> str:
        """Stripe: complete but unpaid. Razorpay: failed for now. Then `settle()`."""
        return str(gateways.payments(checkout_id).pay_later(self.world, checkout_id))

    def settle(self, payment_id: str, *, succeed: bool = True) -> str:
        """The late money arrives after all (Razorpay: authorised, not captured), or does not."""
        if payment_id.startswith("pay_"):
            return razorpay_acts.authorize_late(self.world, payment_id)
        return stripe_acts.settle(self.world, payment_id, succeed=succeed)

    def pay_twice(self, checkout_id: str) -> tuple[str, str]:
        first, second = gateways.payments(checkout_id).pay_twice(self.world, checkout_id)
        return str(first), str(second)

    def expire(self, session_id: str) -> None:
        stripe_acts.expire(self.world, session_id)

    def refund(self, payment_id: str, amount: int | None = None) -> str:
        """The provider refunds automatically, as someone pressing the button in its dashboard."""
        return str(gateways.refunds(payment_id).refund(self.world, payment_id, amount)["id"])

    def settle_refund(self, refund_id: str) -> None:
        """A pending refund has reached the buyer, or one that was taken for failed."""
        gateways.refunds(refund_id).settle_refund(self.world, refund_id)

    def fail_refund(self, refund_id: str) -> None:
        gateways.refunds(refund_id).fail_refund(self.world, refund_id)

    def dispute(self, payment_id: str, amount: int | None = None, *, inquiry: bool = False) -> str:
        """Of any amount; without one of what is left. An inquiry only asks."""
        gateway = gateways.disputes(payment_id)
        opened = gateway.open_dispute(self.world, payment_id, amount, inquiry=inquiry)
        return str(opened["id"])

    def close_dispute(self, dispute_or_payment_id: str, *, won: bool) -> None:
        """Also one that was lost: it is won after all."""
        gateway = gateways.disputes(dispute_or_payment_id)
        gateway.close_dispute(self.world, dispute_or_payment_id, won=won)

    def dispute_step(self, dispute_id: str, act: str) -> None:
        """won, lost, respond, escalate or close_inquiry; ValueError if it is not possible now."""
        gateways.disputes(dispute_id).dispute_step(self.world, dispute_id, act)

    # The gateways' balances, and what else is on the accounts

    def book(self, payment_id: str) -> None:
        """The balance transaction that was late arrives, with its fee."""
        charge = stripe_base.paid_charge(self.world, payment_id)
        stripe_balance.book_late(self.world, charge["id"])

    def pay_out(self) -> list[str]:
        """Automatic payouts, now and of all there is; returns their ids."""
        return [str(item["id"]) for item in stripe_payouts.pay_out(self.world)]

    def pay_out_by_hand(self, amount: int, currency: str) -> str:
        return str(stripe_payouts.pay_out_by_hand(self.world, amount, currency)["id"])

    def payout_arrives(self, payout_id: str) -> None:
        stripe_payouts.arrive(self.world, payout_id)

    def fail_payout(self, payout_id: str) -> None:
        stripe_payouts.fail(self.world, payout_id)

    def make_settlement(self) -> str:
        """Razorpay settles all that waits, now; `process_settlement()` brings it to the bank."""
        return str(razorpay_settlements.make(self.world)["id"])

    def process_settlement(self, settlement_id: str) -> None:
        razorpay_settlements.process(self.world, settlement_id)

    def fail_settlement(self, settlement_id: str) -> None:
        """Also one that was processed; the next one takes its payments."""
        razorpay_settlements.fail(self.world, settlement_id)

    def other_product(self, count: int = 1, provider: str = "stripe") -> list[str]:
        """Payments on the same account that are not ours."""
        made: list[str] = gateways.foreign(provider).other_product(self.world, count)
        return made

    def unknown_purchase(self, provider: str = "stripe") -> str:
        """A payment with metadata like ours, and an id we never gave."""
        return str(gateways.foreign(provider).unknown_purchase(self.world))

    def balance(self) -> dict[str, tuple[int, int]]:
        """Of Stripe, by currency: available and pending."""
        return stripe_balance.totals(self.world)

    def mark_mail(self, mail_id: str, event: str) -> None:
        resend.mark(self.world, mail_id, event)

    def switch(self, provider: str, **wanted: str | None) -> None:
        """Names and values: see `world.SWITCHES`."""
        self.world.switch(provider, **wanted)

    def forget_keys(self) -> None:
        """No idempotency key is known any more, as it is after a day."""
        self.store.forget_replies()

    def clock(self, hours: float) -> None:
        """The providers' clock alone: so many hours ahead of the school's."""
        self.store.set_switch("clock", str(hours))

    def move_time(self, *, days: float = 0, hours: float = 0) -> None:
        """The school's time and the providers', forward; the app follows by the file."""
        shared_clock.move(self.world, days=days, hours=hours)

    def follow_clock(self) -> None:
        """The app may be ahead: its database remembers what was moved before."""
        shared_clock.follow(self.world)

    def reset(self) -> None:
        """Forget everything: objects, mails, files, deliveries, switches, clock."""
        self.store.clear()
        shared_clock.forget(self.world)
        for path in self.media_folder.iterdir():
            path.unlink()

    # Looking

    def refunds(self, payment_id: str) -> list[int]:
        """The amounts given back, oldest first, without those that failed."""
        given = self.refund_objects(payment_id)
        return [item["amount"] for item in given if item["status"] != "failed"]

    def refund_objects(self, payment_id: str) -> list[Body]:
        if payment_id.startswith(("pay_", "order_")):
            payment = razorpay_acts.find_payment(self.world, payment_id)
            return self.store.children("rzp_refund", payment["id"])
        return stripe_refunds.refunds(self.world, payment_id)

    def razorpay_balance(self) -> int:
        """In paise, what no settlement has taken."""
        return razorpay_balance.balance(self.world)

    def mails(self, to: str | None = None) -> list[Mail]:
        """Oldest first."""
        found = [_mail(body) for body in self.store.newest("mail", limit=100_000)[::-1]]
        return [mail for mail in found if to is None or any(to in each for each in mail.to)]

    def deliveries(self, limit: int = 1000) -> list[Delivery]:
        """Newest first."""
        return self.store.deliveries(limit)

    # Webhooks

    async def deliver(self) -> list[Delivery]:
        """Send all that waits now, also what would have been tried again later."""
        self.sweep(mails_now=True)
        return await self.courier.deliver(everything=True)

    def send_again(self, delivery: Delivery) -> None:
        """Also one that was withheld or forged; `deliver()` sends it."""
        self.store.send_again(delivery.seq, 0)

    def signed(self, delivery: Delivery, *, at: int | None = None) -> Signed:
        """Body and headers of a delivery as they would go over the wire, signed at second `at`."""
        return webhooks.signed(self.world, delivery, at)

    def sign(
        self, provider: str, body: bytes, *, event_id: str = "", at: int | None = None
    ) -> Signed:
        """Sign any body as this provider would, without sending it."""
        given = event_id or webhooks.new_event_id(provider)
        return webhooks.signed(self.world, webhooks.unsent(provider, given, body), at)


def _mail(body: Body) -> Mail:
    return Mail(
        id=body["id"],
        to=body["to"],
        sender=body["from"],
        subject=body["subject"],
        html=body["html"] or "",
        text=body["text"] or "",
        last_event=body["last_event"],
        tags={tag["name"]: tag["value"] for tag in body["tags"]},
    )
