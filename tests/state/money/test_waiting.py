"""What waits for a gateway holds no tab: other clicks go on, and the result is for who asked."""

import asyncio
import time
from typing import Any

import pytest

from courseflow_admin.db.core import client
from courseflow_admin.db.money import payments as payments_db
from courseflow_admin.errors import Unavailable
from courseflow_admin.services.identity import accounts, sessions, view_as
from courseflow_admin.state.core.acts import LONGEST_SECONDS
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.money.payment_detail import PaymentDetailState
from courseflow_admin.state.money.payments import PaymentsState
from tests import edge
from tests.builders import acting, an_account, stored
from tests.money_builders import a_payment
from tests.patience import within
from tests.services.money.buying import a_sale, buy, work
from tests.state.conftest import a_tab, run, said
from tests.state.core.test_guard import asked
from tests.view_builders import asking

FORM = {"amount": "100", "reason": "Asked for it"}
SOON = 1.0  # second, on a machine with much to do; the sandbox says nothing for two


class Tab:
    """An admin's tab with a payment on screen, let through by the guard with each click."""

    def __init__(self, root: Any, payment: Any, token: str, account: Any) -> None:
        self.root, self.payment, self.token, self.account = root, payment, token, account

    async def click(self, name: str, **arguments: Any) -> list[Any]:
        """One click, as the socket hands it on: asked of the guard, then done."""
        handler = PaymentDetailState.event_handlers[name]
        assert await asked(self.root, handler, **arguments) is None
        return await run(self.root, PaymentDetailState, name, **arguments)

    async def begin(self, name: str, **arguments: Any) -> asyncio.Task[list[Any]]:
        """A click whose answer is waited for; back as soon as its wheel turns."""
        state = await self.state()
        task = asyncio.create_task(self.click(name, **arguments))
        while not (state.checking or state.refunding or task.done()):
            await asyncio.wait([task], timeout=0.005)
        assert not task.done()
        return task

    async def state(self) -> Any:
        return await self.root.get_state(PaymentDetailState)

    async def open(self, payment_id: str) -> Any:
        path = f"/payments/{payment_id}"
        edge.move(self.root, pathname=path, asPath=path)
        await self.click("load")
        return await self.state()


@pytest.fixture
async def tab(database, sandbox):
    """Of a payment of ₹4,999.00 at Stripe, which says nothing from now on."""
    course, student = await a_sale()
    payment = await buy(student, course, "stripe")
    sandbox.pay(payment.provider_checkout_id)
    await work(sandbox)
    account = await an_account("rosa@demo.test", "admin", "Rosa Admin")
    token = await sessions.open_browser(account)
    made = Tab(a_tab(token), await payments_db.get(payment.id), token, account)
    async with edge.live(made.root):
        await made.open(payment.id)
        sandbox.switch("stripe", outage="timeout")
        yield made


async def test_while_a_gateway_hangs_the_same_tab_answers_other_clicks_at_once(tab):
    state = await tab.state()
    waiting = await tab.begin("recheck")

    with within(SOON):
        await tab.click("show_dialog", is_open=True)

    assert (waiting.done(), state.dialog, state.checking) == (False, True, True)
    await waiting
    assert state.checking is False


async def test_a_double_click_is_one_act(tab):
    waiting = await tab.begin("recheck")

    await tab.click("recheck")
    still = not waiting.done()
    await waiting

    assert still
    assert len(await stored("audit", act="payment.rechecked")) == 1
    assert [tone for tone, _ in await said(tab.root)] == ["error"]


async def test_two_clicks_at_one_moment_are_one_refund(tab, sandbox):
    sandbox.switch("stripe", outage="slow")
    await tab.click("show_dialog", is_open=True)

    await asyncio.gather(*[tab.click("refund", form=FORM) for _ in range(3)])

    assert sandbox.refunds(tab.payment.provider_payment_id) == [10_000]
    assert await said(tab.root) == [("success", "Refunded ₹100.00 to Ada Lovelace.")]
    assert ((await tab.state()).dialog, (await tab.state()).refunding) == (False, False)


async def test_another_payment_opened_meanwhile_has_no_wheel_and_is_not_overwritten(tab):
    other = await a_payment(1, provider="razorpay")
    waiting = await tab.begin("recheck")

    state = await tab.open(other.id)
    of_other = (state.checking, state._payment.id)
    state = await tab.open(tab.payment.id)
    of_first = state.checking
    await tab.open(other.id)
    await waiting

    assert (of_other, of_first) == ((False, other.id), True)
    assert ((await tab.state())._payment.id, (await tab.state()).checking) == (other.id, False)
    assert [tone for tone, _ in await said(tab.root)] == ["error"]  # of the first, all the same


