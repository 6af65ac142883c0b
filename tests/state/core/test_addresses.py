"""Addresses of pages: one reader for all of them, and none takes one of two."""

import ast
from pathlib import Path

import pytest

from courseflow_admin.models.teaching.courses import CATEGORIES
from courseflow_admin.state.core.address import PAGING
from courseflow_admin.state.core.auth import SignInState
from courseflow_admin.state.figures.overview import OverviewState
from courseflow_admin.state.identity import people
from courseflow_admin.state.identity.invitation import InvitationState
from courseflow_admin.state.identity.invitations import InvitationsState
from courseflow_admin.state.identity.links import LinkState
from courseflow_admin.state.identity.person import PersonState
from courseflow_admin.state.identity.second_factor import SignInCodeState
from courseflow_admin.state.mail import emails
from courseflow_admin.state.mail.my_emails import MyEmailsState
from courseflow_admin.state.money import payments, webhooks
from courseflow_admin.state.money.checkout import CheckoutState
from courseflow_admin.state.money.my_payments import MyPaymentsState
from courseflow_admin.state.school import audit
from courseflow_admin.state.school.policies import PolicyState
from courseflow_admin.state.teaching import learners
from courseflow_admin.state.teaching.catalog import CatalogState
from courseflow_admin.state.teaching.studio import StudioState
from courseflow_admin.state.teaching.studio_course import StudioCourseState
from courseflow_admin.state.teaching.studio_lesson import StudioLessonState
from tests import edge
from tests.builders import an_account
from tests.course_builders import a_course, an_instructor
from tests.invitation_builders import invited
from tests.state.conftest import run
from tests.state.money.money_tabs import ADMIN, a_tab_of

PACKAGE = Path(__file__).parents[3] / "courseflow_admin"
# State -> a page of it, and what it reads from the address.
READERS = {
    CatalogState: ("/", ("q", "category", "level", *PAGING)),
    CheckoutState: ("/checkout/bees", ("problem", "cancelled")),
    InvitationState: ("/invitations/token", ("said",)),
    InvitationsState: ("/people/invitations", PAGING),
    LinkState: ("/reset", ("problem", "done", "token")),
    MyEmailsState: ("/my/emails", PAGING),
    MyPaymentsState: ("/my/payments", PAGING),
    OverviewState: ("/overview", ("days", "currency")),
    PersonState: ("/people/acc_ada", ("said",)),
    PolicyState: ("/terms", ("version",)),
    SignInCodeState: ("/sign-in/code", ("said", "next", "by")),
    SignInState: ("/sign-in", ("said", "next")),
    StudioCourseState: ("/studio/crs_one", ("lesson",)),
    StudioState: ("/studio", PAGING),
    audit.AuditState: ("/audit", (*audit.NAMES, *PAGING)),
    emails.EmailsState: ("/emails", (*emails.NAMES, *PAGING)),
    learners.LearnersState: ("/learners", (*learners.NAMES, *PAGING)),
    payments.PaymentsState: ("/payments", (*payments.NAMES, *PAGING)),
    people.PeopleState: ("/people", (*people.NAMES, *PAGING)),
    webhooks.WebhooksState: ("/webhooks", (*webhooks.NAMES, *PAGING)),
}
IN_THE_FRAME = (SignInState, SignInCodeState, LinkState, InvitationState)  # beside their form


async def opened(state, path, actor=ADMIN):
    """The state after the page is loaded, and the frame of forms before signing in."""
    root = await a_tab_of(None if state in IN_THE_FRAME else actor, path)
    headers = {"cookie": "cf_sign_in=x", "origin": "http://localhost:3000"}
    edge.move(root, headers=headers)
    await run(root, state, "load")
    return await root.get_state(state), await root.get_state(SignInState)


