"""What is counted about payments: each metric is one match and one sum."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from courseflow_admin.config import settings

Meaning = Literal["good", "bad", "neutral"]


@dataclass(frozen=True)
class Metric:
    """Counts documents, or sums the minor units in `sums`, by the day in `dated`."""

    name: str
    about: str  # the collection
    dated: str
    where: dict[str, str] = field(default_factory=dict)
    each: str = ""  # the array whose entries count one by one
    sums: str = ""
    rising: Meaning = "neutral"
    less: str = ""  # the metric that is taken off

    @property
    def is_money(self) -> bool:
        return self.sums != ""


@dataclass(frozen=True)
class Scope:
    """Whose documents count: the payments of one mode, and one instructor's or everyone's.

    The learners of `co_taught` courses count as the instructor's too, their payments do not.
    """

    mode: str
    owner_id: str = ""
    co_taught: tuple[str, ...] = ()


PAYMENT_METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            name="revenue_gross",
            about="payments",
            dated="paid_at",
            sums="captured.minor",
            rising="good",
        ),
        Metric(
            name="refunds",
            about="payments",
            dated="refunds.settled_at",
            where={"refunds.state": "settled"},
            each="refunds",
            sums="refunds.amount_minor",
            rising="bad",
        ),
        Metric(
            name="revenue_net",
            about="payments",
            dated="paid_at",
            sums="captured.minor",
            rising="good",
            less="refunds",
        ),
        Metric(name="sales", about="payments", dated="paid_at", rising="good"),
        Metric(
            name="failed_payments",
            about="payments",
            dated="created_at",
            where={"state": "failed"},
            rising="bad",
        ),
    )
}

# What needs attention, beside the states of payments: figures of their list too.
OPEN_DISPUTES, LAPSING = "open_disputes", "lapsing"
LAPSING_AFTER = timedelta(hours=48)  # a day before models/money/payments.LAPSES_AFTER


def current_mode() -> str:
    """The mode of the enabled gateways; where they differ in a rehearsal, the more real one."""
    modes = {keys.mode for keys in (settings().stripe, settings().razorpay) if keys}
    return next((mode for mode in ("live", "test", "sandbox") if mode in modes), "live")
