"""Badges: one colour per meaning, always with text."""

import reflex as rx

from courseflow_admin.components.types import Text

# green: done; amber: waits or wants a person; red: failed; gray: quiet; blue: new
PAYMENT = {
    "created": ("gray", "Created"),
    "pending": ("amber", "Pending"),
    "authorized": ("amber", "Authorized"),
    "paid": ("green", "Paid"),
    "partially_refunded": ("gray", "Partly refunded"),
    "refunded": ("gray", "Refunded"),
    "failed": ("red", "Failed"),
    "expired": ("gray", "Expired"),
    "lapsed": ("gray", "Lapsed"),
    "disputed": ("red", "Disputed"),
    "lost": ("red", "Dispute lost"),
    "needs_review": ("amber", "Needs review"),
}
# The same for whoever paid, where our words are words from inside.
MY_PAYMENT = PAYMENT | {
    "created": ("gray", "Not paid yet"),
    "confirming": ("amber", "Confirming"),  # while the page asks, whatever was known before
    "authorized": ("amber", "Held by your bank"),
    "lapsed": ("gray", "Not charged"),
    "lost": ("gray", "Returned by your bank"),
    "needs_review": ("amber", "Being checked"),
}
EMAIL = {
    "queued": ("amber", "Queued"),
    "sent": ("blue", "Sent"),
    "delayed": ("amber", "Delayed"),
    "delivered": ("green", "Delivered"),
    "bounced": ("red", "Bounced"),
    "failed": ("red", "Failed"),
    "suppressed": ("red", "Suppressed"),
    "complained": ("red", "Complained"),
}
COURSE = {
    "draft": ("gray", "Draft"),
    "published": ("green", "Published"),
    "changed": ("amber", "Unpublished changes"),
    "unpublished": ("gray", "Unpublished"),
    "archived": ("gray", "Archived"),
    "free": ("blue", "Free"),
    "new": ("blue", "New"),
}
REFUND = {
    "pending": ("amber", "Pending"),
    "settled": ("gray", "Refunded"),
    "failed": ("red", "Failed"),
}
WEBHOOK = {
    "waiting": ("amber", "Waiting"),
    "handled": ("green", "Handled"),
    "failed": ("red", "Failed"),
    "ignored": ("gray", "Ignored"),
}
GRANT = {
    "active": ("green", "Active"),
    "ended": ("gray", "Ended"),
    "expired": ("gray", "Expired"),
    "suspended": ("amber", "Suspended"),
}


def badge(tone: Text, text: Text) -> rx.Component:
    return rx.el.span(text, class_name="cf-badge", custom_attrs={"data-tone": tone})


def _from(table: dict[str, tuple[str, str]], state: Text) -> rx.Component:
    if isinstance(state, str):
        return badge(*table.get(state, ("gray", state)))
    tone = rx.match(state, *[(key, tone) for key, (tone, _) in table.items()], "gray")
    text = rx.match(state, *[(key, text) for key, (_, text) in table.items()], state)
    return badge(tone, text)


def payment_badge(state: Text) -> rx.Component:
    return _from(PAYMENT, state)


def my_payment_badge(state: Text) -> rx.Component:
    return _from(MY_PAYMENT, state)


def email_badge(state: Text) -> rx.Component:
    return _from(EMAIL, state)


def course_badge(state: Text) -> rx.Component:
    return _from(COURSE, state)


def refund_badge(state: Text) -> rx.Component:
    return _from(REFUND, state)


def webhook_badge(state: Text) -> rx.Component:
    return _from(WEBHOOK, state)


def grant_badge(state: Text) -> rx.Component:
    return _from(GRANT, state)
