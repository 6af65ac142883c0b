"""What was sent to the one who is signed in."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.errors import CourseFlowError, NotSignedIn
from courseflow_admin.models.permissions import Permission
from courseflow_admin.services import emails_log
from courseflow_admin.state import times
from courseflow_admin.state.address import ListAddress
from courseflow_admin.state.auth import AuthState
from courseflow_admin.state.emails import EmailRow, row_of
from courseflow_admin.state.events import event


class MyEmailsState(rx.State):
    view: str = "loading"
    rows: list[EmailRow] = []
    error: str = ""
    range_text: str = ""
    previous_href: str = ""
    next_href: str = ""

    @event(Permission.ACCOUNT_OWN, supersedes=True)
    async def load(self):
        address = ListAddress(routes.MY_EMAILS, self.router.url.query_parameters, ())
        auth = await self.get_state(AuthState)
        try:
            page = await emails_log.mine(auth.actor(), address.request())
        except NotSignedIn:
            raise
        except CourseFlowError as problem:
            self.view, self.error = "error", problem.message
            return
        self.rows = [row_of(email) for email in page.rows]
        self.range_text = f"{page.range_text} · {times.zone()}"
        self.previous_href = address.previous(page)
        self.next_href = address.next(page)
        self.view = "rows" if page.rows else "empty"
