"""A dialog left open with its page is closed when the page is opened again."""

from types import SimpleNamespace

import pytest

from courseflow_admin.state.identity.account import AccountState
from courseflow_admin.state.identity.invitations import InvitationsState
from courseflow_admin.state.identity.people import PeopleState
from courseflow_admin.state.identity.person import PersonState
from courseflow_admin.state.money.payment_detail import PaymentDetailState
from courseflow_admin.state.school.settings import SettingsState
from courseflow_admin.state.teaching.studio import StudioState
from courseflow_admin.state.teaching.studio_authors import StudioAuthorsState
from courseflow_admin.state.teaching.studio_course import StudioCourseState
from tests.state.conftest import run
from tests.state.money.money_tabs import ADMIN, a_tab_of

SAME = SimpleNamespace(id="x", account=SimpleNamespace(id="x"))  # what the tab shows already


@pytest.mark.parametrize(
    ("path", "loader", "holder", "left_open"),
    [
        ("/people", PeopleState, InvitationsState, {"inviting": True}),
        (
            "/people/invitations",
            InvitationsState,
            InvitationsState,
            {"inviting": True, "dialog": "revoke"},
        ),
        ("/people/x", PersonState, PersonState, {"dialog": "role", "_person": SAME}),
        (
            "/payments/x",
            PaymentDetailState,
            PaymentDetailState,
            {"dialog": True, "review_dialog": True, "capture_dialog": True, "_payment": SAME},
        ),
        ("/studio", StudioState, StudioState, {"dialog_open": True}),
        ("/studio/x", StudioCourseState, StudioCourseState, {"dialog": "archive", "_id": "x"}),
        ("/studio/x", StudioAuthorsState, StudioAuthorsState, {"dialog": "add", "_id": "x"}),
        ("/settings", SettingsState, SettingsState, {"removing_logo": True}),
        ("/account", AccountState, AccountState, {"deleting": True}),
    ],
)
async def test_a_page_opens_without_the_dialog_it_was_left_with(
    database, path, loader, holder, left_open
):
    root = await a_tab_of(ADMIN, path)
    state = await root.get_state(holder)
    for name, value in left_open.items():
        setattr(state, name, value)

    await run(root, loader, "load")

    assert not any(getattr(state, name) for name in left_open if not name.startswith("_"))
