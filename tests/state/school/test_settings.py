"""The page of settings as a tab holds it: saving, what is wrong, and two admins at once."""

import pytest

from courseflow_admin.models.core.amounts import Money
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.school.settings import SchoolChange
from courseflow_admin.services.school import school_logo
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.state.core.events import NOT_UNDERSTOOD
from courseflow_admin.state.core.school import SchoolState
from courseflow_admin.state.school.policies import PolicyState
from courseflow_admin.state.school.settings import SettingsState
from tests.builders import acting, an_account, stored
from tests.course_builders import a_course, an_instructor
from tests.pictures import a_picture
from tests.second_factor_builders import with_second_factor
from tests.state.conftest import a_tab, run, said
from tests.state.money.money_tabs import ADMIN, a_tab_of

SCHOOL = {"name": "Lakeside School", "support_email": "help@lakeside.test"}


async def opened():
    return await opened_by(ADMIN)


async def opened_by(actor):
    root = await a_tab_of(actor, "/settings")
    await run(root, SettingsState, "load")
    return root, await root.get_state(SettingsState)


async def by_somebody_else(**fields):
    revision = (await school_settings.get()).revision
    await school_settings.change(SYSTEM, SchoolChange(**fields), revision)


async def test_the_page_shows_what_holds(database, sandbox):
    await a_course(await an_instructor(), price=Money(minor=4900, currency="USD"))
    await by_somebody_else(terms="Be kind.", seller_lines=["A", "B"], currencies=["INR"])

    _, state = await opened()

    assert state.view == "there"
    assert (state.values.name, state.values.seller_lines) == ("CourseFlow", "A\nB")
    assert state.values.policy_notes["terms"].startswith("Version 1, since ")
    assert state.values.policy_notes["privacy"] == "Not written yet. It is not linked anywhere."
    rows = {row.code: (row.sold, row.note) for row in state.currencies}
    assert (rows["INR"], rows["USD"]) == ((True, ""), (False, "1 published course"))


async def test_saved_is_said_with_its_time_once_it_is_stored(database):
    root, state = await opened()

    await run(root, SettingsState, "save_school", form=SCHOOL)

    assert (await school_settings.get()).name == "Lakeside School"
    assert state.says["school"].startswith("Saved ")
    assert state.says["rules"] == ""
    assert (state.saving, state.settled) == ("", "school:saved:1")
    assert (await root.get_state(SchoolState)).name == "Lakeside School"


async def test_each_form_saves_its_own(database):
    root, state = await opened()
    receipts = {"seller_lines": " A \n\nB", "tax_id_label": "GSTIN", "tax_id": "27", "tax_note": ""}
    texts = {"terms": "Be kind.", "privacy": "", "refunds": "In 14 days."}

    await run(root, SettingsState, "save_currencies", form={"sells_EUR": "on", "sells_JPY": "on"})
    await run(root, SettingsState, "save_receipts", form=receipts)
    await run(root, SettingsState, "save_policies", form=texts)
    await run(root, SettingsState, "save_rules", form={"tell_about_view_as": "on"})

    now = await school_settings.get()
    assert (now.currencies, now.seller_lines, now.tax_id) == (["EUR", "JPY"], ["A", "B"], "27")
    assert now.policy_versions == {"terms": 1, "refunds": 1}
    assert now.tell_about_view_as
    assert not now.disputes_suspend
    assert state.wrong == {}
    assert (state.values.tax_id, state.values.terms) == ("27", "Be kind.")


@pytest.mark.parametrize("form", [{"sells_EUR": "on", "sells_XXX": "on"}, {"sells_EUR": True}])
async def test_a_box_that_is_not_on_the_page_is_refused(database, form):
    root, _ = await opened()

    await run(root, SettingsState, "save_currencies", form=form)

    assert await said(root) == [("error", NOT_UNDERSTOOD)]
    assert await stored("school") == []


