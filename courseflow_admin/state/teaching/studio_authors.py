"""The authors of the course in the studio: who they are, and who is added or removed."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

import reflex as rx
from pydantic import StringConstraints

from courseflow_admin.errors import CourseFlowError, NotSignedIn
from courseflow_admin.models.core.addresses import LONGEST_EMAIL
from courseflow_admin.models.core.permissions import Actor, Permission
from courseflow_admin.models.teaching.courses import Course
from courseflow_admin.services.school import support
from courseflow_admin.services.teaching import co_instructors, course_rights
from courseflow_admin.state.core import notices
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import Form, event
from courseflow_admin.state.core.words import address_part


@dataclass
class CoAuthor:
    id: str
    name: str


class AuthorForm(Form):
    email: Annotated[str, StringConstraints(max_length=LONGEST_EMAIL)]


class StudioAuthorsState(rx.State):
    """The list, and the one dialog that is open over it."""

    view: str = "loading"  # loading, list, error
    problem: str = ""
    course: str = ""  # its title
    owner: str = ""
    others: list[CoAuthor] = []
    dialog: str = ""  # add, remove, owner
    asked_id: str = ""  # who is to be removed
    asked_name: str = ""
    wrong: str = ""  # why the open dialog could not do it
    busy: bool = False
    _id: str = ""

    @event(Permission.COURSES_EDIT, supersedes=True)
    async def load(self):
        asked, self.dialog = address_part(self, 1), ""
        if asked != self._id:
            self.view, self._id = "loading", asked
            self.course, self.owner, self.others = "", "", []
            yield
        try:
            await self._refresh()
        except NotSignedIn:
            raise
        except CourseFlowError as problem:
            self.course, self.owner, self.others = "", "", []
            self.view, self.problem = "error", await support.sentence(problem)

    @event(Permission.COURSES_EDIT)
    async def show_add(self, is_open: bool):
        self._open("add" if is_open else "")

    @event(Permission.COURSES_EDIT)
    async def add(self, form: AuthorForm):
        async for step in self._do(
            lambda actor: co_instructors.add(actor, self._id, form.email),
            lambda _course: f"{form.email} is a co-instructor of this course.",
        ):
            yield step

    @event(Permission.COURSES_EDIT)
    async def ask_remove(self, account_id: str):
        """Open the dialog that names whom, and from what."""
        known = next((one for one in self.others if one.id == account_id), None)
        if known is not None:
            self.asked_id, self.asked_name = known.id, known.name
            self._open("remove")

    @event(Permission.COURSES_EDIT)
    async def close_remove(self, is_open: bool):
        if not is_open:
            self._open("")

    @event(Permission.COURSES_EDIT)
    async def remove(self, account_id: str):
        async for step in self._do(
            lambda actor: co_instructors.remove(actor, self._id, account_id),
            lambda _course: f"{self.asked_name} is no longer a co-instructor of this course.",
        ):
            yield step

    @event(Permission.COURSES_EDIT_ALL)
    async def show_owner(self, is_open: bool):
        self._open("owner" if is_open else "")

    @event(Permission.COURSES_EDIT_ALL)
    async def change_owner(self, form: AuthorForm):
        async for step in self._do(
            lambda actor: co_instructors.change_owner(actor, self._id, form.email),
            lambda course: f"{course.owner_name} owns this course.",
        ):
            yield step

    def _open(self, dialog: str) -> None:
        self.dialog, self.wrong = dialog, ""

    async def _do(
        self, act: Callable[[Actor], Awaitable[Course]], said: Callable[[Course], str]
    ) -> AsyncGenerator[Any]:
        """One act on the authors; a refusal stays in the dialog, in words."""
        if self.busy:
            return
        self.busy, self.wrong = True, ""
        yield
        try:
            course = await act((await self.get_state(AuthState)).actor())
            await self._refresh()
            self.dialog = ""
            yield notices.success(said(course))
        except NotSignedIn:
            raise
        except CourseFlowError as problem:
            self.wrong = await support.sentence(problem)
        finally:
            self.busy = False

    async def _refresh(self) -> None:
        actor = (await self.get_state(AuthState)).actor()
        course = await course_rights.get(actor, self._id)
        others = await co_instructors.get(actor, self._id)
        self.course, self.owner = course.title, course.owner_name
        self.others = [CoAuthor(one.id, one.name) for one in others]
        self.view = "list"
