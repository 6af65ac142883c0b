"""What two people changed at one time: each field as one wants it and as the other left it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_jsonable_python


@dataclass(frozen=True)
class Difference:
    """One field that two people changed: as the caller wants it, and as it stands now."""

    field: str
    mine: Any
    theirs: Any


def as_facts(differences: Iterable[Difference], revision: int) -> Mapping[str, Any]:
    """For programs: both values of each field, and the revision to save on top of."""
    both = {one.field: {"mine": one.mine, "theirs": one.theirs} for one in differences}
    found: dict[str, Any] = to_jsonable_python({"revision": revision, "differences": both})
    return found
