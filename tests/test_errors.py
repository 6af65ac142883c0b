"""What people are told when something is refused: sentences, and whom to ask."""

from collections.abc import Iterator

import pytest

import courseflow_admin.courseflow_admin  # noqa: F401 - every error there is
from courseflow_admin import errors
from courseflow_admin.db.client import Duplicate
from courseflow_admin.errors import CourseFlowError
from courseflow_admin.models.access import Reason, ReasonCode, Verdict
from courseflow_admin.models.classroom import NoAccess
from courseflow_admin.models.school import Difference, SettingsChangedMeanwhile
from courseflow_admin.models.studio import Check, CheckCode, NotPublishable, StaleRevision
from courseflow_admin.services import (
    erasure,
    invitations,
    password_rules,
    refunds,
    second_factor,
    sessions,
    webhooks,
)
from courseflow_admin.services.view_as import NotViewable
from tests.builders import an_account

SUPPORT = "help@school.test"
# Their sentence is written where they are raised.
TOLD_THERE = (CourseFlowError, errors.Conflict, errors.Invalid, NotViewable)
# Who is told these cannot help themselves.
NAME_SUPPORT = (
    erasure.HasCourses,
    invitations.InvitationNotGood,
    second_factor.SecondFactorKept,
    sessions.Suspended,
)
VERDICT = Verdict(False, (Reason(ReasonCode.NEVER_BOUGHT, "You have not bought this course."),))
GIVEN = {
    errors.TooMany: (90,),
    errors.ProviderRefused: ("stripe", "No such charge."),
    errors.KeyRefused: ("stripe", "Invalid API key."),
    errors.ProviderUnreachable: ("stripe",),
    errors.ProviderFailed: ("stripe",),
    Duplicate: ({"email": 1},),
    NoAccess: (VERDICT, "SQL", "sql"),
    SettingsChangedMeanwhile: ([Difference("name", "Mine", "Theirs")], 2),
    StaleRevision: ("the title", "Mine", "Theirs", 2),
    NotPublishable: ([Check(CheckCode.NO_LESSON, "Add a lesson.")],),
    invitations.ForAnotherAddress: ("eve@demo.test",),
    password_rules.WeakPassword: ("common",),
    refunds.RefundTooLarge: ("INR 100.00",),
    webhooks.SignatureWrong: ("no signature",),
    **dict.fromkeys(NAME_SUPPORT, (SUPPORT,)),
}


def every(kind: type[CourseFlowError] = CourseFlowError) -> Iterator[type[CourseFlowError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from every(below)


OURS = [kind for kind in dict.fromkeys(every()) if kind.__module__.startswith("courseflow_admin")]


@pytest.mark.parametrize("kind", [kind for kind in OURS if kind not in TOLD_THERE])
async def test_every_refusal_is_said_in_sentences(database, kind):
    given = GIVEN.get(kind, ())
    if kind is invitations.HasRole:
        given = (await an_account(),)

    message = kind(*given).message

    assert message[:1].isupper()
    assert message.endswith(".")
    assert not message.endswith("..")
    assert (SUPPORT in message) is (kind in NAME_SUPPORT)
