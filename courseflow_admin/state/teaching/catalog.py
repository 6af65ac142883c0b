"""The catalog on screen: what is on sale, narrowed by what is in the address."""

from dataclasses import dataclass
from datetime import timedelta

import reflex as rx

from courseflow_admin import routes
from courseflow_admin.field_sentences import counted
from courseflow_admin.models.core import clock
from courseflow_admin.models.teaching.classroom import CatalogEntry
from courseflow_admin.models.teaching.courses import CATEGORIES, LEVELS
from courseflow_admin.services.teaching import catalog
from courseflow_admin.state.core.address import ListAddress
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.events import event
from courseflow_admin.state.core.lists import ListState
from courseflow_admin.state.core.marks import PUBLIC
from courseflow_admin.state.core.words import price_text, size
from courseflow_admin.state.teaching.course_card import CourseCard, cover_of

FILTERS = ("q", "category", "level")
KNOWN_CATEGORIES: dict[str, str] = {name: name for name in CATEGORIES}
KNOWN_LEVELS: dict[str, str] = {name: name.capitalize() for name in LEVELS}
SHOWN = 24
NEW_DAYS = 30


@dataclass
class CatalogCard(CourseCard):
    who: str
    price: str
    owned: bool
    new: bool
    size: str


class CatalogState(ListState, rx.State):
    """Filters live in the address; the controls only change it."""

    rows: list[CatalogCard] = []
    count_text: str = ""
    category: str = ""
    level: str = ""

    @event(PUBLIC, supersedes=True)
    async def load(self):
        address = ListAddress(routes.HOME, self.router.url, FILTERS, SHOWN)
        auth = await self.get_state(AuthState)
        self.category = address.one_of("category", KNOWN_CATEGORIES)
        level = address.one_of("level", KNOWN_LEVELS)
        self.level = KNOWN_LEVELS.get(level, "")
        self.filtered = any(address[name] for name in FILTERS)
        self.count_text = ""
        async with self._refusals(address):
            page = await catalog.search(
                address["q"], self.category, level, address.request(), auth._actor
            )
            self.rows = [_card(entry) for entry in page.rows]
            self._show_page(page, address, dated=False)
            more = "+" if page.more_than_total else ""
            self.count_text = counted(page.total, "course").replace(" ", more + " ", 1)


def _card(entry: CatalogEntry) -> CatalogCard:
    return CatalogCard(
        title=entry.title,
        href=routes.course(entry.slug),
        cover=cover_of(entry.title, entry.thumbnail),
        who=entry.owner_name,
        price=price_text(entry.price, free=entry.free),
        owned=entry.enrolled,
        new=entry.published_at > clock.business() - timedelta(days=NEW_DAYS),
        size=size(entry.lessons, entry.minutes),
    )