@pytest.mark.parametrize(
    ("handler", "form", "field", "text"),
    [
        ("save_school", {**SCHOOL, "name": " "}, "name", "Enter a name for the school."),
        (
            "save_school",
            {**SCHOOL, "support_email": "x"},
            "support_email",
            "Enter a valid e-mail address.",
        ),
        ("save_currencies", {}, "currencies", "Choose at least one currency."),
        (
            "save_receipts",
            {"seller_lines": "", "tax_id_label": "", "tax_id": "", "tax_note": "x" * 201},
            "tax_note",
            "Use at most 200 characters.",
        ),
        (
            "save_receipts",
            {"seller_lines": "a\n" * 9, "tax_id_label": "", "tax_id": "", "tax_note": ""},
            "seller_lines",
            "Enter at most 6, not 9.",
        ),
        (
            "save_receipts",
            {"seller_lines": "", "tax_id_label": "", "tax_id": "27AB", "tax_note": ""},
            "tax_id_label",
            "Enter the type, such as GSTIN, or leave both empty.",
        ),
    ],
)
async def test_what_does_not_fit_is_said_beside_its_field(database, handler, form, field, text):
    root, state = await opened()

    await run(root, SettingsState, handler, form=form)

    assert state.wrong == {field: text}
    assert state.settled.split(":")[1] == "failed"
    assert "Not saved" in state.says.values()
    assert await stored("school") == []


async def test_who_would_shut_themselves_out_reads_so_before_and_is_refused(database):
    root, state = await opened_by(acting(await an_account("root@demo.test", "admin")))
    assert (state.own_missing, state.without_factor.partition(":")[0]) == (
        True,
        "1 admin has none yet",
    )

    await run(root, SettingsState, "save_rules", form={"second_factor_for_admins": "on"})

    assert state.wrong["second_factor_for_admins"].startswith("You don't have a second factor yet.")
    assert (state.says["rules"], await stored("school")) == ("Not saved", [])


async def test_with_one_of_ones_own_it_is_asked_of_all_and_says_of_how_many(database):
    owner = await with_second_factor(await an_account("root@demo.test", "admin"))
    await an_account("other@demo.test", "admin")
    await an_account("third@demo.test", "admin")
    root, state = await opened_by(owner.actor)
    assert not state.own_missing
    assert state.without_factor.startswith("2 admins have none yet: while this is on, nothing but")

    await run(root, SettingsState, "save_rules", form={"second_factor_for_admins": "on"})

    assert (await school_settings.get()).second_factor_for_admins


async def test_a_newer_change_is_shown_beside_mine_and_nothing_is_overwritten(database):
    root, state = await opened()
    await by_somebody_else(name="Hillside School")

    await run(root, SettingsState, "save_school", form=SCHOOL)

    assert (await school_settings.get()).name == "Hillside School"
    [both] = state.conflicts
    assert (both.word, both.mine, both.theirs) == ("Name", "Lakeside School", "Hillside School")
    assert (state.conflict_in, state.says["school"]) == ("school", "Not saved")


async def test_mine_is_saved_once_theirs_has_been_seen(database):
    root, state = await opened()
    await by_somebody_else(name="Hillside School")
    await run(root, SettingsState, "save_school", form=SCHOOL)

    await run(root, SettingsState, "keep_mine")

    now = await school_settings.get()
    assert (now.name, now.support_email) == ("Lakeside School", "help@lakeside.test")
    assert (state.conflict_in, state.conflicts) == ("", [])
    assert state.says["school"].startswith("Saved ")


async def test_theirs_fills_the_form_anew_and_leaves_the_other_forms_alone(database):
    root, state = await opened()
    keys = dict(state.keys)
    await by_somebody_else(name="Hillside School", tax_note="Theirs")
    await run(root, SettingsState, "save_school", form=SCHOOL)

    await run(root, SettingsState, "take_theirs")

    assert (await school_settings.get()).support_email == "support@demo.test"
    assert state.values.name == "Hillside School"
    assert {name for name in keys if state.keys[name] != keys[name]} == {"school"}
    # The form of receipts still shows what it was filled with, so it can still conflict.
    assert state.values.tax_note == ""


async def test_a_save_in_one_form_does_not_hide_what_another_admin_did_in_another(database):
    root, state = await opened()
    await by_somebody_else(tax_note="Theirs")
    await run(root, SettingsState, "save_school", form=SCHOOL)
    form = {"seller_lines": "", "tax_id_label": "", "tax_id": "", "tax_note": "Mine"}

    await run(root, SettingsState, "save_receipts", form=form)

    assert (await school_settings.get()).tax_note == "Theirs"
    assert [both.theirs for both in state.conflicts] == ["Theirs"]


