"""What happens in the school of the dump, chapter by chapter, from October to February."""

from contextlib import suppress
from datetime import timedelta

from courseflow_admin.db import payments as payments_db
from courseflow_admin.demo import library
from courseflow_admin.errors import ProviderRefused
from courseflow_admin.models.accounts import SignUpForm
from courseflow_admin.models.money import Money
from courseflow_admin.models.payments import Payment
from courseflow_admin.models.school import SchoolChange
from courseflow_admin.services import (
    accounts,
    authorship,
    captures,
    classroom,
    emails,
    enrollments,
    erasure,
    invitations,
    password_resets,
    reviews,
    school_settings,
    sessions,
    sign_in,
    studio,
    verification,
    view_as,
    webhooks,
)
from tests.account_builders import secret_of, signed_in
from tests.builders import PASSWORD, acting, an_account, stored
from tests.invitation_builders import secret_of_newest
from tests.second_factor_builders import with_second_factor
from tests.upgrade.playing import Play

IGNORED = (
    b'{"id":"evt_ignored","object":"event","type":"customer.created","livemode":false,'
    b'"data":{"object":{"id":"cus_1","object":"customer","email":"cy@demo.test"}}}'
)
UNKNOWN = (
    b'{"id":"evt_unknown","object":"event","type":"checkout.session.completed","livemode":false,'
    b'"data":{"object":{"id":"cs_test_unknown","object":"checkout.session","metadata":{}}}}'
)


async def opening(play: Play) -> None:
    """The school, its people and its courses."""
    play.admin = acting(await an_account("rosa@demo.test", "admin", "Rosa Admin"))
    play.ines = acting(await an_account("ines@demo.test", "instructor", "Ines Weber"))
    play.tomas = acting(await an_account("tomas@demo.test", "instructor", "Tomás Rivera"))
    await school_settings.change(play.admin, SchoolChange(**library.school()), 0)
    inr, usd = Money(minor=499_900, currency="INR"), Money(minor=7_900, currency="USD")
    await play.course("structures", play.ines, "Data Structures in Practice", inr)
    await play.course("type", play.ines, "Type on Screens", Money(minor=4_900, currency="EUR"))
    await play.course("sql", play.ines, "SQL by Heart", Money(minor=299_900, currency="INR"))
    await play.course("kanji", play.tomas, "Reading Kanji", Money(minor=5_800, currency="JPY"))
    thirty = Money(minor=12_500, currency="KWD")
    await play.course("desert", play.tomas, "Desert Gardens", thirty, access_days=30)
    await play.course("letters", play.tomas, "Letters to Clients", usd)
    await play.course(
        "free", play.tomas, "A Free Beginning", Money(minor=0, currency="INR"), free=True
    )
    await studio.create(play.ines, "Not Finished Yet", "EUR")
    await authorship.add(play.ines, play.courses["structures"].id, "tomas@demo.test")
    form = SignUpForm(email="ada@demo.test", name="Ada Lovelace", password=PASSWORD)
    await accounts.sign_up(form)
    await verification.confirm(await secret_of("welcome"))
    await play.work()


