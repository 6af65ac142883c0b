"""In whose hours a tab shows times: those chosen, else the browser's, else the school's."""

from datetime import UTC, datetime
from typing import Any

import pytest

from courseflow_admin.courseflow_admin import app
from courseflow_admin.models.core import calendar
from courseflow_admin.services.identity import my_account, sessions
from courseflow_admin.state import edge as ours
from courseflow_admin.state.core import times
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.guard import Guard
from courseflow_admin.state.figures.overview import OverviewState
from courseflow_admin.state.identity.account import AccountState, ZoneForm
from tests import edge
from tests.builders import acting, an_account, audited, stored
from tests.state.conftest import a_tab, run, said

AT = datetime(2031, 11, 29, 19, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def school_in_kolkata(configure):
    configure(SCHOOL_TIMEZONE="Asia/Kolkata")
    before = times.viewer.set(None)
    yield
    times.viewer.reset(before)


async def an_event_of(root: Any) -> str:
    """What the guard makes of it: the hour at which this tab shows AT, and where."""
    await Guard().preprocess(app, root, edge.event(AuthState.event_handlers["look_again"]))
    return times.long(AT)


@pytest.mark.parametrize(
    ("cookies", "shown"),
    [
        ("", "30 Nov 2031, 00:38 Kolkata time"),
        ("cf_zone=Europe%2FZurich; ", "29 Nov 2031, 20:08 Zurich time"),
        ("cf_zone=America/New_York; ", "29 Nov 2031, 14:08 New York time"),
        ("cf_zone=Asia%2FCalcutta; ", "30 Nov 2031, 00:38 Kolkata time"),
        ("cf_zone=Mars%2FOlympus; ", "30 Nov 2031, 00:38 Kolkata time"),
        ("cf_zone=..%2F..%2Fetc%2Fpasswd; ", "30 Nov 2031, 00:38 Kolkata time"),
        (f"cf_zone={'x' * 3000}; ", "30 Nov 2031, 00:38 Kolkata time"),
    ],
)
async def test_the_browsers_zone_is_read_in_its_cookie(database, cookies, shown):
    assert await an_event_of(a_tab(cookies=cookies)) == shown


async def test_days_receipts_and_figures_do_not_change_with_the_viewer(database):
    shown = set()
    for zone in ("", "America/New_York", "Pacific/Kiritimati", "UTC"):
        await an_event_of(a_tab(cookies=f"cf_zone={zone}; "))
        shown.add((times.day(AT), times.at_school(AT), calendar.school().day_in_full(AT)))

    assert shown == {("30 Nov 2031", "30 Nov 2031, 00:38 Kolkata time", "30 November 2031")}


async def test_figures_are_the_same_wherever_they_are_looked_at_from(database):
    root = a_tab(await sessions.open_browser(await an_account("root@demo.test", "admin")))
    seen = []
    for zone in ("America/New_York", "Pacific/Kiritimati"):
        await an_event_of(root)
        await run(root, AuthState, "tell_zone", zone=zone)
        await an_event_of(root)
        await run(root, OverviewState, "load")
        board = await root.get_state(OverviewState)
        seen.append((board.period, [dict(point) for point in board.chart]))
        assert (times.here().zone.key, board.as_of.endswith(" Kolkata time")) == (zone, True)

    assert seen[0] == seen[1]
    assert len(seen[0][1]) == 30


async def test_what_the_browser_tells_is_kept_and_the_page_is_read_again_only_for_a_change(
    database,
):
    root = a_tab()
    await an_event_of(root)

    first = await run(root, AuthState, "tell_zone", zone="Europe/Zurich")
    shown = await an_event_of(root)
    again = await run(root, AuthState, "tell_zone", zone="Europe/Zurich")
    wrong = await run(root, AuthState, "tell_zone", zone="Mars/Olympus")

    assert first == [ours.RUN_LOADERS]
    assert (shown, again) == ("29 Nov 2031, 20:08 Zurich time", [])
    assert wrong == [ours.RUN_LOADERS]
    assert await an_event_of(root) == "30 Nov 2031, 00:38 Kolkata time"


async def test_nothing_is_read_again_for_whoever_lives_where_the_school_is(database):
    root = a_tab()
    await an_event_of(root)

    assert await run(root, AuthState, "tell_zone", zone="Asia/Calcutta") == []


async def test_the_zone_chosen_in_the_account_comes_before_the_browsers(database):
    account = await an_account()
    token = await sessions.open_browser(account)
    root = a_tab(token, path="/account", cookies="cf_zone=Europe%2FZurich; ")
    await an_event_of(root)

    await run(root, AccountState, "choose_zone", form=ZoneForm(zone="America/New_York"))

    page = await root.get_state(AccountState)
    assert (page.chosen_zone, page.zone) == ("America/New_York", "Times in New York")
    assert ("success", "Your time zone is saved. Times in New York.") in await said(root)
    assert await an_event_of(root) == "29 Nov 2031, 14:08 New York time"
    assert (await sessions.find(token)).zone == "America/New_York"
    await run(root, AccountState, "choose_zone", form=ZoneForm(zone=""))
    assert await an_event_of(root) == "29 Nov 2031, 20:08 Zurich time"


async def test_a_zone_that_is_none_is_refused_beside_its_field(database):
    account = await an_account()
    root = a_tab(await sessions.open_browser(account), path="/account")
    await an_event_of(root)

    await run(root, AccountState, "choose_zone", form=ZoneForm(zone="Mars/Olympus"))

    page = await root.get_state(AccountState)
    assert (page.wrong, page.wrong_text) == ("zone.zone", calendar.UNKNOWN_ZONE)
    assert (await stored("accounts"))[0]["zone"] == ""


async def test_a_choice_is_audited_and_stored_by_the_current_name(database):
    account = await an_account()

    await my_account.choose_zone(acting(account), "Asia/Calcutta")

    assert (await stored("accounts"))[0]["zone"] == "Asia/Kolkata"
    assert "account.zone_changed" in str(await audited())
