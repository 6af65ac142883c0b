"""What is counted and how: each metric is one match and one sum, and names the list behind it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from courseflow_admin.errors import NotFound
from courseflow_admin.models.money.payment_metrics import PAYMENT_METRICS, Metric

METRICS: dict[str, Metric] = PAYMENT_METRICS | {
    metric.name: metric
    for metric in (
        Metric(
            name="new_learners",
            about="accounts",
            dated="created_at",
            where={"role": "student"},
            rising="good",
        ),
        Metric(
            name="enrollments",
            about="enrollments",
            dated="enrolled_at",
            rising="good",
        ),
    )
}


def metric_of(name: str) -> Metric:
    if name not in METRICS:
        raise NotFound("metric")
    return METRICS[name]


@dataclass(frozen=True)
class Bucket:
    """What one day adds to a metric; `currency` is empty where no money is summed."""

    day: date
    currency: str
    number: int


EMAIL_DAYS = 7  # how long an undelivered e-mail needs attention


class Kind(StrEnum):
    """The kinds of things that need attention."""

    OPEN_DISPUTES = "open_disputes"
    NEEDS_REVIEW = "needs_review"
    LAPSING = "lapsing"
    STUCK_WEBHOOKS = "stuck_webhooks"
    UNDELIVERED_EMAILS = "undelivered_emails"