async def test_who_signs_out_meanwhile_is_not_shown_what_came_of_it_and_it_is_done(tab, sandbox):
    sandbox.switch("stripe", outage="slow")
    await tab.click("show_dialog", is_open=True)
    waiting = await tab.begin("refund", form=FORM)

    await sessions.end(await asking(tab.token))
    [steps] = await waiting

    assert edge.led_to(steps).startswith("/sign-in")
    assert sandbox.refunds(tab.payment.provider_payment_id) == [10_000]
    assert ((await tab.state())._payment, (await tab.state()).refunding) == (None, False)
    assert await said(tab.root) == []


async def test_who_is_suspended_meanwhile_is_shown_nothing(tab):
    other = await an_account("nia@demo.test", "admin", "Nia")
    waiting = await tab.begin("recheck")

    await accounts.suspend(acting(other), tab.account.id)
    [steps] = await waiting

    assert edge.led_to(steps).startswith("/sign-in")
    assert ((await tab.state())._payment, await said(tab.root)) == (None, [])


async def test_who_begins_to_see_with_other_eyes_is_told_so_and_shown_nothing_else(tab):
    maya = await an_account("maya@demo.test", "student", "Maya Rao")
    waiting = await tab.begin("recheck")

    await view_as.begin(await asking(tab.token), maya.id)
    [[again]] = await waiting

    assert (await tab.root.get_state(AuthState)).viewing == "Maya Rao"
    assert ((await tab.state())._payment, (await tab.state()).checking) == (None, False)
    assert await said(tab.root) == [("info", "You are now viewing as Maya Rao.")]
    assert edge.named(again) == edge.named(edge.handler("OnLoadInternalState", "on_load_internal"))


async def test_what_was_seen_with_other_eyes_first_is_not_followed_by_the_result(tab):
    maya = await an_account("maya@demo.test", "student", "Maya Rao")
    waiting = await tab.begin("recheck")
    await view_as.begin(await asking(tab.token), maya.id)
    look = AuthState.event_handlers["look_again"]
    await asked(tab.root, look)  # the tab is emptied, and says why

    await waiting

    assert await said(tab.root) == [("info", "You are now viewing as Maya Rao.")]
    assert (await tab.state())._payment is None


async def test_who_loses_the_permission_meanwhile_is_told_and_shown_nothing(tab):
    other = await an_account("nia@demo.test", "admin", "Nia")
    waiting = await tab.begin("recheck")

    await accounts.change_role(acting(other), tab.account.id, "student")
    await waiting

    assert await said(tab.root) == [("info", "Your role was changed: Learner.")]
    assert (await tab.state())._payment is None


async def test_the_wheel_ends_also_when_the_database_goes_away(tab, mongod_uri):
    name = client.collection("any").raw.database.name
    waiting = await tab.begin("recheck")

    await client.close()
    await waiting
    await client.connect(mongod_uri, name)

    assert (await tab.state()).checking is False
    assert await said(tab.root) == [("error", str(Unavailable()))]


async def test_an_act_whose_process_died_is_over_by_itself(tab, sandbox):
    sandbox.switch("stripe", outage="ok")
    state = await tab.state()
    act = f"recheck {tab.payment.id}"

    state._acts = {act: time.time() - LONGEST_SECONDS + 60}
    await tab.open(tab.payment.id)
    turning = state.checking
    state._acts = {act: time.time() - LONGEST_SECONDS - 1}
    await tab.open(tab.payment.id)
    ended = state.checking
    await tab.click("recheck")

    assert (turning, ended) == (True, False)
    assert await said(tab.root) == [("success", "Checked with Stripe: paid.")]


async def test_another_list_is_loaded_at_once_while_a_gateway_hangs(tab):
    waiting = await tab.begin("recheck")

    with within(SOON):
        edge.move(tab.root, pathname="/payments", asPath="/payments")
        assert await asked(tab.root, PaymentsState.event_handlers["load"]) is None
        await run(tab.root, PaymentsState, "load")

    assert not waiting.done()
    assert [row.amount for row in (await tab.root.get_state(PaymentsState)).rows] == ["₹4,999.00"]
    await waiting
