"""Every figure has one name, on its tile and in the filter of the list behind it."""

from courseflow_admin.models.figures.metrics import METRICS
from courseflow_admin.models.money.payment_metrics import LAPSING, OPEN_DISPUTES, PAYMENT_METRICS
from courseflow_admin.state.figures import figures
from courseflow_admin.state.money.figure_words import FIGURES


def test_every_figure_has_a_name():
    assert set(figures.LABELS) == set(METRICS)


def test_every_figure_of_payments_is_a_filter_of_their_list():
    assert set(FIGURES) == {*PAYMENT_METRICS, OPEN_DISPUTES, LAPSING}