async def sales(play: Play) -> None:
    """Plain purchases of both gateways in every currency, some of which come late or never."""
    await play.at("2025-10-07T09:30")
    await play.bought("paid", await play.actor("ada"), "structures")
    await play.new("paid", "bea", "Bea Okafor", "structures", "razorpay")
    await play.new("paid", "carl", "Carl Brandt", "type")
    await play.at("2025-10-09T18:45")  # the next day in the school's zone
    await play.new("paid", "dai", "Dai Tanaka", "kanji")
    await play.new("paid_access_expired", "kim", "Kim Al-Sabah", "desert")
    await play.new("paid", "leo", "Leo Marsh", "letters")

    await play.at("2025-10-12T08:00")
    for key, provider in (("fay", "stripe"), ("fin", "razorpay")):
        payment = await play.buy(
            await play.student(key, f"{key.title()} Declined"), "structures", provider
        )
        play.sandbox.decline(payment.provider_checkout_id)
        await play.work()
        await play.known("failed", payment)
    for key, passed, succeed, kind in (
        ("fil", timedelta(hours=3), False, "failed"),
        ("flo", timedelta(days=2), False, "late_method_failed"),  # shown as expired
        ("fred", timedelta(days=2), True, "late_method_paid"),
    ):
        payment = await play.buy(await play.student(key, f"{key.title()} Later"), "type")
        late = play.sandbox.pay_later(payment.provider_checkout_id)
        await play.work()
        await play.later(passed)
        play.sandbox.settle(late, succeed=succeed)
        await play.work()
        await play.known(kind, payment)
    payment = await play.buy(await play.student("faye", "Faye Again"), "structures", "razorpay")
    play.sandbox.decline(payment.provider_checkout_id)
    await play.work()
    play.sandbox.pay(payment.provider_checkout_id)
    await play.work()
    await play.known("paid_at_second_try", payment)

    await play.at("2025-10-15T08:00")
    for key, provider in (("eli", "stripe"), ("eve", "razorpay"), ("lou", "razorpay")):
        payment = await play.buy(
            await play.student(key, f"{key.title()} Away"), "structures", provider
        )
        await play.known("paid_after_expiry" if key == "lou" else "expired", payment)
    await play.at("2025-10-16T12:00")
    (late_id,) = play.kinds["paid_after_expiry"]
    late = await payments_db.get(late_id)
    assert late.state == "expired"
    play.sandbox.pay(late.provider_checkout_id)
    await play.work()


async def twice(play: Play) -> None:
    """Money that came a second time: goes back by itself, or does not and waits for a person."""
    await play.at("2025-10-20T10:00")
    for key, provider in (("tia", "stripe"), ("tom", "razorpay")):
        await second(play, key, provider, "paid_twice")
    uma = await play.student("uma", "Uma Both")
    first = await play.buy(uma, "structures", "razorpay")
    other = await play.buy(uma, "structures", "stripe")
    play.sandbox.pay(other.provider_checkout_id)
    play.sandbox.pay(first.provider_checkout_id)
    await play.work()
    await play.known("paid_by_both_gateways", first)
    await play.known("paid_by_both_gateways", other)

    await play.at("2025-11-03T10:00")
    for key in ("tess", "tim"):
        play.sandbox.switch("stripe", refunds="pending")
        kept = await second(play, key, "stripe", "paid_twice_not_back")
        play.sandbox.fail_refund(kept.refunds[0].provider_refund_id)
        await play.work()
        play.sandbox.switch("stripe", refunds="at_once")
    last = await payments_db.get(play.kinds["paid_twice_not_back"][-1])
    await play.give_back(last, last.amount.minor)  # by a person, after all


async def second(play: Play, key: str, provider: str, kind: str) -> Payment:
    payment = await play.buy(
        await play.student(key, f"{key.title()} Twice"), "structures", provider
    )
    play.sandbox.pay_twice(payment.provider_checkout_id)
    await play.work()
    await play.known(f"{kind}_first", payment)
    (row,) = await stored("payments", duplicate_of=payment.id)
    return await play.known(kind, await payments_db.get(row["_id"]))


async def looked_at(play: Play) -> None:
    """What the gateway says does not fit; left open, or settled by hand."""
    await play.at("2025-11-10T10:00")
    for key, provider, note in (
        ("rex", "stripe", ""),
        ("ria", "razorpay", "Given back by bank transfer."),
        ("rik", "stripe", "The rest was sent by cheque."),
        ("rab", "razorpay", ""),
    ):
        payment = await play.buy(
            await play.student(key, f"{key.title()} Differs"), "structures", provider
        )
        play.other_amount(payment)
        play.sandbox.pay(payment.provider_checkout_id)
        await play.work()
        await play.known("settled_by_hand" if note else "in_review", payment)
        if note:
            play.clock.shift(timedelta(hours=5))
            await reviews.resolve(play.admin, payment.id, note)

    await play.at("2025-11-17T10:00")
    for key, kind in (("roy", "settled_by_hand_when_paid"), ("ray", "in_review_when_paid")):
        payment, paid = await play.new(kind, key, f"{key.title()} Room", "structures")
        refund = play.sandbox.store.get("refund", play.sandbox.refund(paid, 300_000))
        play.sandbox.store.put("refund", refund | {"amount": 600_000})  # more than there was
        await play.work()
        if key == "roy":
            await reviews.resolve(play.admin, payment.id, "Stripe corrected its books.")


