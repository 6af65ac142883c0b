"""The school's settings: first values, changes, what is refused, and two admins at once."""

import asyncio

import pytest
from pydantic import ValidationError

from courseflow_admin.errors import Invalid, NotPermitted
from courseflow_admin.models.core.amounts import CURRENCIES
from courseflow_admin.models.school.settings import SchoolChange, SettingsChangedMeanwhile
from courseflow_admin.services.identity import accounts, second_factor_rule
from courseflow_admin.services.school import settings as school_settings
from tests.builders import acting, an_account, audited, stored
from tests.course_builders import a_student, an_admin, an_instructor
from tests.second_factor_builders import school_asks, with_second_factor

EVERY_FIELD = {
    "name": "Lakeside School",
    "support_email": "help@lakeside.test",
    "currencies": ["INR", "EUR"],
    "seller_lines": ["Lakeside Learning LLP", "12 Lake Road, Pune 411001"],
    "tax_id_label": "GSTIN",
    "tax_id": "27AAAAA0000A1Z5",
    "tax_note": "Prices include GST.",
    "terms": "# Terms\n\nBe kind.",
    "privacy": "We keep little.",
    "refunds": "Within 14 days.",
    "second_factor_for_admins": True,
    "disputes_suspend": False,
    "tell_about_view_as": False,
}


async def change(actor, revision=0, **fields):
    return await second_factor_rule.change_settings(actor, SchoolChange(**fields), revision)


async def test_the_first_values_come_from_the_environment(database, configure):
    configure(SCHOOL_NAME="First School", SUPPORT_EMAIL="first@demo.test")

    first = await school_settings.get()

    assert (first.name, first.support_email) == ("First School", "first@demo.test")
    assert (first.revision, first.currencies) == (0, list(CURRENCIES))
    assert first.disputes_suspend
    assert first.tell_about_view_as
    assert not first.second_factor_for_admins
    assert first.policy_versions == {}


async def test_after_the_first_change_the_environment_no_longer_counts(database, configure):
    admin = await an_admin()
    configure(SCHOOL_NAME="First School", SUPPORT_EMAIL="first@demo.test")
    await change(admin, tax_note="Prices include GST.")

    configure(SCHOOL_NAME="Another School", SUPPORT_EMAIL="other@demo.test")

    now = await school_settings.get()
    assert (now.name, now.support_email) == ("First School", "first@demo.test")


async def test_every_field_can_be_changed_and_is_read_back(database):
    owner = await with_second_factor(await an_account("admin@demo.test", "admin"))
    await change(owner.actor, **EVERY_FIELD)

    kept = await school_settings.get()

    assert {name: kept.value(name) for name in EVERY_FIELD} == EVERY_FIELD
    assert kept.policy_versions == {"terms": 1, "privacy": 1, "refunds": 1}


async def test_who_has_no_second_factor_does_not_ask_it_of_all_admins(database):
    admin = await an_admin()

    with pytest.raises(Invalid) as refused:
        await change(admin, name="Lakeside School", second_factor_for_admins=True)

    assert refused.value.field == "second_factor_for_admins"
    assert refused.value.message == (
        "You don't have a second factor yet. Set it up on your account page first."
    )
    assert (await stored("school"), await stored("audit", act="school.changed")) == ([], [])


async def test_a_rule_that_holds_already_does_not_stand_in_the_way_of_others(database):
    await school_asks()
    admin = await an_admin()

    await change(admin, 1, name="Lakeside School", second_factor_for_admins=True)
    await change(admin, 2, second_factor_for_admins=False)

    assert (await school_settings.get()).name == "Lakeside School"
    assert not (await school_settings.get()).second_factor_for_admins


async def test_those_are_counted_who_would_be_asked_and_have_none(database):
    owner = await with_second_factor(await an_account("admin@demo.test", "admin"))
    other = await an_account("other@demo.test", "admin")
    gone = await an_account("gone@demo.test", "admin")
    await accounts.suspend(owner.actor, gone.id)
    await an_account("ines@demo.test", "instructor")

    assert await second_factor_rule.admins_without(owner.actor) == {other.id}
    with pytest.raises(NotPermitted):
        await second_factor_rule.admins_without(await a_student())


async def test_a_change_is_audited_with_before_and_after_of_exactly_what_changed(database):
    admin = await an_admin()
    await change(admin, name="Lakeside School", support_email="help@lakeside.test")

    await change(admin, 1, name="Hillside School", support_email="help@lakeside.test", terms="A")

    *_, entry = await stored("audit", act="school.changed")
    assert (entry["actor_id"], entry["object_id"]) == (admin.id, "school")
    assert entry["facts"] == {
        "before": {"name": "Lakeside School", "terms": "none"},
        "after": {"name": "Hillside School", "terms": "version 1"},
    }


