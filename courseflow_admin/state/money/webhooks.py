"""The webhook inbox: what the providers told us, and the result."""

from dataclasses import dataclass

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.money.webhooks import STUCK, WebhookEvent, WebhookFilter
from courseflow_admin.services.money import webhooks
from courseflow_admin.state.core import notices, times
from courseflow_admin.state.core.address import ListAddress
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.lists import ListState
from courseflow_admin.state.core.words import body_gone

NAMES = ("state", "provider")
STATES = {
    STUCK: "Needs attention",
    "waiting": "Waiting",
    "handled": "Handled",
    "failed": "Failed",
    "ignored": "Ignored",
}
RETRY = "Fix the cause shown under “Result”, then retry."
WHAT_TO_DO = {STUCK: f"{RETRY} Waiting events are retried automatically.", "failed": RETRY}
PROVIDERS = {"stripe": "Stripe", "razorpay": "Razorpay", "resend": "Resend"}


@dataclass
class WebhookRow:
    id: str
    received: str
    provider: str
    kind: str
    state: str
    result: str
    attempts: int
    deliveries: int
    href: str  # of the payment it is about, or nothing
    body_gone: str  # when its body is kept no longer, that; else nothing


class WebhooksState(ListState, rx.State):
    rows: list[WebhookRow] = []
    state_text: str = ""
    provider_text: str = ""
    note: str = ""  # what to do about those that are stuck
    empty_title: str = ""
    empty_why: str = ""

    @event(Permission.WEBHOOKS_READ, supersedes=True)
    async def load(self):
        address = ListAddress(routes.WEBHOOKS, self.router.url, NAMES)
        auth = await self.get_state(AuthState)
        wanted = WebhookFilter(
            state=address.one_of("state", STATES), provider=address.one_of("provider", PROVIDERS)
        )
        self._show_controls(wanted)
        async with self._refusals(address):
            page = await webhooks.search(auth.actor(), wanted, address.request())
            self.rows = [_row(found) for found in page.rows]
            self._show_page(page, address)

    @event(Permission.WEBHOOKS_REPLAY)
    async def replay(self, event_id: str):
        """The button of a row that failed."""
        auth = await self.get_state(AuthState)
        await webhooks.replay(auth.actor(), event_id)
        return [notices.success("Retrying the event now."), WebhooksState.load]

    def _show_controls(self, wanted: WebhookFilter) -> None:
        self.state_text = STATES.get(wanted.state, "")
        self.provider_text = PROVIDERS.get(wanted.provider, "")
        self.note = WHAT_TO_DO.get(wanted.state, "")
        self.filtered = bool(wanted.state or wanted.provider)
        self.empty_title, self.empty_why = _why_empty(wanted)


def _why_empty(wanted: WebhookFilter) -> tuple[str, str]:
    if wanted.state == STUCK and not wanted.provider:
        return "No events need attention", (
            "Events that failed or have waited for more than ten minutes appear here."
        )
    if wanted.state or wanted.provider:
        return "No events found", "Remove a filter to see more."
    return "No events yet", "Events from Stripe, Razorpay and Resend appear here."


def _row(found: WebhookEvent) -> WebhookRow:
    return WebhookRow(
        id=found.id,
        received=times.short(found.received_at),
        provider=PROVIDERS.get(found.provider, found.provider),
        kind=found.kind,
        state=found.state.value,
        result=found.error or found.result,
        attempts=found.attempts,
        deliveries=len(found.deliveries),
        href=routes.payment(found.payment_id) if found.payment_id else "",
        body_gone=body_gone(found.body_kept_days),
    )
