"""How durations, counts and the parts of an address read on screen."""

from typing import Any
from urllib.parse import unquote

from courseflow_admin.field_sentences import counted
from courseflow_admin.models.core.amounts import Money


def short(title: str) -> str:
    """Two letters of a title, for its cover."""
    letters = [sign for sign in title if sign.isalnum()]
    return "".join(letters[:2]).capitalize() or title[:1]


def price_text(price: Money, *, free: bool) -> str:
    return "Free" if free else str(price)


def duration(minutes: int) -> str:
    """`45 min`, `3 h`, `1 h 20 min`."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h" if rest == 0 or hours >= 5 else f"{hours} h {rest} min"


def size(lessons: int, minutes: int) -> str:
    return f"{counted(lessons, 'lesson')}, {duration(minutes)}"


def address_part(state: Any, number: int) -> str:
    """One part of the path on screen: of `/learn/trees/les_1` part 1 is `trees`."""
    parts = str(state.router.url.path).strip("/").split("/")
    return unquote(parts[number]) if len(parts) > number else ""


def body_gone(kept_days: int | None) -> str:
    """What a page says in place of content that is kept no longer."""
    return "" if kept_days is None else f"Body deleted after {counted(kept_days, 'day')}"
