"""Every index there is, in one place: what must be unique, and one access path for each list.

`explain` tests assert that each list query uses its own (two indexes with the same prefix would
flip the plan, measured 243 -> 1547 ms).
"""

from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from courseflow_admin.db.core.client import LONG_AGO


def _index(*keys: tuple[str, int], **options: Any) -> IndexModel:
    return IndexModel(list(keys), **options)


UP, DOWN = ASCENDING, DESCENDING
# "There is a date": the planner sees that a later date implies this, but not that it implies
# `$type: date`, and then does not use the index.

INDEXES: dict[str, list[IndexModel]] = {
    "accounts": [
        _index(("email", UP), unique=True),
        _index(("email", UP), ("_id", UP)),  # the order of a search by prefix
        _index(("created_at", DOWN), ("_id", DOWN)),
        _index(("role", UP), ("created_at", DOWN), ("_id", DOWN)),
        _index(("role", UP), ("email", UP), ("_id", UP)),
        _index(("name_words", UP)),
        _index(("password_hash", DOWN)),  # how much work the dearest one takes
        _index(
            ("created_at", DOWN),
            ("_id", DOWN),
            partialFilterExpression={"suspended_at": {"$gt": LONG_AGO}},
            name="suspended",
        ),
    ],
    "audit": [
        _index(("at", DOWN), ("_id", DOWN)),
        _index(("object_id", UP), ("at", DOWN), ("_id", DOWN)),
        _index(("actor_id", UP), ("at", DOWN), ("_id", DOWN)),
        _index(("act", UP), ("at", DOWN), ("_id", DOWN)),
        _index(("viewer_id", UP), partialFilterExpression={"viewer_id": {"$gt": ""}}),
    ],
    "decoys": [_index(("expires_at", UP), expireAfterSeconds=0)],
    "one_time_tokens": [
        _index(("token_hash", UP), unique=True),
        _index(("account_id", UP), ("use", UP)),
        _index(("expires_at", UP)),  # kept for a time: see services/school/retention.py
    ],
    "course_versions": [
        _index(("course_id", UP), ("number", DOWN), unique=True),
        _index(("by", UP)),
    ],
    "courses": [
        _index(("slug", UP), unique=True),
        _index(("old_slugs", UP)),
        _index(("updated_at", DOWN), ("_id", DOWN)),
        _index(("owner_id", UP), ("updated_at", DOWN), ("_id", DOWN)),
        _index(("co_instructor_ids", UP), ("updated_at", DOWN), ("_id", DOWN)),
        _index(("state", UP), ("published_at", DOWN), ("_id", DOWN)),
        _index(("state", UP), ("listed.category", UP), ("published_at", DOWN), ("_id", DOWN)),
        _index(("state", UP), ("listed.search_words", UP)),
    ],
    "facts": [
        _index(
            *(("provider", UP), ("mode", UP), ("kind", UP), ("object_id", UP)),
            *(("status", UP), ("amount_minor", UP)),
            unique=True,
            name="said_once",
        ),
        _index(("payment_id", UP), ("seen_at", UP), ("_id", UP)),
    ],
    "entries": [
        _index(
            *(("provider", UP), ("mode", UP), ("object_id", UP), ("movement", UP), ("n", UP)),
            unique=True,
            name="posted_once",
        ),
        _index(("payment_id", UP), ("posted_at", UP), ("_id", UP)),
    ],
    "emails": [
        _index(("dedupe_key", UP), unique=True),
        _index(
            ("provider_id", UP), unique=True, partialFilterExpression={"provider_id": {"$gt": ""}}
        ),
        _index(
            ("queued_at", UP), partialFilterExpression={"html": {"$gt": ""}}, name="with_content"
        ),
        _index(("queued_at", DOWN), ("_id", DOWN)),
        _index(("state", UP), ("queued_at", DOWN), ("_id", DOWN)),
        _index(("kind", UP), ("queued_at", DOWN), ("_id", DOWN)),
        _index(("kind", UP), ("state", UP), ("queued_at", DOWN), ("_id", DOWN)),
        _index(("to", UP), ("queued_at", DOWN), ("_id", DOWN)),
        _index(("account_id", UP), ("queued_at", DOWN), ("_id", DOWN)),
        _index(("course_owner_id", UP), ("queued_at", DOWN), ("_id", DOWN)),
        _index(("payment_id", UP), ("queued_at", UP)),
        _index(
            ("erase_at", UP),
            expireAfterSeconds=0,
            partialFilterExpression={"erase_at": {"$gt": LONG_AGO}},
        ),
    ],
    "enrollments": [
        _index(("account_id", UP), ("course_id", UP), unique=True),
        _index(("grants.payment_id", UP), unique=True, sparse=True),
        _index(("enrolled_at", DOWN), ("_id", DOWN)),
        _index(("owner_id", UP), ("enrolled_at", DOWN), ("_id", DOWN)),
        _index(("course_id", UP), ("enrolled_at", DOWN), ("_id", DOWN)),
        _index(("learner_email", UP), ("enrolled_at", DOWN), ("_id", DOWN)),
        _index(("account_id", UP), ("enrolled_at", DOWN), ("_id", DOWN)),
        _index(("account_id", UP), ("last_seen_at", DOWN)),
    ],
    "invitations": [
        _index(("token_hash", UP), unique=True),
        _index(("email", UP), unique=True, partialFilterExpression={"state": "pending"}),
        _index(("email", UP), ("invited_at", DOWN)),
        _index(("account_id", UP)),
        _index(("state", UP), ("invited_at", DOWN), ("_id", DOWN)),
    ],
    "jobs": [
        _index(("kind", UP), ("key", UP), unique=True),
        _index(("kind", UP), ("state", UP), ("due_at", UP)),
        _index(("lane", UP), ("state", UP), ("priority", UP), ("due_at", UP)),
        _index(("owner", UP), partialFilterExpression={"owner": {"$gt": ""}}),
        # What was given up is on the thing itself for as long as that is kept.
        _index(
            ("given_up_at", UP),
            expireAfterSeconds=30 * 86_400,
            partialFilterExpression={"given_up_at": {"$gt": LONG_AGO}},
        ),
    ],
    "known_devices": [
        _index(("account_id", UP), ("mark", UP), unique=True),
        _index(("expires_at", UP), expireAfterSeconds=0),
    ],
    "limits": [_index(("ends_at", UP), expireAfterSeconds=0)],
    "lesson_bodies": [],  # by content hash, which is the _id
    "payments": [
        # One open checkout per learner, course and gateway: a second click gets the same one.
        _index(
            ("account_id", UP),
            ("course_id", UP),
            ("provider", UP),
            unique=True,
            partialFilterExpression={"open": True},
            name="one_open_checkout",
        ),
        _index(
            ("provider", UP),
            ("provider_checkout_id", UP),
            unique=True,
            partialFilterExpression={"provider_checkout_id": {"$gt": ""}},
        ),
        _index(
            ("provider", UP),
            ("provider_payment_id", UP),
            unique=True,
            partialFilterExpression={"provider_payment_id": {"$gt": ""}},
        ),
        _index(("created_at", DOWN), ("_id", DOWN)),
        _index(("amount.minor", DOWN), ("_id", DOWN)),
        _index(("state", UP), ("created_at", DOWN), ("_id", DOWN)),
        _index(("provider", UP), ("created_at", DOWN), ("_id", DOWN)),
        _index(("state", UP), ("amount.minor", DOWN), ("_id", DOWN)),
        _index(("provider", UP), ("amount.minor", DOWN), ("_id", DOWN)),
        _index(("state", UP), ("provider", UP), ("created_at", DOWN), ("_id", DOWN)),
        _index(("state", UP), ("provider", UP), ("amount.minor", DOWN), ("_id", DOWN)),
        _index(("email", UP), ("created_at", DOWN), ("_id", DOWN)),
        _index(("account_id", UP), ("created_at", DOWN), ("_id", DOWN)),
        _index(("owner_id", UP), ("created_at", DOWN), ("_id", DOWN)),
        _index(("course_id", UP), ("created_at", DOWN), ("_id", DOWN)),
        # The figures: what was paid and refunded on which day, by the sums at the end alone.
        _index(
            ("mode", UP),
            ("paid_at", DOWN),
            ("_id", DOWN),
            ("amount.currency", UP),
            ("captured.minor", UP),
            partialFilterExpression={"paid_at": {"$gt": LONG_AGO}},
            name="paid",
        ),
        _index(
            ("owner_id", UP),
            ("paid_at", DOWN),
            ("_id", DOWN),
            partialFilterExpression={"paid_at": {"$gt": LONG_AGO}},
            name="paid_to",
        ),
        *(
            _index(
                (whose, UP),
                ("refunds.settled_at", DOWN),
                ("_id", DOWN),
                partialFilterExpression={"refunds.settled_at": {"$gt": LONG_AGO}},
                name=f"refunded_by_{whose}",
            )
            for whose in ("mode", "owner_id")
        ),
        _index(
            ("disputes.state", UP),
            ("created_at", DOWN),
            ("_id", DOWN),
            partialFilterExpression={"disputes.state": "open"},
        ),
    ],
    "pending_sign_ins": [
        _index(("token_hash", UP), unique=True),
        _index(("account_id", UP)),
        _index(("expires_at", UP), expireAfterSeconds=0),
    ],
    "receipts": [
        _index(("payment_id", UP), unique=True),
        _index(
            ("series", UP),
            ("number", UP),
            unique=True,
            partialFilterExpression={"number": {"$gt": 0}},
        ),
    ],
    "second_factors": [
        _index(("account_id", UP), unique=True),
        # A key that no one confirmed is forgotten.
        _index(
            ("begun_at", UP),
            expireAfterSeconds=3600,
            partialFilterExpression={"confirmed_at": None},
        ),
    ],
    "sessions": [
        _index(("token_hash", UP), unique=True),
        _index(("account_id", UP), ("last_used_at", DOWN)),
        _index(
            ("viewing.account_id", UP),
            partialFilterExpression={"viewing.account_id": {"$gt": ""}},
        ),
        _index(("ended_at", UP), partialFilterExpression={"ended_at": {"$gt": LONG_AGO}}),
        _index(("expires_at", UP), expireAfterSeconds=0),
    ],
    "webhook_events": [
        _index(("provider", UP), ("event_id", UP), unique=True),
        _index(("provider", UP), ("body_hash", UP), unique=True),
        _index(
            ("received_at", UP), partialFilterExpression={"raw": {"$gt": ""}}, name="with_content"
        ),
        _index(("state", UP), ("received_at", DOWN), ("_id", DOWN)),
        _index(("received_at", DOWN), ("_id", DOWN)),
        _index(("provider", UP), ("received_at", DOWN), ("_id", DOWN)),
        _index(("payment_id", UP), ("received_at", UP)),
        _index(("email_id", UP)),
    ],
}

REJECTIONS, REJECTIONS_BYTES = "webhook_rejections", 10 * 1024 * 1024  # capped: strangers fill it
