"""What the settings decide elsewhere: disputes, e-mails, receipts, refusals."""

import pytest

from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.school.settings import SchoolChange
from courseflow_admin.providers.resend import sender_line
from courseflow_admin.services.identity import accounts, data_export, people, sessions
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.school import school_logo, support
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.teaching import access
from tests.builders import PASSWORD, acting, an_account, stored
from tests.course_builders import an_admin
from tests.pictures import a_picture
from tests.services.money.buying import a_sale, buy, work


async def change(**fields):
    revision = (await school_settings.get()).revision
    return await school_settings.change(SYSTEM, SchoolChange(**fields), revision)


@pytest.mark.parametrize(
    ("suspends", "allowed", "code"), [(True, False, "disputed"), (False, True, "granted")]
)
async def test_an_open_dispute_closes_the_course_only_if_the_settings_say_so(
    database, sandbox, suspends, allowed, code
):
    course, student = await a_sale()
    admin = await an_admin()
    payment = await buy(student, course, "stripe")
    provider_payment = sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)
    sandbox.dispute(provider_payment)
    await work(sandbox)

    await change(disputes_suspend=suspends)

    gate = await access.verdict(student.id, course.id)
    why = await people.why(admin, student.id, course.id)
    [place] = (await people.get(admin, student.id)).places
    for verdict in (gate, why.verdict, place.verdict):
        assert (verdict.allowed, verdict.reasons[0].code) == (allowed, code)
        assert "The payment is disputed." in verdict.sentence


async def test_a_lost_dispute_ends_access_whatever_the_settings_say(database, sandbox):
    course, student = await a_sale()
    await change(disputes_suspend=False)
    payment = await buy(student, course, "stripe")
    provider_payment = sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)
    sandbox.dispute(provider_payment)
    await work(sandbox)

    sandbox.close_dispute(provider_payment, won=False)
    await work(sandbox)

    assert not (await access.verdict(student.id, course.id)).allowed


async def test_an_email_says_the_schools_name_address_and_logo_as_they_were_when_it_was_queued(
    database, sandbox
):
    changed = await change(name="Lakeside & Sons", support_email="help@lakeside.test")
    await school_logo.put(SYSTEM, a_picture(320, 80))
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    sandbox.pay(payment.provider_checkout_id)
    await sandbox.deliver()

    await work(sandbox)
    await change(name="Another School")

    [email] = await stored("emails", kind="access_granted")
    logo = (await school_settings.get()).logo
    assert "Lakeside &amp; Sons" in email["html"]
    assert "help@lakeside.test" in email["html"]
    assert "help@lakeside.test" in email["text"]
    assert f'src="http://localhost:3000/api/v1/school/logo?v={logo.content_hash}"' in email["html"]
    assert 'width="160" height="40" alt=""' in email["html"]
    assert (email["from_name"], changed.logo) == ("Lakeside & Sons", None)
    sent = sandbox.mails(to=student.email)
    assert {mail.sender for mail in sent} == {"Lakeside & Sons <school@demo.test>"}


def test_without_a_logo_an_email_has_no_picture():
    school = school_settings.first()

    email = outbox.compose(EmailKind.WELCOME, Recipient("acc_1", "a@demo.test", "A"), "k", {
        "link": "http://localhost:3000/verify?token=x",
    }, school)  # fmt: skip

    assert "<img" not in email.html


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Lakeside School", "Lakeside School <school@demo.test>"),
        ("St. Mary's", '"St. Mary\'s" <school@demo.test>'),
        ('The "Best" <School>', '"The \\"Best\\" <School>" <school@demo.test>'),
        ("स्कूल", "स्कूल <school@demo.test>"),
        ("", "CourseFlow <school@demo.test>"),
    ],
)
def test_no_name_can_forge_the_sender(name, line):
    assert sender_line(name, "CourseFlow <school@demo.test>") == line


async def test_a_receipt_shows_seller_and_tax_lines_defused(database, sandbox):
    await change(
        seller_lines=["Lakeside <b>LLP</b>", "12 Lake Road"],
        tax_id_label="GSTIN",
        tax_id="27AAAAA0000A1Z5",
        tax_note="Prices include GST.",
    )
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    sandbox.pay(payment.provider_checkout_id)

    await work(sandbox)

    [email] = await stored("emails", kind="receipt")
    assert "Lakeside &lt;b&gt;LLP&lt;/b&gt;<br>12 Lake Road" in email["html"]
    assert "27AAAAA0000A1Z5" in email["html"]
    assert "Prices include GST." in email["html"]
    assert "Sold by:\nLakeside <b>LLP</b>\n12 Lake Road\nGSTIN: 27AAAAA0000A1Z5\n" in email["text"]
    assert "Prices include GST.\n" in email["text"]


async def test_a_receipt_of_a_school_that_wrote_nothing_shows_no_empty_lines(database, sandbox):
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    sandbox.pay(payment.provider_checkout_id)

    await work(sandbox)

    [email] = await stored("emails", kind="receipt")
    assert "Sold by" not in email["html"] + email["text"]
    assert "\n\n\n" not in email["text"]


async def test_refusals_and_exports_name_the_school_as_the_settings_do(database):
    ada = await an_account()
    admin = await an_admin()
    await change(name="Lakeside School", support_email="help@lakeside.test")
    exported = await data_export.export(acting(ada))
    await accounts.suspend(admin, ada.id)

    with pytest.raises(sessions.Suspended) as refused:
        await accounts.authenticate(ada.email, PASSWORD)

    assert await support.sentence(refused.value) == (
        "This account is suspended. For help, write to help@lakeside.test."
    )
    assert exported["school"] == "Lakeside School"
