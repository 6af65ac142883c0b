"""A page of something unknown has no heading of the thing that was open before."""

import pytest

from courseflow_admin.state.money.access import AccessState
from courseflow_admin.state.money.checkout import CheckoutState
from courseflow_admin.state.teaching.classroom import ClassroomState
from courseflow_admin.state.teaching.course import CoursePageState
from courseflow_admin.state.teaching.studio_course import StudioCourseState
from tests import edge
from tests.account_builders import an_enrollment
from tests.builders import acting, an_account
from tests.course_builders import a_course, an_instructor
from tests.state.conftest import run
from tests.state.money.money_tabs import a_tab_of


def heading(state) -> str:
    if isinstance(state, AccessState):
        return state.shown.person
    return state.course if isinstance(state, ClassroomState) else state.title


@pytest.mark.parametrize(
    ("state", "path", "unknown"),
    [
        (CoursePageState, "/courses/{slug}", "/courses/gone"),
        (StudioCourseState, "/studio/{id}", "/studio/crs_gone"),
        (CheckoutState, "/checkout/{slug}", "/checkout/gone"),
        (ClassroomState, "/learn/{slug}/{lesson}", "/learn/gone/les_gone"),
        (AccessState, "/access/{admin}/{id}", "/access/acc_gone/crs_gone"),
    ],
)
async def test_the_heading_goes_with_the_thing(database, sandbox, state, path, unknown):
    admin = await an_account("root@demo.test", "admin", "Rosa Admin")
    course = await a_course(await an_instructor(), "Trees")
    if state is ClassroomState:
        await an_enrollment(account_id=admin.id, course_id=course.id, owner_id=course.owner_id)
    known = {
        "slug": course.slug,
        "id": course.id,
        "admin": admin.id,
        "lesson": course.lesson_ids[0],
    }
    root = await a_tab_of(acting(admin), path.format(**known))
    await run(root, state, "load")
    before = heading(await root.get_state(state))

    edge.move(root, pathname=unknown, asPath=unknown)
    await run(root, state, "load")

    after = await root.get_state(state)
    assert before in ("Trees", "Rosa Admin")
    assert (after.view, heading(after)) == ("missing", "")
