"""A course where it is one of many: its cover, its title and where that leads."""

from dataclasses import dataclass

from courseflow_admin.models.teaching.courses import Thumbnail
from courseflow_admin.state.core.words import short


@dataclass
class Cover:
    """What components/cards.cover draws."""

    pattern: str
    hue: str
    short: str


@dataclass
class CourseCard:
    """What the lists of courses have in common; each adds its own."""

    title: str
    href: str
    cover: Cover


def cover_of(title: str, thumbnail: Thumbnail | None) -> Cover:
    """A course without a thumbnail has a plain one."""
    if thumbnail is None:
        return Cover("", "iris", short(title))
    return Cover(thumbnail.pattern, thumbnail.hue, short(title))