async def disputed(play: Play) -> None:
    """At the bank: won, lost, lost after a refund in part; those of February are still open."""
    await play.at("2025-11-24T10:00")
    cases = {}
    for key, course, provider, kind in (
        ("dora", "structures", "stripe", "dispute_won"),
        ("dirk", "type", "stripe", "dispute_lost"),
        ("don", "type", "stripe", "dispute_lost"),
        ("dev", "structures", "razorpay", "dispute_nobody_told_us_of"),  # today Stripe alone does
    ):
        payment, paid = await play.new(kind, key, f"{key.title()} Bank", course, provider)
        if key == "don":
            await play.give_back(payment, 1_900)
        play.clock.shift(timedelta(hours=30))
        cases[key] = play.sandbox.dispute(paid)
        await play.work()
    await play.at("2025-12-15T10:00")
    for key, dispute in cases.items():
        play.sandbox.close_dispute(dispute, won=key == "dora")
        await play.work()


async def given_back(play: Play) -> None:
    """Refunds: in parts, whole, by the gateway's own dashboard, failed; and bought again."""
    await play.at("2025-12-16T10:00")
    payment, _ = await play.new("refunded_in_parts", "pat", "Pat Parts", "type")
    await play.give_back(payment, 1_000)
    play.clock.shift(timedelta(days=1))
    await play.give_back(payment, 1_450)
    payment, paid = await play.new(
        "refunded_in_parts", "paz", "Paz Parts", "structures", "razorpay"
    )
    await play.give_back(payment, 100_000)
    play.sandbox.refund(paid, 50_001)
    await play.work()
    for key, course, minor in (("jun", "kanji", 1_800), ("kai", "desert", 2_500)):
        payment, _ = await play.new("refunded_in_parts", key, f"{key.title()} Parts", course)
        await play.give_back(payment, minor)
    await play.at("2025-12-19T10:00")
    rae = await play.student("rae", "Rae Again")
    payment, _ = await play.bought("refunded_whole", rae, "structures")
    await play.give_back(payment, payment.amount.minor)
    payment, paid = await play.new("refunded_whole", "ron", "Ron Whole", "structures", "razorpay")
    play.sandbox.refund(paid)
    await play.work()
    payment, _ = await play.new("refunded_whole", "rio", "Rio Whole", "letters")
    for minor in (3_900, 4_000):
        await play.give_back(payment, minor)
    for key, provider, minor in (("rob", "stripe", 499_900), ("rod", "razorpay", 200_000)):
        payment, _ = await play.new(
            "refund_failed", key, f"{key.title()} Failed", "structures", provider
        )
        play.sandbox.switch(provider, refunds="pending")
        await play.give_back(payment, minor)
        play.sandbox.switch(provider, refunds="at_once")
        given = await payments_db.get(payment.id)
        play.sandbox.fail_refund(given.refunds[0].provider_refund_id)
        await play.work()
    payment, paid = await play.new("refund_failed_after_it_settled", "rue", "Rue Failed", "type")
    given = await play.give_back(payment, payment.amount.minor)
    play.clock.shift(timedelta(days=2))
    play.sandbox.fail_refund(given.refunds[0].provider_refund_id)
    await play.work()
    payment, paid = await play.new(
        "refund_refused", "rex2", "Rex Refused", "structures", "razorpay"
    )
    play.sandbox.refund(paid, 300_000)
    with suppress(ProviderRefused):  # the gateway has given back more already than we know of
        await play.give_back(payment, 300_000)
    await play.work()
    await play.at("2025-12-24T10:00")
    await play.bought("bought_again", rae, "structures", "razorpay")


