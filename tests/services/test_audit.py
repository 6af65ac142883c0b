"""No business write without its audit entry: a listener reads every command sent to MongoDB."""

import asyncio

import pytest

from courseflow_admin.db import client
from courseflow_admin.db.client import collection, transaction
from courseflow_admin.errors import NotSignedIn
from courseflow_admin.models.accounts import SignUpForm
from courseflow_admin.models.audit import Act
from courseflow_admin.models.base import new_id
from courseflow_admin.models.money import Money
from courseflow_admin.models.school import SchoolChange
from courseflow_admin.models.second_factor import CodeRefused
from courseflow_admin.models.studio import FieldsForm, LessonForm
from courseflow_admin.services import (
    accounts,
    audit,
    checkout,
    classroom,
    enrollments,
    erasure,
    invitations,
    my_account,
    password_resets,
    payments,
    people,
    refunds,
    school_settings,
    second_factor,
    sessions,
    sign_in,
    studio,
    verification,
)
from tests.account_builders import a_newcomer, signed_in
from tests.builders import PASSWORD, acting, an_account, stored
from tests.course_builders import a_course, an_instructor
from tests.invitation_builders import secret_of_newest
from tests.second_factor_builders import code_of
from tests.services.buying import buying, work
from tests.services.listening import EXEMPT, Listener
from tests.state.money_tabs import ADMIN

FREE = {"free": True, "price": Money(minor=0, currency="INR")}


@pytest.fixture
async def listener(mongod_uri: str, database: str) -> Listener:
    heard = Listener()
    await client.connect(mongod_uri, database, listeners=[heard])
    return heard


class School:
    """Who acts, and on what; made before the listener listens."""

    def __init__(self, sandbox, admin, ada, author, course, free):
        self.sandbox, self.admin, self.ada, self.author = sandbox, admin, ada, author
        self.course, self.free = course, free

    async def buy(self, provider):
        return await checkout.open_checkout(self.ada, buying(self.course, provider))

    async def pay(self, provider):
        payment_id = (await self.buy(provider)).payment_id
        [row] = await stored("payments", _id=payment_id)
        self.sandbox.pay(row["provider_checkout_id"])
        return payment_id


@pytest.fixture
async def school(sandbox, listener) -> School:
    author = await an_instructor()
    made = School(
        sandbox,
        acting(await an_account("admin@demo.test", "admin")),
        acting(await an_account()),
        author,
        await a_course(author),
        await a_course(author, "Free Course", **FREE),
    )
    listener.forget()
    return made


async def sign_up(school):
    form = SignUpForm(email="eve@demo.test", name="Eve", password="kestrel over quiet water")
    await accounts.sign_up(form)
    await accounts.sign_up(form)


async def fail_to_sign_in(school):
    with pytest.raises(accounts.WrongCredentials):
        await accounts.authenticate("ada@demo.test", "not it")


async def sign_in_and_out(school):
    token = await sessions.open_browser(await accounts.authenticate("ada@demo.test", PASSWORD))
    actor = await sessions.find(token)
    assert actor is not None
    await sessions.end(actor)


async def steal_a_refresh_token(school):
    ada = await accounts.authenticate("ada@demo.test", PASSWORD)
    pair = await sessions.open_api(ada)
    family, _, _ = pair.refresh_token.partition(".")
    with pytest.raises(NotSignedIn):
        await sessions.refresh(f"{family}.{'x' * 43}")


async def exchange_a_refresh_token(school):
    pair = await sessions.open_api(await accounts.authenticate("ada@demo.test", PASSWORD))
    await sessions.refresh(pair.refresh_token)


async def change_people(school):
    ada = await accounts.authenticate("ada@demo.test", PASSWORD)
    await sessions.open_browser(ada)
    await accounts.change_role(school.admin, ada.id, "instructor")
    await people.sign_out_everywhere(school.admin, ada.id)
    await accounts.suspend(school.admin, ada.id)
    await accounts.restore(school.admin, ada.id)
    await verification.resend_to(school.admin, (await a_newcomer()).id)


async def invite_people(school):
    for email in ("ruth@demo.test", "otto@demo.test", "ada@demo.test"):
        await invitations.create(school.admin, email, "instructor")
    await invitations.accept(school.ada, await secret_of_newest())
    [ruth, otto] = await stored("invitations", state="pending")
    await invitations.resend(school.admin, ruth["_id"])
    await invitations.revoke(school.admin, otto["_id"])
    await invitations.create(school.admin, "eve@demo.test", "admin")
    await invitations.sign_up(await secret_of_newest(), "Eve", PASSWORD)


async def live_with_an_account(school):
    await my_account.rename(school.ada, "Ada King")
    await my_account.change_password(school.ada, PASSWORD, "kestrel over quiet water")
    await sessions.open_browser(await accounts.get(ADMIN, school.ada.id))
    await my_account.end_other_sessions(school.ada)
    await password_resets.ask("ada@demo.test")
    await password_resets.ask("nobody@demo.test")


async def live_with_a_second_factor(school):
    ada = await signed_in(await accounts.get(ADMIN, school.ada.id))
    made = await second_factor.begin(ada, PASSWORD)
    codes = await second_factor.confirm(ada, code_of(made.key))
    account = await accounts.authenticate("ada@demo.test", PASSWORD)
    await sign_in.open_browser(await sign_in.ask_for_code(account), codes[0])
    with pytest.raises(CodeRefused):
        await sign_in.open_api(account, codes[0])
    await second_factor.renew_recovery_codes(ada, PASSWORD, codes[1])
    await second_factor.switch_off(ada, PASSWORD, code_of(made.key, 1))
    made = await second_factor.begin(ada, PASSWORD)
    await second_factor.confirm(ada, code_of(made.key))
    await second_factor.remove(school.admin, ada.id)


