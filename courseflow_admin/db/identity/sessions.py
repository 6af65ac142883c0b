"""Queries on sessions: one indexed read answers who is asking."""

from datetime import datetime

from courseflow_admin.db.core.client import Row, collection
from courseflow_admin.db.school.settings import SCHOOL
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.identity.sessions import Session, SessionKind

THE_RULE: list[Row] = [
    {
        "$lookup": {
            "from": "school",
            "as": "school",
            "pipeline": [
                {"$match": {"_id": SCHOOL}},
                {"$project": {"asks": "$settings.second_factor_for_admins"}},
            ],
        }
    },
    {"$set": {"second_factor_asked": {"$ifNull": [{"$first": "$school.asks"}, False]}}},
    {"$unset": "school"},
]


def open_at(at: datetime) -> Row:
    """A TTL index deletes up to a minute late, so that every read asks for itself."""
    return {"ended_at": None, "expires_at": {"$gt": at}}


async def add(session: Session) -> None:
    await collection("sessions").insert_one(session.to_mongo())


async def find_open(session_id: str, at: datetime) -> Session | None:
    return await _one({"_id": session_id, **open_at(at)})


async def find_open_by_token(token_hash: str, kind: SessionKind, at: datetime) -> Session | None:
    return await _one({"token_hash": token_hash, "kind": kind, **open_at(at)})


async def end_reason_of(token_hash: str) -> str:
    """Of a browser session; nothing while it is open, and when its row is gone."""
    row = await collection("sessions").find_one({"token_hash": token_hash, "kind": "browser"})
    return str(row.get("end_reason", "")) if row else ""


async def _one(where: Row) -> Session | None:
    """With what the school's settings ask of it, in the same read: a copy could be too old."""
    rows = await collection("sessions").aggregate([{"$match": where}, {"$limit": 1}, *THE_RULE])
    return _read(rows[0] if rows else None)


async def open_of(account_id: str, at: datetime, limit: int = 100) -> list[Session]:
    """The account's open sessions, the one last used first."""
    rows = await collection("sessions").find(
        {"account_id": account_id, **open_at(at)}, sort=[("last_used_at", -1)], limit=limit
    )
    return [Session.from_mongo(row) for row in rows]


async def touch(session: Session, at: datetime) -> None:
    """Note a use and move the idle end; of several at once one writes."""
    await collection("sessions").update_one(
        {"_id": session.id, "last_used_at": session.last_used_at, "ended_at": None},
        {"$set": {"last_used_at": at, "expires_at": session.end_if_used_at(at)}},
    )


async def rotate(session: Session, old: str, new: str, at: datetime) -> Session | None:
    """Exchange the good refresh token; None unless `old` is still the one, so only one caller wins.

    One atomic update: of twenty at the same moment nineteen do not match any more.
    """
    return _read(
        await collection("sessions").find_one_and_update(
            {"_id": session.id, "refresh_hash": old, **open_at(at)},
            {
                "$set": {
                    "refresh_hash": new,
                    "previous_hash": old,
                    "rotated_at": at,
                    "last_used_at": at,
                    "expires_at": session.end_if_used_at(at),
                }
            },
        )
    )


async def end(session_id: str, at: datetime, reason: str) -> bool:
    """Whether it was open until now."""
    result = await collection("sessions").update_one(
        {"_id": session_id, "ended_at": None}, {"$set": {"ended_at": at, "end_reason": reason}}
    )
    return result.modified_count == 1


async def end_all(account_id: str, at: datetime, reason: str) -> int:
    result = await collection("sessions").update_many(
        {"account_id": account_id, "ended_at": None},
        {"$set": {"ended_at": at, "end_reason": reason}},
    )
    return result.modified_count


async def end_others(account_id: str, but_id: str, at: datetime, reason: str) -> int:
    result = await collection("sessions").update_many(
        {"account_id": account_id, "_id": {"$ne": but_id}, "ended_at": None},
        {"$set": {"ended_at": at, "end_reason": reason}},
    )
    return result.modified_count


async def set_second_factor(account_id: str, *, on: bool) -> None:
    """In the transaction that switches it on or off."""
    await collection("sessions").update_many(
        {"account_id": account_id, "ended_at": None}, {"$set": {"second_factor": on}}
    )


async def copy_account(account: Account) -> None:
    """Bring the copies in the account's open sessions up to date, in the change's transaction."""
    await collection("sessions").update_many(
        {"account_id": account.id, "ended_at": None},
        {
            "$set": {
                "role": account.role,
                "name": account.name,
                "email": account.email,
                "verified": account.verified_at is not None,
                "zone": account.zone,
            }
        },
    )


def _read(row: Row | None) -> Session | None:
    return Session.from_mongo(row) if row else None
