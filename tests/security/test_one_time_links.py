"""A link that proves an address is read in the mailbox and nowhere else.

Whoever signed up with somebody else's address found its link under "My e-mails", confirmed an
address that is not theirs, and could take an invitation sent to it; a browser left open was enough
to set a new password.
"""

import pytest

from courseflow_admin.services.identity import password_resets, verification
from courseflow_admin.services.mail import emails
from tests.account_builders import SECRET, a_newcomer, secret_of
from tests.builders import PASSWORD, acting, stored


async def new_account(_eve):
    return "welcome"


async def another_address(eve):
    await verification.ask_for_new_email(acting(eve), "not-hers@demo.test", PASSWORD)
    return "email_change"


async def new_password(_eve):
    await password_resets.ask("eve@demo.test")
    return "password_reset"


@pytest.mark.parametrize("act", [new_account, another_address, new_password])
async def test_ones_own_e_mails_do_not_show_the_link(database, act):
    eve = await a_newcomer()
    kind = await act(eve)
    [row] = await stored("emails", kind=kind)

    seen = await emails.get(acting(eve), row["_id"])

    assert len(await secret_of(kind)) > 20
    assert SECRET.findall(seen.text) == SECRET.findall(seen.html) == ["hidden"]
