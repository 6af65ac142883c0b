"""The catalog on screen: what is on sale, narrowed by what stands in the address."""

from dataclasses import dataclass
from datetime import timedelta

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.errors import Invalid
from courseflow_admin.field_sentences import counted
from courseflow_admin.models.core import clock
from courseflow_admin.models.teaching.classroom import CatalogEntry
from courseflow_admin.models.teaching.courses import CATEGORIES, LEVELS
from courseflow_admin.services.teaching import catalog
from courseflow_admin.state.core.address import PAGING, query_of
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.marks import PUBLIC
from courseflow_admin.state.core.words import asked_page, price_text, short, size

FILTERS = ("q", "category", "level")
SHOWN = 24
NEW_DAYS = 30


@dataclass
class CourseCard:
    title: str
    subtitle: str
    href: str
    who: str
    pattern: str
    hue: str
    short: str
    price: str
    owned: bool
    new: bool
    size: str


class CatalogState(rx.State):
    """Filters live in the address; the controls only change it."""

    view: str = "loading"  # loading, rows, empty (nothing on sale), nothing (found), error
    error: str = ""
    cards: list[CourseCard] = []
    count_text: str = ""
    range_text: str = ""
    q: str = ""
    category: str = ""
    level: str = ""
    previous_href: str = ""
    next_href: str = ""

    @event(PUBLIC, supersedes=True)
    async def load(self):
        auth = await self.get_state(AuthState)
        try:
            query = query_of(self.router.url, *FILTERS, *PAGING)
            q = query["q"]
            category, level = query["category"], query["level"]
            page = await catalog.search(q, category, level, asked_page(query, SHOWN), auth._actor)
        except Invalid as problem:
            self.view, self.error, self.count_text = "error", problem.message, ""
            self.q = self.category = self.level = ""
            return
        self.q, self.category = q, category if category in CATEGORIES else ""
        self.level = level.capitalize() if level in LEVELS else ""
        self.cards = [_card(entry) for entry in page.rows]
        more = "+" if page.more_than_total else ""
        self.count_text = f"{counted(page.total, 'course').replace(' ', more + ' ', 1)}"
        self.range_text = page.range_text
        first = page.first + len(page.rows)
        self.next_href = self._href(after=page.next_cursor, first=first) if page.next_cursor else ""
        before = max(1, page.first - SHOWN)
        self.previous_href = (
            self._href(before=page.previous_cursor, first=before) if page.previous_cursor else ""
        )
        narrowed = q or category or level
        self.view = "rows" if self.cards else "nothing" if narrowed else "empty"

    def _href(self, **changes: str | int) -> str:
        now_shown = {"q": self.q, "category": self.category, "level": self.level.lower()}
        return routes.with_query(routes.HOME, **(now_shown | changes))


def _card(entry: CatalogEntry) -> CourseCard:
    return CourseCard(
        title=entry.title,
        subtitle=entry.subtitle,
        href=routes.course(entry.slug),
        who=entry.owner_name,
        pattern=entry.thumbnail.pattern,
        hue=entry.thumbnail.hue,
        short=short(entry.title),
        price=price_text(entry.price, free=entry.free),
        owned=entry.enrolled,
        new=entry.published_at > clock.business() - timedelta(days=NEW_DAYS),
        size=size(entry.lessons, entry.minutes),
    )
