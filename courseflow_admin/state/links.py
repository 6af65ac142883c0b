"""What the pages of one-time links show: what their address says, and whether it still works."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.models.permissions import Permission
from courseflow_admin.services import one_time_links, school_settings, verification
from courseflow_admin.services.one_time_links import PROVES_ADDRESS, SETS_PASSWORD, LinkNotGood
from courseflow_admin.state import notices
from courseflow_admin.state.auth import PROBLEMS, AuthState, SignInState
from courseflow_admin.state.events import event
from courseflow_admin.state.marks import PUBLIC

LINK_PROBLEMS = {
    **PROBLEMS,
    "link_not_good": "This link was used already or is too old. Please ask for a new one.",
    "email_taken": "Another account has this e-mail address. Yours keeps the one it had.",
    "too_many": "Too many tries. Please wait a minute and try again.",
}


class LinkState(rx.State):
    """The secret stands in this tab's own address; it is put into the form that sends it."""

    done: str = ""
    token: str = ""
    signed_in: bool = False
    support: str = ""

    @event(PUBLIC)
    async def load(self):
        auth = await self.get_state(AuthState)
        frame = await self.get_state(SignInState)
        query = await frame._read_address(LINK_PROBLEMS, "problem", "done", "token")
        self.done, self.token = query["done"], query["token"][:200]
        self.signed_in = auth.signed_in
        self.support = (await school_settings.get()).support_email
        if self.token and not await self._works():
            self.token, frame.problem = "", LINK_PROBLEMS["link_not_good"]

    async def _works(self) -> bool:
        """Only a look: programs that open the links of e-mails use nothing up."""
        uses = SETS_PASSWORD if self.router.url.path == routes.RESET else PROVES_ADDRESS
        try:
            await one_time_links.look_at(self.token, uses)
        except LinkNotGood:
            return False
        return True

    @event(Permission.ACCOUNT_PRIVATE)
    async def resend(self):
        auth = await self.get_state(AuthState)
        await verification.resend(auth.actor())
        return notices.success("A new link is on its way.")
