"""The overview: what wants a person, the figures, and the newest, by what one may see."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.errors import Invalid
from courseflow_admin.field_sentences import counted
from courseflow_admin.models.core import calendar
from courseflow_admin.models.core.amounts import CURRENCIES
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.money.payments import Payment, PaymentFilter, Sort
from courseflow_admin.models.teaching.enrollments import Enrollment, EnrollmentFilter
from courseflow_admin.services.figures import attention as waiting_things
from courseflow_admin.services.figures import metrics
from courseflow_admin.services.figures.metrics import Board, Figure
from courseflow_admin.services.money import payments
from courseflow_admin.services.teaching import enrollments
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import query_of
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.figures import figures
from courseflow_admin.state.figures.attention import Task, how_many, task
from courseflow_admin.state.teaching.my_courses import MyCoursesState

SPANS = {"7": 7, "30": 30, "90": 90}
NEWEST = 5
SCHOOL = ["revenue_net", "sales", "refunds", "new_learners"]
OWN = ["enrollments", "revenue_net", "sales"]


@dataclass
class Tile:
    label: str
    value: str
    change: str
    tone: str
    note: str
    href: str


@dataclass
class PaymentLine:
    learner: str
    course: str
    amount: str
    state: str
    href: str


@dataclass
class LearnerLine:
    learner: str
    course: str
    when: str
    exact: str
    percent: str
    href: str


@dataclass
class Choice:
    """One of a few views of the same page; `href` leads there."""

    text: str
    href: str
    on: bool


class OverviewState(rx.State):
    view: str = "loading"  # then "school", "teaching", "learning" or "error"
    error: str = ""
    days: str = ""
    period: str = ""
    as_of: str = ""
    spans: list[Choice] = []
    currencies: list[Choice] = []
    tiles: list[Tile] = []
    tasks: list[Task] = []
    tasks_text: str = ""
    chart: list[dict[str, str | int]] = []
    chart_title: str = ""
    chart_says: str = ""
    has_chart: bool = False
    list_href: str = ""
    newest_payments: list[PaymentLine] = []
    newest_learners: list[LearnerLine] = []

    @event(Permission.ACCOUNT_OWN, supersedes=True)
    async def load(self):
        auth = await self.get_state(AuthState)
        actor = auth.actor()
        try:
            query = _known(query_of(self.router.url, "days", "currency"))
        except Invalid as problem:
            self.view, self.error = "error", problem.message
            return None
        if actor.can(Permission.FIGURES_READ_ALL):
            await self._load_school(actor, query)
            return None
        if actor.can(Permission.FIGURES_READ):
            await self._load_teaching(actor, query)
            return None
        self.view = "learning"
        return MyCoursesState.load

    async def _load_school(self, actor: Actor, query: Mapping[str, str]) -> None:
        span = _span(query)
        names = [*SCHOOL, "revenue_gross"]
        board, waiting, newest = await asyncio.gather(
            metrics.board(actor, names, SPANS[span]),
            waiting_things.needs_attention(actor),
            payments.search(actor, PaymentFilter(), Sort(), PageRequest(size=NEWEST)),
        )
        currency = _currency(query, board)
        shown = [board.figure(name, currency) for name in SCHOOL]
        self._show_period(board, span, currency)
        self.tiles = [_tile(figure, board, several=len(board.currencies) > 1) for figure in shown]
        self.tasks = [task(one, board.as_of) for one in waiting]
        self.tasks_text = how_many(waiting, board.as_of)
        self.chart = _revenue(board, currency)
        gross = board.figure("revenue_gross", currency)
        self.has_chart = bool(gross.number or board.figure("refunds", currency).number)
        self.chart_title = f"Revenue in {currency}"
        self.chart_says = (
            f"Net revenue and refunds in {currency} per day, {board.period.text()}. "
            "The same figures are in the table."
        )
        self.list_href = _documents(gross, board)
        self.newest_payments = [_payment(payment) for payment in newest.rows]
        self.view = "school"

    async def _load_teaching(self, actor: Actor, query: Mapping[str, str]) -> None:
        span = _span(query)
        board, newest = await asyncio.gather(
            metrics.board(actor, OWN, SPANS[span]),
            enrollments.search(actor, EnrollmentFilter(), PageRequest(size=NEWEST)),
        )
        self._show_period(board, span, _currency(query, board))
        self.currencies = []  # each has a tile of its own
        several = len(board.currencies) > 1
        self.tiles = [_tile(figure, board, several=several) for figure in board.figures]
        enrolled = board.figure("enrollments")
        self.chart = [
            {"day": _day(point.day), "enrolled": point.number, "enrolled_text": f"{point.number:,}"}
            for point in board.points["enrollments", ""]
        ]
        self.has_chart = enrolled.number > 0
        self.chart_title = "Enrollments"
        self.chart_says = (
            f"Enrollments in your courses per day, {board.period.text()}. "
            "The same figures are in the table."
        )
        self.list_href = _documents(enrolled, board)
        self.newest_learners = [_learner(enrollment) for enrollment in newest.rows]
        self.view = "teaching"

    def _show_period(self, board: Board, span: str, currency: str) -> None:
        self.days = f"{span} days"
        self.period = board.period.text()
        self.as_of = times.at_school(board.as_of)
        self.spans = [
            Choice(f"{days} days", _address(days, currency, board), days == span) for days in SPANS
        ]
        self.currencies = [
            Choice(code, _address(span, code, board), code == currency) for code in board.currencies
        ]
        if len(self.currencies) == 1:  # nothing to choose
            self.currencies = []


def _known(query: Mapping[str, str]) -> Mapping[str, str]:
    for name, values, what in (
        ("days", SPANS, "number of days"),
        ("currency", CURRENCIES, "currency"),
    ):
        if query[name] and query[name] not in values:
            raise Invalid(f"“{query[name][:40]}” is not a known {what}.", name)
    return query


def _span(query: Mapping[str, str]) -> str:
    return query["days"] if query["days"] in SPANS else "30"


def _currency(query: Mapping[str, str], board: Board) -> str:
    asked = query["currency"]
    return asked if asked in board.currencies else board.currencies[0]


def _address(span: str, currency: str, board: Board) -> str:
    """What goes without saying stays out of it."""
    return routes.with_query(
        routes.OVERVIEW,
        days="" if span == "30" else span,
        currency="" if currency == board.currencies[0] else currency,
    )


def _tile(figure: Figure, board: Board, *, several: bool) -> Tile:
    days = board.period.length
    change = figures.change(figure)
    note = f"vs. previous {counted(days, 'day')}"
    if not change:
        note = f"none in the previous {counted(days, 'day')}" if figure.before == 0 else ""
    label = figures.LABELS[figure.metric]
    return Tile(
        label=f"{label} in {figure.currency}" if figure.currency and several else label,
        value=figures.value(figure.metric, figure.number, figure.currency),
        change=change,
        tone=figures.tone(figure),
        note=note,
        href=_documents(figure, board),
    )


def _documents(figure: Figure, board: Board) -> str:
    return figures.documents(figure.metric, board.period, figure.currency)


def _revenue(board: Board, currency: str) -> list[dict[str, str | int]]:
    """Bars in whole units of the currency; the exact amounts stand beside them as text."""
    unit = 10 ** CURRENCIES[currency].decimals
    net, back = (board.points[name, currency] for name in ("revenue_net", "refunds"))
    return [
        {
            "day": _day(kept.day),
            "net": round(kept.number / unit),
            "net_text": figures.value("revenue_net", kept.number, currency),
            "refunds": round(given.number / unit),
            "refunds_text": figures.value("refunds", given.number, currency),
        }
        for kept, given in zip(net, back, strict=True)
    ]


def _day(day: date) -> str:
    return calendar.day_and_month(day)


def _payment(payment: Payment) -> PaymentLine:
    return PaymentLine(
        learner=payment.name or "Deleted account",
        course=payment.course_title,
        amount=str(payment.amount),
        state=payment.state.value,
        href=routes.payment(payment.id),
    )


def _learner(enrollment: Enrollment) -> LearnerLine:
    return LearnerLine(
        learner=enrollment.learner_name or "Deleted account",
        course=enrollment.course_title,
        when=times.ago(enrollment.enrolled_at),
        exact=times.exact(enrollment.enrolled_at),
        percent=f"{enrollment.percent}%",
        href=routes.with_query(routes.LEARNERS, course=enrollment.course_id),
    )
