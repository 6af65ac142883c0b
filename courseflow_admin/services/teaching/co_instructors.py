"""Who the authors of a course are: its owner, and the co-instructors who write with them."""

from courseflow_admin import routes
from courseflow_admin.config import settings
from courseflow_admin.db.core import accounts as accounts_db
from courseflow_admin.db.core.client import transaction
from courseflow_admin.db.teaching import courses as courses_db
from courseflow_admin.errors import Conflict, Invalid, NotFound
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.permissions import Actor, Permission, role_can
from courseflow_admin.models.core.search_words import words_of
from courseflow_admin.models.mail.emails import EmailKind, Recipient
from courseflow_admin.models.school.audit import Act
from courseflow_admin.models.teaching.courses import Course
from courseflow_admin.services.mail import outbox
from courseflow_admin.services.school import audit, limits
from courseflow_admin.services.teaching import course_rights

MOST = 20  # co-instructors of one course
NAMED = 30  # addresses in one hour, by one person


async def get(actor: Actor, course_id: str) -> list[Account]:
    """Those who write with the owner, in the order they were added; for its authors."""
    course = await course_rights.get(actor, course_id)
    found = [await accounts_db.find(account_id) for account_id in course.co_instructor_ids]
    return [account for account in found if account is not None]


async def add(actor: Actor, course_id: str, email: str) -> Course:
    """Let an instructor edit the content and see the learners; Invalid when there is none.

    Limited, because the answer says whether an address is that of an instructor.
    """
    await course_rights.editable(actor, course_id, owner_only=True)
    await limits.count("author", actor.id, NAMED, seconds=3600)

    async def body() -> Course:
        course = await course_rights.editable(actor, course_id, owner_only=True)
        person = await _author(email)
        if person.id in course.co_instructor_ids:
            return course
        if person.id == course.owner_id:
            raise Conflict("This person already owns the course.")
        if len(course.co_instructor_ids) >= MOST:
            raise Conflict(f"A course can have at most {MOST} co-instructors.")
        return await _set_co_instructors(
            actor,
            course,
            [*course.co_instructor_ids, person.id],
            person,
            "You are now a co-instructor of",
            "You can edit its content and see its learners.",
        )

    return await transaction(body)


async def remove(actor: Actor, course_id: str, account_id: str) -> Course:
    """Undo `add`; of someone who is no co-instructor nothing changes."""

    async def body() -> Course:
        course = await course_rights.editable(actor, course_id, owner_only=True)
        left = [one for one in course.co_instructor_ids if one != account_id]
        if left == course.co_instructor_ids:
            return course
        return await _set_co_instructors(
            actor,
            course,
            left,
            await accounts_db.find(account_id),
            "You are no longer a co-instructor of",
            "You can no longer edit it or see its learners.",
        )

    return await transaction(body)


async def change_owner(actor: Actor, course_id: str, email: str) -> Course:
    """Give a course to someone else: with its learners, payments and figures."""
    actor.require(Permission.COURSES_EDIT_ALL)

    async def body() -> Course:
        course = await courses_db.find(course_id)
        if course is None:
            raise NotFound("course")
        person = await _author(email)
        if person.id == course.owner_id:
            return course
        changed = _owned_by(course, person)
        await courses_db.save(changed, "owner_id", "owner_name", "co_instructor_ids", "listed")
        await courses_db.copy_owner(course.id, course.owner_id, person.id)
        noted = await audit.record(
            actor,
            Act.COURSE_OWNER_CHANGED,
            course.id,
            before={"owner_id": course.owner_id},
            after={"owner_id": person.id},
        )
        former = await accounts_db.find(course.owner_id)
        await _tell(
            person,
            course,
            noted,
            "You are now the owner of",
            "You now see its learners, payments and figures.",
        )
        await _tell(
            former,
            course,
            noted,
            "You are no longer the owner of",
            "The new owner now sees its learners, payments and figures.",
        )
        return changed

    return await transaction(body)


async def _author(email: str) -> Account:
    """An account in use that may write courses, and whose address is surely its owner's."""
    account = await accounts_db.find_by_email(email)
    writes = account and role_can(account.role, Permission.COURSES_EDIT)
    if account is None or not writes or account.suspended_at or account.erased_at:
        raise Invalid("No instructor found with this e-mail address.", "email")
    if not account.verified_at:
        raise Invalid("The instructor has not confirmed this e-mail address yet.", "email")
    return account


def _owned_by(course: Course, person: Account) -> Course:
    """Also found under the new name in the catalog."""
    listed = course.listed
    if listed:
        words = words_of(listed.title, listed.subtitle, listed.category, person.name)
        listed = listed.model_copy(update={"search_words": words})
    return course.model_copy(
        update={
            "owner_id": person.id,
            "owner_name": person.name,
            "co_instructor_ids": [one for one in course.co_instructor_ids if one != person.id],
            "listed": listed,
            "updated_at": clock.business(),
        }
    )


async def _set_co_instructors(
    actor: Actor, course: Course, ids: list[str], person: Account | None, news: str, may: str
) -> Course:
    changed = course.model_copy(update={"co_instructor_ids": ids, "updated_at": clock.business()})
    await courses_db.save(changed, "co_instructor_ids")
    noted = await audit.record(
        actor,
        Act.COURSE_CO_INSTRUCTORS_CHANGED,
        course.id,
        before={"co_instructor_ids": course.co_instructor_ids},
        after={"co_instructor_ids": ids},
    )
    await _tell(person, course, noted, news, may)
    return changed


async def _tell(person: Account | None, course: Course, noted: str, news: str, may: str) -> None:
    """Say to one of the authors what changed; once for each entry in the log."""
    if person is None or person.erased_at:
        return
    await outbox.queue(
        EmailKind.COURSE_AUTHORS,
        to=Recipient.of(person),
        dedupe_key=f"authors-{noted}-{person.id}",
        facts={
            "news": news,
            "course": course.title,
            "may": may,
            "link": settings().origin + routes.STUDIO,
        },
        course_id=course.id,
    )
