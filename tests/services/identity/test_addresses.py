"""Whoever signs up with an address is found by it, in every form in which it can be written."""

import unicodedata

import pytest

from courseflow_admin.errors import TooMany
from courseflow_admin.models.core.accounts import SignUpForm
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.mail.emails import EmailFilter
from courseflow_admin.models.money.payments import PaymentFilter, Sort
from courseflow_admin.models.school.audit import AuditFilter
from courseflow_admin.models.teaching.enrollments import EnrollmentFilter
from courseflow_admin.services.identity import accounts, invitations, password_resets
from courseflow_admin.services.mail import emails, outbox
from courseflow_admin.services.money import payments
from courseflow_admin.services.school import audit
from courseflow_admin.services.teaching import co_instructors, enrollments
from tests.account_builders import NEW_PASSWORD, an_enrollment, kinds_of_emails, secret_of
from tests.builders import PASSWORD, acting, an_account, stored
from tests.course_builders import a_course, an_admin, an_instructor
from tests.job_builders import run_due
from tests.money_builders import a_payment, an_email

OLGA = "olga@zürich.test"
FORMS = [OLGA, "olga@xn--zrich-kva.test", unicodedata.normalize("NFD", OLGA), "OLGA@Zürich.test"]
forms = pytest.mark.parametrize("form", FORMS)


async def sign_up(email: str) -> None:
    await accounts.sign_up(SignUpForm(name="Olga", email=email, password=PASSWORD))


@forms
@pytest.mark.parametrize("signed_up", FORMS)
async def test_who_signed_up_signs_in_and_is_one_account(database, signed_up, form):
    await sign_up(signed_up)

    found = await accounts.authenticate(form, PASSWORD)
    await sign_up(form)

    assert found.email == OLGA
    assert await kinds_of_emails() == [("welcome", OLGA), ("account_exists", OLGA)]
    assert len(await stored("accounts")) == 1


@forms
async def test_a_forgotten_password_is_set_anew(database, form):
    await sign_up("olga@xn--zrich-kva.test")

    await password_resets.ask(form)
    await password_resets.set_new(await secret_of("password_reset"), NEW_PASSWORD)

    assert (await accounts.authenticate(form, NEW_PASSWORD)).email == OLGA


async def test_wrong_passwords_are_counted_together_for_all_forms(database):
    await sign_up(OLGA)
    for number in range(accounts.FAILED_PER_ACCOUNT):
        with pytest.raises(accounts.WrongCredentials):
            await accounts.authenticate(FORMS[number % len(FORMS)], "wrong horse battery")

    with pytest.raises(TooMany):
        await accounts.authenticate(FORMS[1], PASSWORD)


async def test_its_mail_goes_out_to_the_domain_in_ascii(database, sandbox):
    await sign_up(OLGA)

    await run_due(outbox.SEND)

    [mail] = sandbox.mails(to="olga@xn--zrich-kva.test")
    assert mail.subject.startswith("Welcome")


@forms
async def test_an_instructor_is_added_by_every_form(database, form):
    author, helper = await an_instructor(), await an_account(FORMS[1], "instructor", "Olga")
    course = await a_course(author)

    changed = await co_instructors.add(author, course.id, form)

    assert changed.co_instructor_ids == [helper.id]


@forms
async def test_an_invitation_knows_the_account_and_is_not_sent_twice(database, form):
    admin = await an_admin()
    await invitations.create(admin, form, "instructor")

    with pytest.raises(invitations.InvitedAlready):
        await invitations.create(admin, FORMS[1], "instructor")

    await an_account(FORMS[2], "student", "Olga")
    [row] = await stored("invitations")
    assert row["email"] == OLGA
    [mail] = await stored("emails", kind="invitation")
    assert mail["to"] == OLGA


@pytest.mark.parametrize("q", [*FORMS, "olga@zu\u0308", "olga@ZÜ"])
async def test_every_search_by_address_finds_it(database, q):
    admin = await an_admin()
    olga = await an_account(FORMS[1], "student", "Olga")
    course = await a_course(await an_instructor())
    await a_payment(account_id=olga.id, email=olga.email)
    await an_email(account_id=olga.id, to=olga.email)
    await an_enrollment(
        account_id=olga.id, course_id=course.id, owner_id=course.owner_id, learner_email=olga.email
    )
    page = PageRequest()

    people = await accounts.search(admin, page, q=q)
    by_email = await accounts.search(admin, page, email_prefix=q)
    paid = await payments.search(admin, PaymentFilter(email_prefix=q), Sort(), page)
    mails = await emails.search(admin, EmailFilter(to_prefix=q), page)
    learners = await enrollments.search(admin, EnrollmentFilter(email_prefix=q), page)
    noted = await audit.search(admin, AuditFilter(q=q), page)

    assert [row.id for row in people.rows] == [row.id for row in by_email.rows] == [olga.id]
    assert [row.email for row in paid.rows] == [row.to for row in mails.rows] == [OLGA]
    assert [row.learner_email for row in learners.rows] == [OLGA]
    assert {row.object_id for row in noted.rows} == {olga.id}


@pytest.mark.parametrize("q", ["nia+one@demo.test", "nia one@demo.test", "nia+one", "nia one@"])
async def test_a_plus_that_became_a_space_on_its_way_is_found(database, q):
    nia = await an_account("nia+one@demo.test", name="Nia")
    await an_account("nia@demo.test", name="Nia Else")
    await a_payment(account_id=nia.id, email=nia.email)
    admin, page = await an_admin(), PageRequest()

    people = await accounts.search(admin, page, q=q)
    paid = await payments.search(admin, PaymentFilter(email_prefix=q), Sort(), page)

    assert [row.email for row in people.rows] == ["nia+one@demo.test"]
    assert [row.email for row in paid.rows] == ["nia+one@demo.test"]
    assert acting(nia).email == "nia+one@demo.test"
