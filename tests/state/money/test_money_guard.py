"""Who may call which handler of the money and e-mail screens: asked of the guard itself."""

import pytest

from courseflow_admin.state.core.marks import mark_of
from courseflow_admin.state.mail.email import EmailDetailState
from courseflow_admin.state.mail.emails import EmailsState
from courseflow_admin.state.mail.my_emails import MyEmailsState
from courseflow_admin.state.money.checkout import CheckoutState
from courseflow_admin.state.money.my_payment import MyPaymentState
from courseflow_admin.state.money.my_payments import MyPaymentsState
from courseflow_admin.state.money.payment_detail import PaymentDetailState
from courseflow_admin.state.money.payments import PaymentsState
from tests.state.conftest import a_tab
from tests.state.core.test_guard import asked, signed_in

ADMIN, TEACHING, ALL = {"admin"}, {"admin", "instructor"}, {"admin", "instructor", "student"}
MAY = {
    CheckoutState: {"load": {*ALL, ""}},
    PaymentsState: {"load": TEACHING},
    PaymentDetailState: {
        "load": TEACHING,
        "recheck": ADMIN,
        "show_dialog": ADMIN,
        "preview": ADMIN,
        "refund": ADMIN,
        "show_capture_dialog": ADMIN,
        "capture": ADMIN,
        "show_review_dialog": ADMIN,
        "choose_settlement": ADMIN,
        "resolve_review": ADMIN,
    },
    EmailsState: {"load": TEACHING},
    EmailDetailState: dict.fromkeys(("load", "show_text"), ALL),
    MyEmailsState: {"load": ALL},
    MyPaymentsState: {"load": ALL},
    MyPaymentState: dict.fromkeys(("load", "look"), ALL),
}


@pytest.mark.parametrize("state", MAY, ids=lambda state: state.__name__)
@pytest.mark.parametrize("role", ["", "student", "instructor", "admin"])
async def test_each_handler_lets_through_those_of_the_table_and_nobody_else(database, state, role):
    root = await signed_in(role) if role else a_tab()

    through = {name for name in MAY[state] if await asked(root, state.event_handlers[name]) is None}

    assert through == {name for name, roles in MAY[state].items() if role in roles}


@pytest.mark.parametrize("state", MAY, ids=lambda state: state.__name__)
def test_the_table_names_every_handler_that_carries_a_mark(state):
    marked = {name for name, handler in state.event_handlers.items() if mark_of(handler.fn)}

    assert marked == set(MAY[state])
