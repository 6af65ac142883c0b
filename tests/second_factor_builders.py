"""For tests of the second factor: what the app on somebody's phone would show."""

import time
from dataclasses import dataclass

from pyotp.totp import TOTP

from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.permissions import SYSTEM, Actor
from courseflow_admin.models.school.settings import SchoolChange
from courseflow_admin.services.identity import second_factor
from courseflow_admin.services.school import settings as school_settings
from tests.account_builders import signed_in
from tests.builders import PASSWORD

STEP = 30


@dataclass
class Owner:
    """Somebody whose second factor is on; the app's code of this very step is not used yet."""

    account: Account
    actor: Actor
    key: str
    codes: list[str]


def code_of(key: str, steps: int = 0) -> str:
    """The code of now, or some steps away; never so late in a step that it ends meanwhile."""
    left = STEP - time.time() % STEP
    if left < 2:
        time.sleep(left + 0.05)
    return TOTP(key).at(int(time.time()) + steps * STEP)


async def with_second_factor(account: Account) -> Owner:
    """Set up in a browser session, by the code of the step before."""
    actor = await signed_in(account)
    made = await second_factor.begin(actor, PASSWORD)
    codes = await second_factor.confirm(actor, code_of(made.key, -1))
    return Owner(account, actor, made.key, codes)


async def school_asks(*, on: bool = True) -> None:
    """The school's rule that admins need one."""
    known = await school_settings.get()
    change = SchoolChange(second_factor_for_admins=on)
    await school_settings.change(SYSTEM, change, known.revision)
