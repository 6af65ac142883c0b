"""The page behind an invitation's link: who is invited to what, and what they have to do."""

import reflex as rx

from courseflow_admin.errors import CourseFlowError, Unavailable
from courseflow_admin.models.core.accounts import AS_ROLE, MAY
from courseflow_admin.services.identity import invitations
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.school import support
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import last_part
from courseflow_admin.state.core.auth import PROBLEMS, AuthState, SignInState, typed
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.marks import PUBLIC

ONCE_MORE = {
    **PROBLEMS,
    "too_many": "Too many attempts. Wait a minute and try again.",
    "confirm_first": "Confirm your e-mail address first, using the link we sent you.",
}


class InvitationState(rx.State):
    """The secret is in this tab's own address; it is put into the form that sends it."""

    view: str = "loading"  # or the way to take it, or "over"
    token: str = ""
    email: str = ""
    offer: str = ""  # "Rosa Admin invites you to CourseFlow as an instructor."
    gives: str = ""  # what the role may do
    until: str = ""
    signed_in_as: str = ""
    name: str = ""
    over: str = ""
    here: str = ""  # this page's path, to come back to after signing in
    support: str = ""

    @event(PUBLIC)
    async def load(self):
        auth = await self.get_state(AuthState)
        frame = await self.get_state(SignInState)
        query = await frame._read_address(ONCE_MORE, "said")
        self.token, self.here = last_part(self)[:200], self.router.url.path
        school = await school_settings.get()
        self.support = school.support_email
        self.signed_in_as = auth.email
        self.name = typed(self.router.headers.cookie).get("name", "") if query["said"] else ""
        actor = auth.actor() if auth.signed_in else None
        try:
            seen = await invitations.look_at(actor, self.token)
        except Unavailable:
            raise
        except CourseFlowError as problem:
            self.view, self.over = "over", await support.sentence(problem)
            frame._say("")
            return None
        self.email, self.view = seen.email, seen.way
        self.offer = f"{seen.inviter} has invited you to {school.name} as {AS_ROLE[seen.role]}."
        self.gives = f"You can {MAY[seen.role]}."
        self.until = times.long(seen.expires_at)
        return frame._to_first_error()
