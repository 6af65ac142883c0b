"""The school's name as it was saved in this tab, until the page is loaded anew."""

import reflex as rx


class SchoolState(rx.State):
    name: str = ""

    def _forget(self) -> None:
        """The page that was just loaded knows better: somebody else may have changed it since."""
        if self.name:
            self.name = ""