async def sign_in_from_a_new_device(school):
    for ip in ("203.0.113.7", "198.51.100.7"):
        account = await accounts.authenticate("ada@demo.test", PASSWORD)
        await sessions.open_browser(account, user_agent="curl/8", ip=ip)


async def leave(school):
    await erasure.erase(school.ada, PASSWORD)


async def write_a_course(school):
    course = await studio.create(school.author, "Another Course")
    section = course.outline[0].id
    form = LessonForm(title="One", text="Text.", minutes=5, ready=True)
    await studio.add_lesson(school.author, course.id, section, "One", form=form)
    await studio.add_section(school.author, course.id, "More")
    course = await studio.get(school.author, course.id)
    await studio.rename_section(school.author, course.id, section, "First")
    fields = FieldsForm(subtitle="New")
    await studio.save_fields(school.author, course.id, fields, course.fields_revision)


async def publish_and_archive(school):
    course = school.course
    fields = FieldsForm(subtitle="New")
    await studio.save_fields(school.author, course.id, fields, course.fields_revision)
    await studio.publish(school.author, course.id)
    await studio.unpublish(school.author, course.id)
    await studio.archive(school.author, course.id)
    await studio.unarchive(school.author, course.id)


async def enroll_and_study(school):
    await enrollments.enroll_free(school.ada, school.free.id)
    seat = await classroom.lesson(school.ada, school.free.slug)
    lesson_id = school.free.outline[0].lessons[0].id
    assert seat is not None
    await classroom.complete(school.ada, school.free.slug, lesson_id)


async def pay_by_stripe(school):
    await school.pay("stripe")
    await work(school.sandbox)


async def pay_by_razorpay(school):
    await school.pay("razorpay")
    await work(school.sandbox)


async def pay_twice(school):
    start = await school.buy("stripe")
    [row] = await stored("payments", _id=start.payment_id)
    school.sandbox.pay_twice(row["provider_checkout_id"])
    await work(school.sandbox)
    assert len(await stored("payments")) == 2


async def refund_and_recheck(school):
    payment_id = await school.pay("stripe")
    await work(school.sandbox)
    await refunds.refund(
        school.admin, payment_id, Money(minor=10_000, currency="INR"), "Asked", new_id("ref")
    )
    await payments.recheck(school.admin, payment_id)
    await work(school.sandbox)


async def change_the_settings(school):
    await school_settings.change(school.admin, SchoolChange(name="Lakeside", terms="Be kind."), 0)


# Each act, and the collections it must have written together with an audit entry.
ACTS = {
    sign_up: {"accounts", "emails"},
    fail_to_sign_in: set(),
    sign_in_and_out: {"sessions", "accounts"},
    steal_a_refresh_token: {"sessions", "emails"},
    exchange_a_refresh_token: {"sessions"},
    change_people: {"accounts", "sessions", "emails", "one_time_tokens"},
    invite_people: {"invitations", "emails", "accounts"},
    live_with_an_account: {"accounts", "sessions", "emails"},
    live_with_a_second_factor: {"second_factors", "pending_sign_ins", "sessions", "emails"},
    sign_in_from_a_new_device: {"known_devices", "sessions", "emails"},
    leave: {"accounts"},
    write_a_course: {"courses"},
    publish_and_archive: {"courses", "course_versions"},
    enroll_and_study: {"enrollments", "emails"},
    pay_by_stripe: {"payments", "enrollments", "receipts", "emails"},
    pay_by_razorpay: {"payments", "enrollments", "receipts", "emails"},
    pay_twice: {"payments", "enrollments", "receipts", "emails"},
    refund_and_recheck: {"payments", "enrollments", "receipts", "emails"},
    change_the_settings: {"school"},
}


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
async def test_what_is_written_is_audited_in_the_same_transaction(school, listener, act):
    await act(school)

    assert listener.unaudited == set()
    assert listener.audited >= {"audit", *ACTS[act]}


# The listener itself


async def make_an_admin():
    await collection("accounts").update_one({"_id": "acc_x"}, {"$set": {"role": "admin"}})


async def test_a_business_write_without_an_entry_is_heard(listener):
    await make_an_admin()

    assert listener.unaudited == {("accounts", ("role",))}


async def test_so_is_one_whose_entry_stands_in_another_transaction(listener):
    async def note():
        await audit.record(ADMIN, Act.ACCOUNT_ROLE_CHANGED, "acc_x")

    await transaction(make_an_admin)
    await transaction(note)

    assert listener.unaudited == {("accounts", ("role",))}


async def test_so_is_one_that_hides_in_an_exempt_write(listener):
    await collection("sessions").update_one(
        {"_id": "ses_x"}, {"$set": {"last_used_at": None, "role": "admin"}}
    )

    assert listener.unaudited == {("sessions", ("last_used_at", "role"))}


async def test_what_was_rolled_back_never_happened(listener):
    async def body():
        await make_an_admin()
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await transaction(body)

    assert listener.unaudited == set()


def test_every_exemption_has_its_reason():
    assert [one for one in EXEMPT if len(one.reason) < 5] == []
