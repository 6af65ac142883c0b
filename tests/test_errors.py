"""What people are told when something is refused: sentences, and whom to ask."""

import ast
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import reflex as rx

import courseflow_admin.courseflow_admin  # noqa: F401 - every error there is
from courseflow_admin import errors
from courseflow_admin.api.core import errors as api_errors
from courseflow_admin.db.core import client
from courseflow_admin.db.core.client import Duplicate, collection
from courseflow_admin.errors import CourseFlowError
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.differences import Difference
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.identity.invitations import InvitationState
from courseflow_admin.models.identity.one_time_links import LinkUse
from courseflow_admin.models.school.settings import (
    SchoolChange,
    SettingsChangedMeanwhile,
)
from courseflow_admin.models.teaching.access import Reason, ReasonCode, Verdict
from courseflow_admin.models.teaching.classroom import NoAccess
from courseflow_admin.models.teaching.studio import Check, CheckCode, NotPublishable, StaleRevision
from courseflow_admin.services.identity import (
    erasure,
    invitations,
    password_rules,
    second_factor,
    sessions,
)
from courseflow_admin.services.identity.one_time_links import LinkUsed
from courseflow_admin.services.identity.view_as import NotViewable
from courseflow_admin.services.money import captures, refunds, reviews, webhooks
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.school import support
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.marks import PUBLIC
from tests.builders import an_account
from tests.money_builders import a_payment
from tests.state.conftest import a_tab, run, said

SUPPORT = "help@school.test"
FOR_HELP = f" For help, write to {SUPPORT}."
STATE = Path(__file__).parent.parent / "courseflow_admin" / "state"
STATES = sorted(STATE.rglob("[!_]*.py"))
# Their sentence is written where they are raised.
TOLD_THERE = (CourseFlowError, errors.Conflict, errors.Invalid, NotViewable)
# Who is told these cannot help themselves.
NAME_SUPPORT = (
    errors.KeyRefused,
    errors.NotPermitted,
    errors.ProviderRefused,
    errors.Unexpected,
    erasure.HasCourses,
    invitations.InvitationNotGood,
    invitations.InvitationEnded,
    second_factor.SecondFactorKept,
    sessions.Suspended,
)
VERDICT = Verdict(False, (Reason(ReasonCode.NEVER_BOUGHT),))
GIVEN = {
    errors.TooMany: (90,),
    errors.ProviderRefused: ("stripe", "No such charge."),
    errors.KeyRefused: ("stripe", "Invalid API key."),
    errors.ProviderUnreachable: ("stripe",),
    errors.ProviderFailed: ("stripe",),
    errors.GatewayKeysRefused: ("stripe", "STRIPE_SECRET_KEY"),
    Duplicate: ({"email": 1},),
    refunds.OtherRefund: ("₹100.00",),
    refunds.NewerRefund: (Money(minor=392, currency="GBP"), "just now", "Rosa Admin"),
    reviews.MoneyHeld: (Money(minor=124_950, currency="INR"), "razorpay"),
    LinkUsed: (LinkUse.VERIFY, datetime(2026, 11, 3, tzinfo=UTC)),
    invitations.InvitationEnded: (InvitationState.REVOKED, datetime(2026, 11, 3, tzinfo=UTC)),
    NoAccess: (VERDICT, "SQL", "sql"),
    SettingsChangedMeanwhile: ([Difference("name", "Mine", "Theirs")], 2),
    StaleRevision: ("this lesson", [Difference("title", "Mine", "Theirs")], 2),
    NotPublishable: ([Check(CheckCode.NO_LESSON)],),
    captures.CaptureUnconfirmed: ("razorpay",),
    invitations.ForAnotherAddress: ("eve@demo.test",),
    password_rules.WeakPassword: ("common",),
    refunds.RefundTooLarge: ("INR 100.00",),
    webhooks.SignatureWrong: ("no signature",),
}


