"""What is counted and how: each metric is one match and one sum, and names the list behind it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, Self
from zoneinfo import ZoneInfo

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.errors import Invalid, NotFound
from courseflow_admin.models.money import Money

Meaning = Literal["good", "bad", "neutral"]
LONGEST_DAYS = 366


@dataclass(frozen=True)
class Period:
    """Whole days of the school's time zone, both ends included."""

    first: date
    last: date
    zone: str

    @classmethod
    def newest(cls, days: int, at: datetime) -> Self:
        """The day of `at` and those before it, `days` in all."""
        if not 1 <= days <= LONGEST_DAYS:
            raise Invalid(f"Choose between 1 and {LONGEST_DAYS} days.", "days")
        zone = settings().school_timezone
        last = at.astimezone(ZoneInfo(zone)).date()
        return cls(last - timedelta(days=days - 1), last, zone)

    @classmethod
    def parse(cls, first: str, last: str) -> Self | None:
        """From the parameters `from` and `to` (2026-11-22) of an address; None without both."""
        if not first and not last:
            return None
        try:
            start, end = date.fromisoformat(first or last), date.fromisoformat(last or first)
        except ValueError as error:
            raise Invalid("Write days as 2026-11-22.", "from") from error
        if not date(2000, 1, 1) <= start <= end <= date(2999, 12, 31):
            raise Invalid("The first day comes after the last one.", "from")
        return cls(start, end, settings().school_timezone)

    @property
    def start(self) -> datetime:
        return self._midnight(self.first)

    @property
    def end(self) -> datetime:
        """The first instant that no longer belongs to it."""
        return self._midnight(self.last + timedelta(days=1))

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.length)]

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> "Period":
        """As many days, just before these."""
        days = timedelta(days=self.length)
        return Period(self.first - days, self.last - days, self.zone)

    def with_before(self) -> "Period":
        return Period(self.before().first, self.last, self.zone)

    def text(self) -> str:
        """`24 Oct – 22 Nov 2026`."""
        last = f"{self.last.day} {self.last:%b %Y}"
        if self.first == self.last:
            return last
        year = "" if self.first.year == self.last.year else f" {self.first.year}"
        return f"{self.first.day} {self.first:%b}{year} – {last}"

    def _midnight(self, day: date) -> datetime:
        # Not by adding hours: a day of a change of the clocks has 23 or 25.
        return datetime.combine(day, time.min, ZoneInfo(self.zone)).astimezone(UTC)


@dataclass(frozen=True)
class Metric:
    """Counts documents, or sums the minor units in `sums`, by the day in `dated`."""

    name: str
    label: str
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

    def href(self, period: Period, currency: str = "") -> str:
        """The list that shows exactly the documents of this figure."""
        days = {"from": period.first.isoformat(), "to": period.last.isoformat()}
        if self.about == "enrollments":
            return routes.with_query(routes.LEARNERS, **days)
        if self.about == "accounts":
            return routes.with_query(routes.PEOPLE, role="student", **days)
        shown = currency if self.is_money else ""
        return routes.with_query(routes.PAYMENTS, figure=self.name, currency=shown, **days)


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            name="revenue_gross",
            label="Gross revenue",
            about="payments",
            dated="paid_at",
            sums="amount.minor",
            rising="good",
        ),
        Metric(
            name="refunds",
            label="Refunds",
            about="payments",
            dated="refunds.settled_at",
            where={"refunds.state": "settled"},
            each="refunds",
            sums="refunds.amount_minor",
            rising="bad",
        ),
        Metric(
            name="revenue_net",
            label="Net revenue",
            about="payments",
            dated="paid_at",
            sums="amount.minor",
            rising="good",
            less="refunds",
        ),
        Metric(name="sales", label="Sales", about="payments", dated="paid_at", rising="good"),
        Metric(
            name="failed_payments",
            label="Failed payments",
            about="payments",
            dated="created_at",
            where={"state": "failed"},
            rising="bad",
        ),
        Metric(
            name="new_learners",
            label="New learners",
            about="accounts",
            dated="created_at",
            where={"role": "student"},
            rising="good",
        ),
        Metric(
            name="enrollments",
            label="Enrollments",
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
class Scope:
    """Whose documents count: the payments of one mode, and one instructor's or everybody's.

    The learners of `co_taught` courses count as the instructor's too, their payments do not.
    """

    mode: str
    owner_id: str = ""
    co_taught: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bucket:
    """What one day adds to a metric; `currency` is empty where no money is summed."""

    day: date
    currency: str
    number: int


# What wants a person, beside the states of payments: figure -> its words in the list's filter.
OPEN_DISPUTES, LAPSING = "open_disputes", "lapsing"
FIGURES: dict[str, str] = {
    **{name: metric.label for name, metric in METRICS.items() if metric.about == "payments"},
    OPEN_DISPUTES: "Open disputes",
    LAPSING: "About to lapse",
}
LAPSING_AFTER = timedelta(hours=48)  # a day before models/payments.LAPSES_AFTER
STUCK_AFTER = timedelta(minutes=10)  # webhook events are handled within seconds
EMAIL_DAYS = 7


def current_mode() -> str:
    """The mode of the enabled gateways; where they differ in a rehearsal, the more real one."""
    modes = {keys.mode for keys in (settings().stripe, settings().razorpay) if keys}
    return next((mode for mode in ("live", "test", "sandbox") if mode in modes), "live")


def shown_amount(minor: int, currency: str) -> str:
    """Like Money's own text; net revenue may be below zero, which Money never is."""
    text = str(Money.of(abs(minor), currency))
    return f"−{text}" if minor < 0 else text
