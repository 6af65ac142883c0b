"""What the pages of one-time links show: what their address says, and whether it still works."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.services.identity import one_time_links, verification
from courseflow_admin.services.identity.one_time_links import (
    PROVES_ADDRESS,
    SETS_PASSWORD,
    LinkNotGood,
)
from courseflow_admin.services.identity.verification import VerifiedAlready
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.state.core.auth import PROBLEMS, AuthState, SignInState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.marks import PUBLIC

LINK_PROBLEMS = {
    **PROBLEMS,
    "link_not_good": "This link has already been used or has expired. Request a new one.",
    "email_taken": "Another account uses this e-mail address. Yours has not changed.",
    "too_many": "Too many attempts. Wait a minute and try again.",
}


class LinkState(rx.State):
    """The secret is in this tab's own address; it is put into the form that sends it."""

    done: str = ""
    token: str = ""
    signed_in: bool = False
    email: str = ""  # of who is signed in
    confirmed: bool = False  # it is already proved, so that no other link is needed
    sent_to: str = ""  # where another link has just gone
    support: str = ""
    _said: str = ""  # of a link that does not work

    @event(PUBLIC)
    async def load(self):
        auth = await self.get_state(AuthState)
        frame = await self.get_state(SignInState)
        query = await frame._read_address(LINK_PROBLEMS, "problem", "done", "token")
        self.done, self.token = query["done"], query["token"][:200]
        self.signed_in, self.email, self.sent_to = auth.signed_in, auth.email, ""
        self.support = (await school_settings.get()).support_email
        if self.token and (problem := await self._problem()):
            self.token = ""
            frame._say(problem)
        self.confirmed = auth.signed_in and auth.actor().verified
        if self.confirmed and self._is(routes.VERIFY):
            self._take_back(frame)
        return frame._to_first_error()

    async def _problem(self) -> str:
        """Only a look: programs that open the links of e-mails use nothing up."""
        uses = SETS_PASSWORD if self._is(routes.RESET) else PROVES_ADDRESS
        try:
            await one_time_links.look_at(self.token, uses)
        except LinkNotGood as problem:
            self._said = problem.message
            return self._said
        return ""

    def _is(self, page: str) -> bool:
        return bool(self.router.url.path == page)

    @event(Permission.ACCOUNT_PRIVATE)
    async def resend(self):
        """Another link to confirm the address of the account; the page itself says so."""
        auth = await self.get_state(AuthState)
        try:
            await verification.resend(auth.actor())
            self.sent_to = self.email
        except VerifiedAlready:
            self.confirmed = True
        self._take_back(await self.get_state(SignInState))

    def _take_back(self, frame: SignInState) -> None:
        """No need to ask for a new link any more."""
        if frame.problem in (LINK_PROBLEMS["link_not_good"], self._said):
            frame.problem = ""
