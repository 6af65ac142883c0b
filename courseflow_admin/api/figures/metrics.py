"""Figures over HTTP: one metric with its days, its comparison and the list behind it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import CurrentActor
from courseflow_admin.errors import Invalid
from courseflow_admin.models.core import calendar
from courseflow_admin.models.core.amounts import CURRENCIES
from courseflow_admin.models.core.periods import LONGEST_DAYS
from courseflow_admin.models.figures.metrics import metric_of
from courseflow_admin.services.figures import metrics

router = APIRouter(prefix=f"{routes.API}/metrics", tags=["metrics"])


@dataclass(frozen=True)
class PointView:
    day: date
    number: int


@dataclass(frozen=True)
class MetricView:
    """`number` counts, or is in minor units where there is a currency; days in `timezone`."""

    name: str
    currency: str
    currencies: list[str]
    number: int
    before: int
    first_day: date
    last_day: date
    timezone: str
    as_of: datetime
    documents: str  # the address of the page that lists what is counted
    points: list[PointView]


@router.get("/{name}")
async def get(
    actor: CurrentActor,
    name: str,
    days: Annotated[int, Query(ge=1, le=LONGEST_DAYS)] = metrics.DAYS,
    currency: Annotated[str, Query(max_length=3)] = "",
) -> MetricView:
    """One metric over the last days, all or of own courses; one currency, never a sum of two."""
    if currency and currency not in CURRENCIES:
        raise Invalid(f"“{currency}” is not a known currency.", "currency")
    board = await metrics.board(actor, [name], days)
    figure = board.figure(name, currency or board.currencies[0])
    return MetricView(
        name=figure.metric,
        currency=figure.currency,
        currencies=board.currencies if figure.currency else [],
        number=figure.number,
        before=figure.before,
        first_day=board.period.first,
        last_day=board.period.last,
        timezone=board.period.zone,
        as_of=board.as_of,
        documents=routes.documents_of(
            figure.metric,
            metric_of(figure.metric).about,
            figure.currency,
            calendar.iso(board.period.first),
            calendar.iso(board.period.last),
        ),
        points=[
            PointView(point.day, point.number)
            for point in board.points[figure.metric, figure.currency]
        ],
    )
