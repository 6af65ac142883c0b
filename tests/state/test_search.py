"""Typing into a list's search box: what arrives late does not lead back to a page one has left."""

import pytest

from courseflow_admin.state.catalog import CatalogState
from courseflow_admin.state.emails import EmailsState
from courseflow_admin.state.learners import LearnersState
from courseflow_admin.state.payments import PaymentsState
from courseflow_admin.state.people import PeopleState
from tests.state.conftest import run
from tests.state.money_tabs import ADMIN, a_tab_of, led_to

LISTS = pytest.mark.parametrize(
    ("state", "path", "found", "elsewhere"),
    [
        (CatalogState, "/", "/?q=ada", "/courses/bees"),
        (PaymentsState, "/payments", "/payments?email=ada", "/payments/pay_1"),
        (EmailsState, "/emails", "/emails?to=ada", "/emails/eml_1"),
        (PeopleState, "/people", "/people?q=ada", "/overview"),
        (LearnersState, "/learners", "/learners?email=ada", "/studio/crs_1"),
    ],
    ids=["catalog", "payments", "e-mails", "people", "learners"],
)


@LISTS
async def test_what_is_typed_stands_in_the_address(database, state, path, found, elsewhere):
    root = await a_tab_of(ADMIN, path)

    steps = await run(root, state, "search", text=" ada ")

    assert led_to(steps) == found


@LISTS
async def test_what_arrives_after_one_has_left_leads_nowhere(
    database, state, path, found, elsewhere
):
    root = await a_tab_of(ADMIN, elsewhere)

    assert await run(root, state, "search", text="ada") == []
