"""The list of people: the address says what is shown, every control only changes it."""

from dataclasses import dataclass

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.models.core.accounts import PRESENT, Account
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.services.identity import accounts
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import ListAddress
from courseflow_admin.state.core.auth import ROLE_LABELS, AuthState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.lists import ListState
from courseflow_admin.state.identity.invitations import InvitationsState

NAMES = ("role", "state", "q", "from", "to")
STATES = {
    "active": "Active",
    "unverified": "Unverified",
    "suspended": "Suspended",
    "deleted": "Deleted",
}


@dataclass
class PersonRow:
    name: str
    email: str
    role: str
    standing: str  # active, unverified, suspended, deleted
    joined: str
    seen: str
    href: str


class PeopleState(ListState, rx.State):
    rows: list[PersonRow] = []
    role_text: str = ""
    state_text: str = ""
    period_text: str = ""

    @event(Permission.ACCOUNTS_READ, supersedes=True)
    async def load(self):
        (await self.get_state(InvitationsState)).inviting = False
        address = ListAddress(routes.PEOPLE, self.router.url, NAMES)
        auth = await self.get_state(AuthState)
        role = address.one_of("role", ROLE_LABELS)
        standing = address.one_of("state", STATES)
        self._show_controls(address, role, standing)
        async with self._refusals(address):
            period = Period.parse(address["from"], address["to"])
            self.period_text = period.text() if period else ""
            page = await accounts.search(
                auth.actor(),
                address.request(),
                q=address["q"],
                role=role,
                period=period,
                standing=standing or ("" if period else PRESENT),
            )
            self.rows = [_row(account) for account in page.rows]
            self._show_page(page, address)

    def _show_controls(self, address: ListAddress, role: str, standing: str) -> None:
        self.role_text = ROLE_LABELS.get(role, "")
        self.state_text = STATES.get(standing, "")
        self.filtered = any(address[name] for name in NAMES)


def _row(account: Account) -> PersonRow:
    return PersonRow(
        name=account.name if not account.erased_at else "Deleted account",
        email=account.email if not account.erased_at else account.id,
        role=ROLE_LABELS.get(account.role, "None"),
        standing=account.standing,
        joined=times.short(account.created_at),
        seen=times.short(account.signed_in_at) if account.signed_in_at else "Never",
        href=routes.person(account.id),
    )