async def test_every_version_of_a_policy_is_kept(database):
    admin = await an_admin()
    await change(admin, terms="One.")
    await change(admin, 1, terms="Two.")

    now = await change(admin, 2, terms="")

    kept = [row["text"] for row in await stored("school") if row["_id"].startswith("terms-")]
    assert kept == ["One.", "Two.", ""]
    assert (now.terms.version, now.policy_versions) == (3, {})


async def test_saving_the_same_again_changes_nothing(database):
    admin = await an_admin()
    await change(admin, name="Lakeside School")
    before = await stored("school"), await audited()

    again = await change(admin, 0, name="Lakeside School")

    assert again.revision == 1
    assert (await stored("school"), await audited()) == before


async def test_a_save_on_top_of_a_newer_change_is_refused_with_both_values(database):
    admin, other = await an_admin(), await an_admin_too()
    await change(admin, 0, name="Lakeside School")
    before = await stored("school"), await audited()

    with pytest.raises(SettingsChangedMeanwhile, match="Nothing was overwritten") as refused:
        await change(other, 0, name="Hillside School", tax_note="GST")

    [difference] = refused.value.differences
    assert (difference.field, difference.mine, difference.theirs) == (
        "name",
        "Hillside School",
        "Lakeside School",
    )
    assert refused.value.revision == 1
    assert (await stored("school"), await audited()) == before


async def test_two_admins_in_different_fields_never_stand_in_each_others_way(database):
    admin, other = await an_admin(), await an_admin_too()
    await change(admin, 0, name="Lakeside School")

    now = await change(other, 0, tax_note="Prices include GST.")

    assert (now.name, now.tax_note, now.revision) == ("Lakeside School", "Prices include GST.", 2)


async def test_of_ten_saves_at_once_of_one_field_exactly_one_is_taken(database):
    admin = await an_admin()
    names = [f"School {number}" for number in range(10)]

    answers = await asyncio.gather(
        *(change(admin, 0, name=name) for name in names), return_exceptions=True
    )

    taken = [one for one in answers if not isinstance(one, BaseException)]
    refused = [one for one in answers if isinstance(one, SettingsChangedMeanwhile)]
    assert (len(taken), len(refused)) == (1, 9)
    assert (await school_settings.get()).name == taken[0].name
    assert len(await stored("audit", act="school.changed")) == 1


async def test_only_an_admin_changes_the_settings(database):
    for actor in (await a_student(), await an_instructor()):
        with pytest.raises(NotPermitted):
            await change(actor, name="Mine")

    assert await stored("school") == []
    assert await stored("audit", act="school.changed") == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "   "}, "Enter a name for the school"),
        ({"name": "x" * 61}, "at most 60 characters"),
        ({"name": "Lake\x07side"}, "control character"),
        ({"support_email": "help"}, "Enter a valid e-mail address"),
        ({"currencies": []}, "at least one currency"),
        ({"currencies": ["XAU"]}, "'XAU' is not a supported currency"),
        ({"seller_lines": ["a"] * 7}, "at most 6 items"),
        ({"seller_lines": ["x" * 101]}, "at most 100 characters"),
        ({"terms": "x" * 50_001}, "at most 50000 characters"),
        ({"disputes_suspend": "yes"}, "valid boolean"),
        ({"currencies": "INR"}, "valid list"),
        ({"logo": {}}, "not permitted"),
        ({"revision": 7}, "not permitted"),
        ({"surprise": 1}, "not permitted"),
    ],
)
def test_what_does_not_fit_is_refused(fields, said):
    with pytest.raises(ValidationError, match=said):
        SchoolChange.model_validate(fields)


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"tax_id_label": ""}, "tax_id_label", "Enter the type, such as GSTIN"),
        ({"tax_id": ""}, "tax_id", "Enter the GSTIN, or leave both empty."),
    ],
)
async def test_a_tax_number_and_its_kind_are_given_together_or_not_at_all(
    database, fields, field, said
):
    admin = await an_admin()
    both = await change(admin, tax_id_label="GSTIN", tax_id="27AB")

    with pytest.raises(Invalid, match=said) as refused:
        await change(admin, both.revision, **fields)

    assert refused.value.field == field
    assert await school_settings.get() == both
    neither = await change(admin, both.revision, tax_id_label="", tax_id="")
    assert (neither.tax_id_label, neither.tax_id) == ("", "")


def test_lines_are_tidied_and_currencies_stand_in_one_order():
    form = SchoolChange(
        name="  Lakeside   School ", seller_lines=["A", " ", "B"], currencies=["EUR", "INR", "EUR"]
    )

    assert form.given == {
        "name": "Lakeside School",
        "seller_lines": ["A", "B"],
        "currencies": ["INR", "EUR"],
    }


async def an_admin_too():
    return acting(await an_account("second@demo.test", "admin", "Sasha Admin"))
