"""What pages know of the school beyond what they were served with."""

import reflex as rx

from courseflow_admin.services.school import support


class SchoolState(rx.State):
    name: str = ""  # as it was saved in this tab, until the page is reloaded
    support: str = ""  # whom to write to, on a page that no one can help themselves with

    async def _name_support(self, *, helps: bool = True) -> None:
        self.support = await support.address() if helps else ""

    def _forget(self) -> None:
        """The page that was just loaded knows better: someone else may have changed it since."""
        if self.name:
            self.name = ""
        if self.support:
            self.support = ""