@pytest.mark.parametrize(
    ("state", "path", "name"),
    [(state, path, name) for state, (path, names) in READERS.items() for name in names],
    ids=lambda value: value.__name__ if isinstance(value, type) else value,
)
async def test_an_address_that_says_something_twice_is_refused_on_its_page(
    database, state, path, name
):
    if state is InvitationState:
        path = f"/invitations/{await invited('ada@demo.test')}"

    found, frame = await opened(state, f"{path}?{name}=a&other=x&other=y&{name}=b")

    sentence = f"“{name}” appears twice in this page's address."
    if state in IN_THE_FRAME:
        assert frame.problem == sentence
    else:
        assert (found.view, found.error) == ("error", sentence)


@pytest.mark.parametrize(
    ("state", "path"),
    [
        (payments.PaymentsState, "/payments?email="),
        (learners.LearnersState, "/learners?email="),
        (emails.EmailsState, "/emails?to="),
        (people.PeopleState, "/people?q="),
        (people.PeopleState, "/people?email="),
        (audit.AuditState, "/audit?actor="),
        (CatalogState, "/?q="),
    ],
)
async def test_control_characters_in_an_address_are_looked_for_by_no_page(database, state, path):
    plain, _ = await opened(state, f"{path}ada")
    found, _ = await opened(state, f"{path}%00a%00da%0A%7F")

    assert (found.view, found.error) == (plain.view, plain.error)
    assert found.error == ""


@pytest.mark.parametrize("query", ["next=&next=%2Fstudio", "next=%2Fstudio&n%65xt=%2Fmy%2Femails"])
async def test_of_two_places_to_go_on_to_none_counts(database, query):
    sign_in, _ = await opened(SignInState, f"/sign-in?{query}")
    code, frame = await opened(SignInCodeState, f"/sign-in/code?{query}")

    assert (sign_in.next_path, sign_in.other_query) == ("/overview", "")
    assert (frame.next_path, code.other_href) == ("/overview", "/sign-in/code?by=recovery")


async def test_of_two_secrets_of_a_link_none_is_put_into_the_form(database):
    state, frame = await opened(LinkState, "/reset?token=one&token=two&done=reset")

    assert (state.token, state.done) == ("", "")
    assert frame.problem.startswith("“token” appears twice")


async def test_of_two_lessons_the_studio_opens_none(database):
    author = await an_instructor()
    course = await a_course(author)
    one, two, *_ = course.lesson_ids
    path = f"/studio/{course.id}?lesson={one}&lesson={two}"

    page, _ = await opened(StudioCourseState, path, author)
    lesson, _ = await opened(StudioLessonState, path, author)

    assert (page.view, page.title) == ("error", "")
    assert (lesson.view, lesson.lesson_id, lesson.text) == ("none", "", "")


async def test_what_the_address_says_once_is_read_as_before(database):
    ada = await an_account()
    category = CATEGORIES[0]

    catalog, _ = await opened(CatalogState, f"/?category={category}&utm=1&utm=2")
    person, _ = await opened(PersonState, f"/people/{ada.id}?said=none")
    overview, _ = await opened(OverviewState, "/overview?days=7")
    link, _ = await opened(LinkState, "/reset?done=reset&utm=1&utm=2")

    assert (catalog.view, catalog.category) == ("empty", category)
    assert (person.view, overview.view, overview.days) == ("there", "school", "7 days")
    assert link.done == "reset"


def named_in(tree: ast.AST) -> set[str]:
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return names | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def test_queries_are_read_in_one_place_by_the_pages_above_and_no_others():
    files = [file for folder in ("state", "pages", "components")
             for file in (PACKAGE / folder).rglob("*.py")]  # fmt: skip
    named = {
        ".".join(file.relative_to(PACKAGE).with_suffix("").parts): named_in(
            ast.parse(file.read_text("utf-8"))
        )
        for file in files
    }
    assert len(named) > 100  # the folders are where they were

    def naming(*names: str) -> set[str]:
        return {module for module, found in named.items() if found & {*names}}

    assert naming("query_parameters", "parse_qs") == set()
    assert naming("parse_qsl") == {"state.core.address", "state.core.auth"}  # in auth of a cookie
    tried = {state.__module__.partition(".")[2] for state in READERS}
    readers = naming("query_of", "ListAddress", "_read_address") - {
        "state.core.address",
        "state.core.lists",
    }
    assert readers == tried