def every(kind: type[CourseFlowError] = CourseFlowError) -> Iterator[type[CourseFlowError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from every(below)


OURS = [kind for kind in dict.fromkeys(every()) if kind.__module__.startswith("courseflow_admin")]


TOLD = [kind for kind in OURS if kind not in TOLD_THERE]


async def made(kind: type[CourseFlowError]) -> CourseFlowError:
    if kind is invitations.HasRole:
        return kind(await an_account())
    if kind is captures.NothingToCapture:
        return kind(await a_payment(state="failed"))
    return kind(*GIVEN.get(kind, ()))


@pytest.fixture
async def school(database):
    change = SchoolChange(support_email=SUPPORT)
    return await school_settings.change(SYSTEM, change, 0)


class RefusingState(rx.State):
    @event(PUBLIC)
    async def refuse(self):
        raise to_raise[0]


to_raise: list[Exception] = []


async def on_a_page(error: Exception) -> str:
    """The notice of a handler that is refused by `error`."""
    root = a_tab()
    to_raise[:] = [error]
    await run(root, RefusingState, "refuse")
    ((tone, text),) = await said(root)
    assert tone == "error"
    return text


async def in_the_api(error: CourseFlowError) -> str:
    return json.loads(bytes((await api_errors.of_error(error)).body))["detail"]


@pytest.mark.parametrize("kind", TOLD)
async def test_every_refusal_is_said_in_sentences(database, kind):
    message = (await made(kind)).message

    assert message[:1].isupper()
    assert message.endswith(".")
    assert not message.endswith("..")


@pytest.mark.parametrize("kind", TOLD)
async def test_whom_to_write_to_stands_in_what_people_cannot_help_themselves_with(school, kind):
    error = await made(kind)

    answered = await in_the_api(error)

    assert answered == error.message + (FOR_HELP if kind in NAME_SUPPORT else "")
    if issubclass(kind, errors.NotSignedIn):
        assert kind not in NAME_SUPPORT  # a page leads to the sign-in instead of saying it
    else:
        assert await on_a_page(error) == answered


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (errors.NotPermitted("Only authors can edit this course."), True),
        (errors.TooMany(3_600), False),
        (errors.TooMany(86_400), True),
        *(
            (NoAccess(Verdict(False, (Reason(code, at=clock.business()),)), "SQL", "sql"), named)
            for code, named in {
                ReasonCode.NEVER_BOUGHT: False,
                ReasonCode.REFUNDED: False,
                ReasonCode.SUSPENDED: True,
                ReasonCode.PAYMENT_IN_REVIEW: True,
                ReasonCode.PAID_WITHOUT_GRANT: True,
            }.items()
        ),
    ],
)
async def test_it_is_named_by_what_happened_where_the_kind_alone_does_not_tell(
    school, error, named
):
    told = error.message + FOR_HELP * named

    assert (await in_the_api(error), await on_a_page(error)) == (told, told)


async def test_a_fault_of_ours_names_it_on_the_page_too(school):
    assert await on_a_page(RuntimeError("the inside")) == errors.Unexpected().message + FOR_HELP


async def test_without_an_address_a_refusal_is_said_all_the_same(school, mongod_uri, database):
    error = sessions.Suspended()
    stored = collection("school")
    await stored.update_one({}, {"$set": {"settings.support_email": ""}})
    unset = await support.sentence(error)
    await stored.update_one({}, {"$set": {"settings.support_email": 7}})
    broken = await support.sentence(error)
    await client.close()
    away = await support.sentence(error)
    await client.connect(mongod_uri, database)

    assert [unset, broken, away] == ["This account is suspended."] * 3


def unaided(tree: ast.AST) -> list[int]:
    """Where the message of any refusal is shown without `support.sentence`."""
    caught = [
        (node.name, node)
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and "CourseFlowError" in ast.dump(node.type or node)
    ]
    return [
        part.lineno
        for name, handler in caught
        for part in ast.walk(handler)
        if isinstance(part, ast.Attribute)
        and part.attr == "message"
        and isinstance(part.value, ast.Name)
        and part.value.id == name
    ]


@pytest.mark.parametrize("file", STATES, ids=lambda file: file.stem)
def test_no_page_shows_a_refusal_past_the_one_place_that_names_it(file):
    assert unaided(ast.parse(file.read_text(encoding="utf-8"))) == []


def test_every_state_module_is_looked_at():
    assert len(STATES) > 40


def test_a_refusal_shown_past_it_is_noticed():
    """So that the test above could fail."""
    shown = "try: ...\nexcept CourseFlowError as problem:\n    self.error = problem.message\n"

    assert unaided(ast.parse(shown)) == [3]
