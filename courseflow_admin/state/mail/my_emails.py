"""What was sent to the one who is signed in."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.services.mail import emails
from courseflow_admin.state.core.address import ListAddress
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.lists import ListState
from courseflow_admin.state.mail.emails import EmailRow, row_of


class MyEmailsState(ListState, rx.State):
    rows: list[EmailRow] = []

    @event(Permission.ACCOUNT_OWN, supersedes=True)
    async def load(self):
        address = ListAddress(routes.MY_EMAILS, self.router.url, ())
        auth = await self.get_state(AuthState)
        async with self._refusals(address):
            page = await emails.mine(auth.actor(), address.request())
            self.rows = [row_of(email) for email in page.rows]
            self._show_page(page, address)
