"""Writes on one's own account, and on the copies of its name and address elsewhere."""

from datetime import datetime

from courseflow_admin.db.core.accounts import ACTIVE
from courseflow_admin.db.core.client import Row, collection, require_transaction
from courseflow_admin.models.core.accounts import DELETED_NAME, Account
from courseflow_admin.models.core.search_words import words_of
from courseflow_admin.models.mail.emails import EmailState


async def verify(account_id: str, email: str, at: datetime) -> Account | None:
    """None unless the account still has the address that was proved."""
    return await _set({"_id": account_id, "email": email}, {"verified_at": at})


async def set_email(account_id: str, email: str, at: datetime) -> Account | None:
    """A new address that was proved; Duplicate when another account has it."""
    return await _set({"_id": account_id}, {"email": email, "verified_at": at})


async def set_name(account_id: str, name: str) -> Account | None:
    return await _set({"_id": account_id}, {"name": name, "name_words": words_of(name)})


async def set_zone(account_id: str, zone: str) -> Account | None:
    return await _set({"_id": account_id}, {"zone": zone})


async def set_password(
    account_id: str, former_hash: str, password_hash: str, verified_at: datetime | None
) -> Account | None:
    """None when the password was changed since `former_hash` was read."""
    return await _set(
        {"_id": account_id, "password_hash": former_hash},
        {"password_hash": password_hash, "verified_at": verified_at},
    )


async def erase(account_id: str, at: datetime) -> Account | None:
    """Leave the row, without what says whose it was.

    The address is unique, so the id replaces it: no address, no one can use it.
    """
    blanks: Row = {
        "email": f"deleted {account_id}",
        "name": DELETED_NAME,
        "name_words": [],
        "password_hash": "",
        "bio": "",
        "zone": "",
        "billing": None,
        "verified_at": None,
        "signed_in_at": None,
        "erased_at": at,
    }
    await collection("courses").update_many(
        {"co_instructor_ids": account_id}, {"$pull": {"co_instructor_ids": account_id}}
    )
    return await _set({"_id": account_id}, blanks)


async def hold_another(account_id: str, role: str) -> bool:
    """Whether someone else has `role`, who cannot lose it before this transaction ends."""
    require_transaction()
    result = await collection("accounts").update_one(
        {"_id": {"$ne": account_id}, "role": role, **ACTIVE}, {"$inc": {"held": 1}}
    )
    return result.matched_count == 1


async def hold(account_id: str) -> None:
    """Of two transactions that hold the same account the later one is run again after the other."""
    require_transaction()
    await collection("accounts").update_one({"_id": account_id}, {"$inc": {"held": 1}})


async def owns_courses(account_id: str) -> bool:
    return await collection("courses").count({"owner_id": account_id}, limit=1) > 0


async def copy_person(account_id: str, name: str, email: str) -> None:
    """Bring the copies for lists and searches up to date, in the change's transaction."""
    require_transaction()
    mine = {"account_id": account_id}
    await collection("payments").update_many(mine, {"$set": {"name": name, "email": email}})
    learner = {"learner_name": name, "learner_email": email}
    await collection("enrollments").update_many(mine, {"$set": learner})


async def copy_author(account_id: str, name: str) -> None:
    await collection("courses").update_many(
        {"owner_id": account_id}, {"$set": {"owner_name": name}}
    )


async def forget_names(account_id: str) -> None:
    """Blank the copies that keep a name as it was: on receipts to come, and under versions.

    The country of a payment stays, because taxes are counted by it.
    """
    require_transaction()
    mine = {"account_id": account_id}
    await collection("payments").update_many(mine, {"$set": {"billing_name": ""}})
    await collection("course_versions").update_many({"by": account_id}, {"$set": {"by_name": ""}})


def _received(account_id: str, email: str) -> Row:
    """E-mails to an account, and those to its address before there was one (invitations)."""
    return {"$or": [{"account_id": account_id}, {"to": email, "account_id": ""}]}


async def payments_and_emails(account_id: str, email: str) -> tuple[list[str], list[str]]:
    """The ids of what others may have written to us about."""
    payments = await collection("payments").find({"account_id": account_id}, projection={"_id": 1})
    received = await collection("emails").find(_received(account_id, email), projection={"_id": 1})
    return [row["_id"] for row in payments], [row["_id"] for row in received]


async def blank_emails(account_id: str, email: str, at: datetime) -> None:
    """Keep of each e-mail only that it was sent and the result; what still waits is not sent."""
    require_transaction()
    theirs = _received(account_id, email)
    stopped = {
        "state": EmailState.FAILED,
        "state_at": at,
        "error": "The account was deleted before this e-mail was sent.",
    }
    await collection("emails").update_many(
        {**theirs, "state": EmailState.QUEUED, "provider_id": ""}, {"$set": stopped}
    )
    blanks = {"to": "", "to_name": "", "html": "", "text": ""}
    await collection("emails").update_many(theirs, {"$set": blanks})


async def forget_traces(account_id: str) -> None:
    """Blank who it was in ended sessions and in the audit log."""
    require_transaction()
    nobody = {"name": "", "email": "", "user_agent": "", "ip": ""}
    await collection("sessions").update_many({"account_id": account_id}, {"$set": nobody})
    for part in ("actor", "viewer"):
        await collection("audit").update_many(
            {f"{part}_id": account_id}, {"$set": {f"{part}_name": ""}}
        )
    names = {"facts.before.name": "", "facts.after.name": ""}
    await collection("audit").update_many(
        {"object_id": account_id, "act": "account.renamed"}, {"$set": names}
    )


async def _set(where: Row, fields: Row) -> Account | None:
    row = await collection("accounts").find_one_and_update({**where, **ACTIVE}, {"$set": fields})
    return Account.from_mongo(row) if row else None
