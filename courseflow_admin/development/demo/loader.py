"""Loads the demo school: people and courses through the services, a year of sales in bulk."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from courseflow_admin.config import settings
from courseflow_admin.db.core.client import collection
from courseflow_admin.db.school import settings as school_db
from courseflow_admin.development.demo import library
from courseflow_admin.development.demo.gateways import write_past
from courseflow_admin.development.demo.library import DemoCourse, DemoPerson
from courseflow_admin.development.demo.story import ONLY_AT, Story
from courseflow_admin.development.demo.traces import Rows
from courseflow_admin.errors import Conflict
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.base import Document, id_at
from courseflow_admin.models.core.permissions import SYSTEM, Actor
from courseflow_admin.models.school.settings import POLICIES, SchoolChange, SchoolSettings
from courseflow_admin.models.teaching.courses import Course, Thumbnail
from courseflow_admin.models.teaching.progress import percent_of
from courseflow_admin.models.teaching.studio import FieldsForm, LessonForm
from courseflow_admin.services.identity import passwords
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.school import startup as school
from courseflow_admin.services.teaching import studio

SEED = 7
LEARNERS = 300
PAYMENTS = 1500
YEAR = timedelta(days=365)
KEPT = {"school", "schedules", "limits", "migrations", "webhook_rejections"}
# Out of 1,000 purchases; the rest is paid.
OUTCOMES = {
    "failed": 75,
    "expired": 65,
    "refunded": 32,
    "partially_refunded": 14,
}
# What still waits for someone lies in the last days; a checkout that is open, in the last hours.
OPEN = {"created", "pending", "authorized"}
RECENT = ("disputed", "needs_review", "pending", "authorized", "created", "disputed", "created")
DOMAIN = "demo.test"

Say = Callable[[str], None]


class NotEmpty(Conflict):
    code = "not_empty"

    def __init__(self) -> None:
        super().__init__(
            "This database holds people of your own, so the demo school is not loaded into it."
        )


async def load_demo_school(say: Say = lambda _: None) -> bool:
    """Load the school once; False when it is already loaded.

    Interrupted half-way, the next call starts again. NotEmpty when people are in the database who
    are not of the demo school; Conflict in a live database.
    """
    if await school.check_stamp(settings()) == school.LIVE:
        raise Conflict("The demo school is never loaded into a live database.")
    if await school_db.seeded_at():
        return False
    await _clear_half_loaded()
    chance = random.Random(SEED)  # noqa: S311 - a story, not a secret
    today = clock.business()

    say("people")
    password_hash = await passwords.hash_of(settings().demo_sign_in_password)
    staff = await _staff(password_hash, today - YEAR - timedelta(days=60))
    settled = await _settings(staff[library.admin().email])
    learners = _learners(chance, password_hash, today)
    await _insert("accounts", learners)

    say("courses")
    courses = [
        await _course(demo, staff[demo.instructor], today - YEAR - timedelta(days=30))
        for demo in library.courses()
    ]

    say("sales")
    story = Story(chance, settled, today)
    for learner in learners:
        story.welcome(learner)
    _tell_sales(story, chance, learners, courses, today)
    for days in (0.4, 3.2):
        story.stuck_event(_whole(today - timedelta(days=days)))
    _number_receipts(story.rows, story)
    _tell_progress(story.rows, chance, {course.id: course for course in courses}, today)

    say("documents")
    for name, documents in story.rows.by_collection().items():
        await _insert(name, documents)
    await asyncio.to_thread(write_past, story.purchases)
    await school_db.set_seeded(clock.business())
    return True


async def _clear_half_loaded() -> None:
    others = {"email": {"$not": {"$regex": f"@{DOMAIN}$"}}}
    if await collection("accounts").count(others, limit=1):
        raise NotEmpty
    names = await collection("accounts").raw.database.list_collection_names()
    for name in set(names) - KEPT:
        await collection(name).delete_many({})


async def _insert(name: str, documents: Iterable[Document]) -> None:
    rows = [document.to_mongo() for document in documents]
    for start in range(0, len(rows), 1000):
        await collection(name).insert_many(rows[start : start + 1000])


async def _staff(password_hash: str, at: datetime) -> dict[str, Account]:
    """The admin and the instructors by address."""
    roles: list[tuple[DemoPerson, str]] = [
        (library.admin(), "admin"),
        *((person, "instructor") for person in library.instructors()),
    ]
    rows = [
        _account(person.name, person.email, role, password_hash, at + timedelta(minutes=number))
        for number, (person, role) in enumerate(roles)
    ]
    for row, (person, _) in zip(rows, roles, strict=True):
        row.bio = person.bio
    await _insert("accounts", rows)
    return {row.email: row for row in rows}


async def _settings(admin: Account) -> SchoolSettings:
    """As the admin wrote them on the page of settings."""
    actor = Actor(admin.id, admin.role, admin.name, admin.email, verified=True)
    await school_db.forget_settings()  # of a loading that broke off
    await school_settings.change(actor, SchoolChange(**library.school()), 0)
    # Dated back, because a year of buyers has agreed to them.
    at = admin.created_at
    dates = {f"settings.{name}.changed_at": at for name in POLICIES}
    await collection("school").update_one({"_id": school_db.SCHOOL}, {"$set": dates})
    versions = {"_id": {"$in": [f"{name}-1" for name in POLICIES]}}
    await collection("school").update_many(versions, {"$set": {"changed_at": at}})
    return await school_settings.get()


def _account(name: str, email: str, role: str, password_hash: str, at: datetime) -> Account:
    return Account(
        _id=id_at("acc", at),
        email=email,
        name=name,
        role=role,
        password_hash=password_hash,
        verified_at=at,
        created_at=at,
    )


def _learners(chance: random.Random, password_hash: str, today: datetime) -> list[Account]:
    student = library.student()
    first_day = today - YEAR
    rows = [_account(student.name, student.email, "student", password_hash, first_day)]
    names = library.names()
    taken = {student.email}
    while len(rows) < LEARNERS:
        first, last = chance.choice(names.first), chance.choice(names.last)
        email = f"{_plain(first)}.{_plain(last)}@{DOMAIN}"
        if email in taken:
            continue
        taken.add(email)
        # A school that opened with a crowd; others follow all year.
        at = first_day + YEAR * (chance.random() ** 1.5) * 0.995
        rows.append(_account(f"{first} {last}", email, "student", password_hash, _whole(at)))
    return rows


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isascii() and sign.isalpha()) or "x"


def _whole(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


async def _course(demo: DemoCourse, owner: Account, at: datetime) -> Course:
    """Written in the studio as its instructor writes it, then dated back."""
    author = Actor(owner.id, owner.role, owner.name, owner.email, verified=True)
    course = await studio.create(author, demo.title, demo.currency)
    first = course.outline[0].id
    for number, section in enumerate(demo.sections):
        if number == 0:
            section_id = first
            await studio.rename_section(author, course.id, first, section.title)
        else:
            section_id = (await studio.add_section(author, course.id, section.title)).id
        for lesson in section.lessons:
            form = LessonForm(
                title=lesson.title,
                text=lesson.body,
                minutes=lesson.minutes,
                preview=lesson.preview,
                ready=bool(lesson.body),
            )
            await studio.add_lesson(author, course.id, section_id, lesson.title, form=form)
    course = await studio.get(author, course.id)
    fields = FieldsForm.model_validate(
        {
            "subtitle": demo.subtitle,
            "description": demo.description,
            "category": demo.category,
            "level": demo.level,
            "language": demo.language,
            "thumbnail": Thumbnail.model_validate({"pattern": demo.pattern, "hue": demo.hue}),
            "price": Money(minor=demo.price_minor, currency=demo.currency),
            "free": demo.free,
            "access_days": demo.access_days,
        }
    )
    course = await studio.save_fields(author, course.id, fields, course.fields_revision)
    if demo.state != "draft":
        await studio.publish(author, course.id)
    await _date_back(course.id, at)
    if demo.state == "archived":
        await studio.archive(author, course.id)
    return await studio.get(SYSTEM, course.id)


async def _date_back(course_id: str, at: datetime) -> None:
    published = at + timedelta(days=2)
    await collection("courses").update_one(
        {"_id": course_id}, {"$set": {"created_at": at, "updated_at": published}}
    )
    await collection("courses").update_one(
        {"_id": course_id, "version": {"$gt": 0}}, {"$set": {"published_at": published}}
    )
    await collection("course_versions").update_many(
        {"course_id": course_id}, {"$set": {"published_at": published}}
    )


def _tell_sales(
    story: Story,
    chance: random.Random,
    learners: list[Account],
    courses: list[Course],
    today: datetime,
) -> None:
    """1,500 payments: no one buys what they have, and no one before they signed up."""
    sold = [course for course in courses if course.version and not course.free]
    weights = [1 / (rank + 2) for rank in range(len(sold))]
    free = [course for course in courses if course.version and course.free]
    told = 0
    for learner in learners:
        for course in free:
            if chance.random() < 0.25:
                story.enroll_free(learner, course, _moment(chance, learner.created_at, today))
    recent = [(learners[chance.randrange(1, LEARNERS)], outcome) for outcome in RECENT]
    for learner, outcome in recent:
        at = today - timedelta(hours=chance.uniform(3, 20) if outcome in OPEN else 60)
        at = max(_whole(at), learner.created_at + timedelta(minutes=9))
        wanted = [
            course
            for course in sold
            if not _has(story, learner, course)
            and (course.price.currency == "INR" or ONLY_AT.get(outcome) != "razorpay")
        ]
        story.buy(learner, chance.choice(wanted), at, outcome)
        told += 1
    first_day = min(learner.created_at for learner in learners)
    bought = Counter(payment.account_id for payment in story.rows.payments)
    while told < PAYMENTS:
        at = _moment(chance, first_day, today - timedelta(minutes=20))
        buyer = _somebody(chance, learners, bought, at)
        course = chance.choices(sold, weights)[0]
        if buyer is None or _has(story, buyer, course):
            continue
        story.buy(buyer, course, at, _outcome(chance))
        bought[buyer.id] += 1
        told += 1


def _somebody(
    chance: random.Random, learners: list[Account], bought: Counter[str], at: datetime
) -> Account | None:
    """Someone who was here then; the demo student now and then, and no one without end."""
    learner = learners[0] if chance.random() < 0.003 else chance.choice(learners)
    here = at - learner.created_at
    room = 2 + here / timedelta(days=25)
    return learner if here > timedelta(minutes=5) and bought[learner.id] < room else None


def _has(story: Story, learner: Account, course: Course) -> bool:
    """Access, or a checkout that is not over: then there is nothing to buy."""
    bought = (learner.id, course.id)
    return bought in story.rows.enrollments or bought in story.waiting


def _moment(chance: random.Random, after: datetime, before: datetime) -> datetime:
    """Some time between the two, rather in the evening and more of them towards the end."""
    start = after + timedelta(minutes=10)
    span = max(before - start, timedelta(hours=1))
    at = start + span * (chance.random() ** 0.8)
    evening = at.replace(hour=chance.choice((7, 8, 12, 13, 15, 17, 18, 18, 19, 20)))
    return _whole(evening if start < evening < before else at)


def _outcome(chance: random.Random) -> str:
    dice = chance.randrange(1000)
    for outcome, share in OUTCOMES.items():
        dice -= share
        if dice < 0:
            return outcome
    return "paid"


def _number_receipts(rows: Rows, story: Story) -> None:
    payments = {payment.id: payment for payment in rows.payments}
    last: dict[str, int] = {}
    for receipt in sorted(rows.receipts, key=lambda receipt: (receipt.paid_at, receipt.id)):
        number = last.get(receipt.series, 0) + 1
        last[receipt.series] = receipt.number = number
        receipt.numbered_at = receipt.paid_at + timedelta(seconds=3)
        story.receipt_mail(receipt, payments[receipt.payment_id], receipt.numbered_at)


def _tell_progress(
    rows: Rows, chance: random.Random, courses: dict[str, Course], today: datetime
) -> None:
    for enrollment in rows.enrollments.values():
        lessons = courses[enrollment.course_id].lesson_ids
        share = chance.choice((0, 0.1, 0.3, 0.5, 0.8, 1, 1)) * chance.uniform(0.7, 1.3)
        done = min(len(lessons), round(share * len(lessons)))
        if not done:
            continue
        enrollment.done = lessons[:done]
        enrollment.percent = percent_of(done, len(lessons))
        enrollment.last_lesson_id = lessons[min(done, len(lessons) - 1)]
        span = min(today - enrollment.enrolled_at, timedelta(days=40))
        seen = _whole(enrollment.enrolled_at + span * chance.uniform(0.3, 1))
        enrollment.last_seen_at = seen
        if done == len(lessons):
            enrollment.completed_at = seen