async def test_ones_own_earlier_save_is_no_conflict(database):
    root, state = await opened()
    await run(root, SettingsState, "save_school", form=SCHOOL)

    await run(root, SettingsState, "save_school", form={**SCHOOL, "name": "Hillside School"})

    assert state.conflicts == []
    assert (await school_settings.get()).name == "Hillside School"


async def test_giving_up_a_currency_says_how_many_courses_keep_it(database, sandbox):
    author = await an_instructor()
    await a_course(author, "One", price=Money(minor=4900, currency="USD"))
    await a_course(author, "Two", price=Money(minor=4900, currency="USD"))
    root, _ = await opened()

    await run(root, SettingsState, "save_currencies", form={"sells_INR": "on", "sells_EUR": "on"})

    assert await said(root) == [
        (
            "info",
            "No new price can be set in USD. Still on sale at their current price: "
            "2 published courses in USD.",
        )
    ]


async def test_the_logo_is_read_anew_after_the_browser_sent_it_and_can_be_removed(database):
    root, state = await opened()
    await school_logo.put(SYSTEM, a_picture())

    await run(root, SettingsState, "logo_sent", taken=True, problem="")
    shown = state.values.logo
    await run(root, SettingsState, "logo_sent", taken=False, problem="This is an SVG.")
    problem = state.logo_problem
    await run(root, SettingsState, "remove_logo")

    assert shown.startswith("/api/v1/school/logo?v=")
    assert problem == "This is an SVG."
    assert (state.values.logo, state.logo_problem) == ("", "")
    assert (await school_settings.get()).logo is None


# The public pages


async def policy_at(path):
    root = a_tab(path=path)
    await run(root, PolicyState, "load")
    return await root.get_state(PolicyState)


async def test_a_policy_is_shown_without_anything_that_could_run(database):
    await by_somebody_else(
        terms="**Be kind.**\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))"
    )

    state = await policy_at("/terms")

    assert state.view == "there"
    assert "<strong>Be kind.</strong>" in state.html
    assert "<script" not in state.html
    assert 'href="javascript' not in state.html
    assert state.newest_href == ""


async def test_an_earlier_version_says_so_and_leads_to_the_newest(database):
    await by_somebody_else(refunds="One.")
    await by_somebody_else(refunds="Two.")

    state = await policy_at("/refunds?version=1")

    assert (state.html.strip(), state.newest_href) == ("<p>One.</p>", "/refunds")


@pytest.mark.parametrize("path", ["/privacy", "/terms?version=7", "/terms?version=99999999999"])
async def test_a_policy_that_is_not_there_is_said_to_be_missing(database, path):
    assert (await policy_at(path)).view == "missing"


DAYS = {
    "webhook_bodies_days": "60",
    "email_bodies_days": "365",
    "rejections_days": "30",
    "sessions_days": " 7 ",
    "links_days": "30",
}


async def test_periods_are_saved_as_days_and_a_wrong_one_is_told_at_its_field(database):
    root, state = await opened()
    assert (state.values.webhook_bodies_days, state.values.sessions_days) == (90, 30)

    await run(root, SettingsState, "save_retention", form=DAYS)
    saved = await school_settings.get()
    await run(
        root,
        SettingsState,
        "save_retention",
        form=DAYS | {"sessions_days": "31", "links_days": "a week", "email_bodies_days": "1"},
    )

    assert (saved.webhook_bodies_days, saved.sessions_days) == (60, 7)
    assert state.wrong == {
        "sessions_days": "Enter 30 or less.",
        "links_days": "Enter a whole number.",
        "email_bodies_days": "Enter 14 or more.",
    }
    assert (await school_settings.get()) == saved


async def test_a_page_that_is_loaded_again_keeps_what_is_typed_where_nothing_has_changed(database):
    root, state = await opened()
    keys = dict(state.keys)

    await run(root, SettingsState, "load")
    unchanged = dict(state.keys)
    await by_somebody_else(tax_note="Theirs")
    await run(root, SettingsState, "load")

    assert unchanged == keys
    assert {name for name in keys if state.keys[name] != keys[name]} == {"receipts"}
    assert state.values.tax_note == "Theirs"
