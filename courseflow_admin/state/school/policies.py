"""One of the school's policies, read from the address: as it is, or an earlier version."""

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.errors import NotFound
from courseflow_admin.models.school.settings import POLICIES, PolicyName
from courseflow_admin.services.school import policies
from courseflow_admin.services.teaching import markdown
from courseflow_admin.state.core import times
from courseflow_admin.state.core.address import query_of
from courseflow_admin.state.core.details import DetailState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.marks import PUBLIC


class PolicyState(DetailState, rx.State):
    html: str = ""
    note: str = ""
    newest_href: str = ""  # when an earlier one is shown

    @event(PUBLIC, supersedes=True)
    async def load(self):
        name = self.router.url.path.strip("/")
        self._turn_to(name)
        known: PolicyName | None = next((one for one in POLICIES if one == name), None)
        async with self._refusals():
            if known is None:
                raise NotFound("policy")
            asked = query_of(self.router.url, "version")["version"]
            version = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 9 else 0
            found = await policies.get(known, version)
            in_force = await policies.in_force(known)
            self.html = markdown.to_html(found.text)
            since = f", since {times.day(found.changed_at)}" if found.changed_at else ""
            self.note = f"Version {found.version}{since}"
            self.newest_href = routes.policy(known) if found.version != in_force else ""
            self.view = "there"
