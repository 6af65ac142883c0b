"""Figures in words: their value, how they changed, what that means, and the list behind each."""

from courseflow_admin import routes
from courseflow_admin.models.core import calendar
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.figures.metrics import metric_of
from courseflow_admin.services.figures.metrics import Figure
from courseflow_admin.state.money.figure_words import LABELS as PAYMENT_LABELS

LABELS = PAYMENT_LABELS | {"new_learners": "New learners", "enrollments": "Enrollments"}
TONES = {"good": "green", "bad": "red"}


def value(metric: str, number: int, currency: str) -> str:
    """`₹270.00`, or `1,024` of things counted. Net revenue may be below zero, Money never is."""
    if not metric_of(metric).is_money:
        return f"{number:,}"
    text = str(Money.of(abs(number), currency))
    return f"−{text}" if number < 0 else text


def change(figure: Figure) -> str:
    """`+12%` of money, `+3` of things counted; empty when there is nothing to compare with."""
    rose = figure.number - figure.before
    sign = "+" if rose > 0 else "−" if rose < 0 else "±"
    if not metric_of(figure.metric).is_money:
        return f"{sign}{abs(rose):,}" if figure.number or figure.before else ""
    if figure.before <= 0:  # a part of nothing, or of less than nothing, is no percentage
        return ""
    share = (abs(rose) * 200 + figure.before) // (2 * figure.before)  # half up, without a float
    return f"{sign}{share:,}%"


def tone(figure: Figure) -> str:
    """The colour of its change; gray where it is neither good nor bad."""
    rose, rising = figure.number - figure.before, metric_of(figure.metric).rising
    if not rose or rising == "neutral" or not change(figure):
        return "gray"
    return TONES["good" if (rose > 0) == (rising == "good") else "bad"]


def documents(metric: str, period: Period, currency: str) -> str:
    """The address of the list that adds up to a figure over `period`."""
    counted = metric_of(metric)
    shown = currency if counted.is_money else ""
    first, last = calendar.iso(period.first), calendar.iso(period.last)
    return routes.documents_of(metric, counted.about, shown, first, last)
