"""A receipt: written with the payment, numbered without gaps a moment later."""

from datetime import datetime

from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import Document


class Receipt(Document):
    payment_id: str
    account_id: str
    course_title: str
    amount: Money
    mode: str
    series: str  # mode and year in the school's time zone: each has its own row of numbers
    number: int = 0  # 0: not yet numbered
    paid_at: datetime
    numbered_at: datetime | None = None

    @property
    def label(self) -> str:
        """`R-2026-00042`; outside live the mode is in it: `SANDBOX-2026-00042`."""
        mode, year = self.series.split("-")
        return f"{'R' if mode == 'live' else mode.upper()}-{year}-{self.number:05d}"
