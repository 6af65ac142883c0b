"""What the figures about payments are called, on the overview and in the filter of the list."""

from courseflow_admin.models.money.payment_metrics import LAPSING, OPEN_DISPUTES

LABELS: dict[str, str] = {
    "revenue_gross": "Gross revenue",
    "refunds": "Refunds",
    "revenue_net": "Net revenue",
    "sales": "Sales",
    "failed_payments": "Failed payments",
}
FIGURES: dict[str, str] = {
    **LABELS,
    OPEN_DISPUTES: "Open disputes",
    LAPSING: "About to lapse",
}
