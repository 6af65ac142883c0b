"""What two people changed, in words, for a form that asks which of both is to hold."""

from dataclasses import dataclass
from typing import Any


@dataclass
class Both:
    """A field that two people changed."""

    word: str
    mine: str
    theirs: str


def in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return "\n".join(value)
    return str(value)