async def turn_of_the_year(play: Play) -> None:
    """Two purchases of 31 December by UTC, of two years in the school's zone; a price changes."""
    await play.at("2025-12-29T10:00")
    pia = await play.student("pia", "Pia Replaced")
    replaced = await play.buy(pia, "sql")
    await play.price(play.ines, "sql", 349_900)
    await play.bought("paid", pia, "sql")
    await play.known("replaced", replaced)
    await play.at("2025-12-31T18:10")
    old, _ = await play.new("paid_on_the_last_day", "nia", "Nia December", "structures", "razorpay")
    await play.at("2025-12-31T18:45")
    await play.new("paid_on_the_first_day", "noor", "Noor January", "structures")
    await play.at("2026-01-05T10:00")
    await play.give_back(old, 99_900)
    play.kinds["refunded_in_parts"].append(old.id)
    await play.bought("bought_again", await play.actor("kim"), "desert")


async def erased(play: Play) -> None:
    """Buyers who deleted their accounts; of one the gateway tells more afterwards."""
    await play.at("2026-01-10T10:00")
    for key, course, minor in (
        ("erin", "structures", 0),
        ("eric", "type", 4_900),
        ("emi", "kanji", 800),
    ):
        who = await play.student(key, f"{key.title()} Gone")
        payment, paid = await play.bought("buyer_deleted", who, course)
        if minor:
            await play.give_back(payment, minor)
        await play.known("checkout_of_buyer_deleted", await play.buy(who, "sql", "razorpay"))
        account = await accounts.get(play.admin, who.id)
        await erasure.erase(await signed_in(account), PASSWORD)
        await play.work()
        if key == "emi":
            play.sandbox.refund(paid, 1_000)
            await play.work()


async def granted(play: Play) -> None:
    """Access that nobody paid for, captures by hand, and a course that changes its owner."""
    await play.at("2026-01-14T10:00")
    for key, lapses in (("cap", False), ("lap", True)):
        payment = await play.buy(
            await play.student(key, f"{key.title()} Held"), "structures", "razorpay"
        )
        play.sandbox.authorize(payment.provider_checkout_id)
        await play.work()
        if not lapses:
            await captures.capture(play.admin, payment.id)
        await play.known("authorized_and_lapsed" if lapses else "captured_by_hand", payment)
    await play.at("2026-01-19T10:00")
    fria = await play.student("fria", "Fria Free")
    await enrollments.enroll_free(fria, play.courses["free"].id)
    await play.by_hand(fria, "type")
    await play.by_hand(await play.student("manu", "Manu Hand"), "letters", days=10)
    sue = await play.student("sue", "Sue Suspended")
    await play.bought("buyer_suspended", sue, "type")
    await accounts.suspend(play.admin, sue.id, "Asked to")
    await play.new("paid_before_a_new_owner", "oda", "Oda Owner", "sql", "razorpay")
    await authorship.change_owner(play.admin, play.courses["sql"].id, "tomas@demo.test")
    await play.new("paid_after_a_new_owner", "olu", "Olu Owner", "sql", "razorpay")
    await play.work()
    ada, slug = await play.actor("ada"), play.courses["structures"].slug
    await classroom.complete(ada, slug, (await classroom.lesson(ada, slug)).lesson_id)


async def at_the_door(play: Play) -> None:
    """Invitations, sessions, a second factor, links; e-mails that do not arrive."""
    await play.at("2026-01-22T10:00")
    await invitations.create(play.admin, "ilse@demo.test", "instructor")
    await play.work()
    await invitations.sign_up(await secret_of_newest(), "Ilse Invited", PASSWORD)
    revoked = await invitations.create(play.admin, "ivo@demo.test", "admin")
    await invitations.revoke(play.admin, revoked.id)
    await invitations.create(play.admin, "ida@demo.test", "instructor")
    for key in ("bounce", "complain", "delay", "fail", "suppress"):
        await play.new("paid", key, f"{key.title()} Mail", "letters")

    await play.at("2026-01-26T10:00")
    for body in (IGNORED, UNKNOWN):
        await play.message("stripe", body)
    await play.message("razorpay", IGNORED, forged=True)
    for _ in range(10):  # until the one about nothing of ours is given up
        await play.later(timedelta(minutes=11))


