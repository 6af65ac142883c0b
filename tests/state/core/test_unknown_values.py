"""What an address asks for and nobody knows is named; it never shows everything."""

import pytest

from courseflow_admin.models.core.paging import Cursor
from courseflow_admin.models.money.webhooks import WebhookState
from courseflow_admin.state.core.address import PAGING
from courseflow_admin.state.figures.overview import OverviewState
from courseflow_admin.state.identity.invitations import InvitationsState
from courseflow_admin.state.identity.people import PeopleState
from courseflow_admin.state.mail.emails import EmailsState
from courseflow_admin.state.mail.my_emails import MyEmailsState
from courseflow_admin.state.money.my_payments import MyPaymentsState
from courseflow_admin.state.money.payments import PaymentsState
from courseflow_admin.state.money.webhooks import WebhooksState
from courseflow_admin.state.school.audit import AuditState
from courseflow_admin.state.teaching.catalog import CatalogState
from courseflow_admin.state.teaching.learners import LearnersState
from courseflow_admin.state.teaching.studio import StudioState
from tests.account_builders import an_enrollment
from tests.builders import an_account
from tests.course_builders import a_course, an_instructor
from tests.invitation_builders import invited
from tests.money_builders import a_payment, an_email
from tests.services.figures.figures import an_event
from tests.state.conftest import run
from tests.state.core.test_addresses import READERS
from tests.state.money.money_tabs import ADMIN, a_tab_of

# Each filter with a closed list of values, and what one of them is called.
CLOSED = {
    PeopleState: ("/people", {"role": "role", "state": "status"}),
    PaymentsState: (
        "/payments",
        {
            "state": "status",
            "provider": "provider",
            "figure": "figure",
            "currency": "currency",
            "sort": "column to sort by",
            "order": "sort order",
        },
    ),
    EmailsState: ("/emails", {"kind": "kind", "state": "status"}),
    WebhooksState: ("/webhooks", {"state": "status", "provider": "provider"}),
    AuditState: ("/audit", {"act": "action"}),
    CatalogState: ("/", {"category": "category", "level": "level"}),
    OverviewState: ("/overview", {"days": "number of days", "currency": "currency"}),
}
OPEN = {"q", "email", "to", "account", "actor", "object", "course", "from", "since"}
LISTS = (
    *((CatalogState, "/"), (StudioState, "/studio"), (PeopleState, "/people?role=student")),
    *((InvitationsState, "/people/invitations"), (PaymentsState, "/payments?state=paid")),
    *((MyPaymentsState, "/my/payments"), (EmailsState, "/emails"), (MyEmailsState, "/my/emails")),
    *((LearnersState, "/learners"), (AuditState, "/audit"), (WebhooksState, "/webhooks")),
)


async def loaded(state, path):
    root = await a_tab_of(ADMIN, path)
    await run(root, state, "load")
    return await root.get_state(state)


async def one_of_each() -> None:
    ines = await an_instructor()
    course = await a_course(ines)
    ada = await an_account(ADMIN.email)
    await a_payment(account_id=ADMIN.id)
    await an_email(account_id=ADMIN.id)
    await an_enrollment(account_id=ada.id, course_id=course.id, owner_id=ines.id)
    await an_event(3, WebhookState.HANDLED)


@pytest.mark.parametrize(
    ("state", "path", "name", "what"),
    [
        (state, path, name, what)
        for state, (path, names) in CLOSED.items()
        for name, what in names.items()
    ],
)
async def test_an_unknown_value_of_a_filter_is_named_and_shows_nothing(
    database, sandbox, state, path, name, what
):
    await one_of_each()

    found = await loaded(state, f"{path}?{name}=forgotten")

    assert (found.view, found.error) == ("error", f"“forgotten” is not a known {what}.")
    assert list(getattr(found, "rows", [])) == []


def test_each_filter_of_a_list_is_closed_or_open():
    for state, (_path, names) in READERS.items():
        if state in dict(LISTS):
            closed = CLOSED.get(state, ("", {}))[1]
            assert set(names) - {*PAGING} - OPEN - set(closed) == set(), state


async def test_a_refused_filter_leaves_the_others_in_the_link_that_removes_it(database):
    found = await loaded(PeopleState, "/people?role=student&state=forgotten")

    assert (found.back_href, found.back_text) == ("/people?role=student", "Remove filter")


@pytest.mark.parametrize(("state", "path"), LISTS)
async def test_past_the_end_of_a_list_is_said_with_a_way_back(database, sandbox, state, path):
    await one_of_each()
    cursor = Cursor(0, "a")
    sign = "&" if "?" in path else "?"

    found = await loaded(state, f"{path}{sign}after={cursor.encode()}")

    assert (found.view, found.error) == (
        "error",
        "You are past the end of this list. Go to the first page.",
    )
    assert list(getattr(found, "rows", [])) == []
    assert (found.back_href, found.back_text) == (path, "Back to the first page")


async def test_before_the_start_of_an_emptied_list_no_rows_are_promised(database):
    await invited()
    found = await loaded(InvitationsState, f"/people/invitations?before={Cursor(0, 'a').encode()}")

    assert (found.view, found.rows, found.back_href) == ("error", [], "/people/invitations")
