"""What every stored document has: an id, and a way to and from MongoDB."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field
from ulid import ULID


def new_id(prefix: str) -> str:
    """`pay` -> `pay_01j…`: 26 lower-case ULID characters, so ids sort by time of creation."""
    return f"{prefix}_{str(ULID()).lower()}"


def id_at(prefix: str, instant: datetime) -> str:
    """Like `new_id`, for something that happened at `instant` (imports and the demo school)."""
    return f"{prefix}_{str(ULID.from_datetime(instant)).lower()}"


class Piece(BaseModel):
    """Part of a document."""

    model_config = ConfigDict(populate_by_name=True, extra="ignore")

    def to_mongo(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True)

    @classmethod
    def from_mongo(cls, row: dict[str, Any]) -> Self:
        return cls.model_validate(row)


class Document(Piece):
    """A document of its own collection."""

    id: str = Field(alias="_id")