async def still_open(play: Play) -> None:
    """The last day: everything that is on its way, waits for somebody, or has just been asked."""
    await play.at("2026-01-30T10:00")
    payment, paid = await play.new("dispute_open", "dina", "Dina Bank", "structures")
    play.sandbox.dispute(paid)
    payment, paid = await play.new(
        "dispute_nobody_told_us_of", "dan", "Dan Bank", "structures", "razorpay"
    )
    await play.give_back(payment, 50_000)
    play.sandbox.dispute(paid)
    old = await play.buy(await play.student("abe", "Abe Held"), "structures", "razorpay")
    play.clock.shift(timedelta(minutes=1))
    play.sandbox.authorize(old.provider_checkout_id)
    await play.work()
    await play.known("authorized_and_about_to_lapse", old)

    await play.at("2026-02-02T04:00")
    for key, provider in (("rui", "stripe"), ("raj", "razorpay")):
        payment, _ = await play.new(
            "refund_pending", key, f"{key.title()} Waits", "structures", provider
        )
        play.sandbox.switch(provider, refunds="pending")
        await play.give_back(payment, 250_000)
        play.sandbox.switch(provider, refunds="at_once")
    payment = await play.buy(await play.student("pen", "Pen Pending"), "type")
    play.sandbox.pay_later(payment.provider_checkout_id)
    await play.known("pending", payment)
    payment = await play.buy(await play.student("aut", "Aut Held"), "structures", "razorpay")
    play.sandbox.authorize(payment.provider_checkout_id)
    await play.known("authorized", payment)
    for key, provider in (("cas", "stripe"), ("cor", "razorpay")):
        who = await play.student(key, f"{key.title()} Created")
        await play.known("created", await play.buy(who, "sql", provider))
    for key, provider in (("fox", "stripe"), ("fee", "razorpay")):
        payment = await play.buy(await play.student(key, f"{key.title()} Open"), "sql", provider)
        play.sandbox.decline(payment.provider_checkout_id)
        await play.known("failed_and_open", payment)
    await play.work()

    admin = await accounts.get(play.admin, play.admin.id)
    bea = await play.actor("bea")
    viewer = await signed_in(admin, device="Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0")
    await view_as.begin(viewer, bea.id)
    tomas = await accounts.get(play.admin, play.tomas.id)
    await with_second_factor(tomas)
    await sign_in.ask_for_code(tomas)
    account = await accounts.get(play.admin, bea.id)
    await sessions.open_api(account, user_agent="a program", ip="203.0.113.7")
    await sessions.end(await signed_in(account))
    await password_resets.ask("carl@demo.test")
    again = SignUpForm(email="ada@demo.test", name="Ada Lovelace", password=PASSWORD)
    await accounts.sign_up(again)
    await play.work()

    unseen = await play.buy(await play.student("nell", "Nell Unnumbered"), "structures")
    play.clock.shift(timedelta(seconds=70))
    play.sandbox.pay(unseen.provider_checkout_id)
    await play.sandbox.deliver()
    while await webhooks.handle_next(timedelta(seconds=30)):
        pass
    await play.known("paid_and_receipt_not_numbered", unseen)

    # Half-way: one e-mail has gone out and no more is known, one finds no way out, and a message
    # of Stripe has come in that the worker has not seen.
    await password_resets.ask("dai@demo.test")
    while await emails.send_next(timedelta(seconds=30)):
        pass
    play.sandbox.switch("resend", outage="500")
    await password_resets.ask("leo@demo.test")
    while await emails.send_next(timedelta(seconds=30)):
        pass
    await play.message("stripe", UNKNOWN.replace(b"evt_unknown", b"evt_waiting"))


CHAPTERS = (
    opening,
    sales,
    twice,
    looked_at,
    disputed,
    given_back,
    turn_of_the_year,
    erased,
    granted,
    at_the_door,
    still_open,
)
