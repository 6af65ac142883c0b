"""The e-mail log: what each may see of it, and what is hidden."""

import pytest

from courseflow_admin.errors import NotFound, NotPermitted
from courseflow_admin.models.core.paging import Cursor, PageRequest
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.mail.emails import UNDELIVERED, EmailFilter, EmailKind, EmailState
from courseflow_admin.services.mail import emails
from tests.money_builders import an_email

ADMIN = Actor("acc_root", "admin")
INES = Actor("acc_ines", "instructor")
OTHER = Actor("acc_otto", "instructor")
ADA = Actor("acc_ada", "student")
BOB = Actor("acc_bob", "student")


async def found(actor, **wanted):
    page = await emails.search(actor, EmailFilter(**wanted), PageRequest())
    return [email.id for email in page.rows]


async def test_admins_see_all_and_instructors_those_of_own_courses(database):
    of_ines = await an_email(1)
    of_nobody = await an_email(2, kind=EmailKind.WELCOME, course_owner_id="", payment_id="")
    await an_email(3, course_owner_id="acc_otto")

    assert len(await found(ADMIN)) == 3
    assert await found(INES) == [of_ines.id]
    assert await found(INES, course_owner_id="acc_otto") == [of_ines.id]
    assert (await emails.get(ADMIN, of_nobody.id)).id == of_nobody.id
    assert (await emails.get(INES, of_ines.id)).id == of_ines.id


async def test_learners_see_what_they_received_and_no_log(database):
    mine = await an_email(1)
    await an_email(2, account_id="acc_bob", to="bob@demo.test")

    page = await emails.mine(ADA, PageRequest())
    with pytest.raises(NotPermitted):
        await found(ADA)

    assert [email.id for email in page.rows] == [mine.id]
    assert (await emails.get(ADA, mine.id)).html == "<p>Thank you.</p>"


@pytest.mark.parametrize("actor", [BOB, OTHER, Actor("acc_x", ""), Actor("", "instructor")])
async def test_what_one_may_not_see_is_not_there(database, actor):
    email = await an_email(course_owner_id="acc_ines")

    with pytest.raises(NotFound, match=r"^E-mail not found\.$"):
        await emails.get(actor, email.id)
    with pytest.raises(NotFound, match=r"^E-mail not found\.$"):
        await emails.get(actor, "eml_unknown")


async def test_filters_by_kind_state_group_and_beginning_of_the_address(database):
    bounced = await an_email(1, state=EmailState.BOUNCED)
    failed = await an_email(2, state=EmailState.FAILED, kind=EmailKind.REFUND)
    dotted = await an_email(3, to="b.c@demo.test")
    await an_email(4, to="bxc@demo.test")

    undelivered = tuple(state.value for state in UNDELIVERED)
    assert await found(ADMIN, states=undelivered) == [bounced.id, failed.id]
    assert await found(ADMIN, states=("failed",), kind="refund") == [failed.id]
    assert await found(ADMIN, states=("failed",), kind="receipt") == []
    assert await found(ADMIN, to_prefix="B.C") == [dotted.id]


async def test_rows_of_a_list_carry_no_bodies(database):
    await an_email()

    (row,) = (await emails.search(ADMIN, EmailFilter(), PageRequest())).rows

    assert (row.html, row.text, row.events) == ("", "", [])
    assert row.subject == "Receipt SANDBOX-2026-00001 for Data Structures in Practice"


async def test_pages_follow_one_another_there_and_back(database):
    ids = [(await an_email(number)).id for number in range(5)]

    first = await emails.search(ADMIN, EmailFilter(), PageRequest(size=2))
    onward = PageRequest(Cursor.decode(first.next_cursor), "next", 3, 2)
    second = await emails.search(ADMIN, EmailFilter(), onward)
    backward = PageRequest(Cursor.decode(second.previous_cursor), "previous", 1, 2)
    back = await emails.search(ADMIN, EmailFilter(), backward)

    assert [email.id for email in first.rows + second.rows] == ids[:4]
    assert second.range_text == "3–4 of 5"
    assert [email.id for email in back.rows] == ids[:2]


@pytest.mark.parametrize(
    "link", ["/verify?token=s3cret-_x", "/reset?token=s3cret-_x", "/invitations/s3cret-_x"]
)
async def test_one_time_links_are_hidden_from_everybody_also_from_the_account_they_are_for(
    database, link
):
    """They prove who reads the mailbox; see tests/security/test_one_time_links.py."""
    address = f"http://localhost:3000{link}"
    email = await an_email(html=f'<a href="{address}">Go</a>', text=f"Go: {address}\nBye")

    for actor in (ADMIN, INES, ADA):
        seen = await emails.get(actor, email.id)
        assert "s3cret" not in seen.html + seen.text
        assert seen.html.endswith('hidden">Go</a>')
        assert seen.text.endswith("hidden\nBye")
