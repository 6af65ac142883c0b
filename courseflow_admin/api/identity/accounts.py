"""Accounts over HTTP: oneself, and people for those who may see them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import CurrentActor, FirstDay, LastDay, Paging
from courseflow_admin.api.core.lists import PageView
from courseflow_admin.models.core.accounts import Account
from courseflow_admin.models.core.periods import Period
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.services.identity import accounts

router = APIRouter(prefix=routes.API, tags=["accounts"])


class AccountView(BaseModel):
    """An account as others may read it: without its hash and what it is billed to."""

    id: str
    email: str
    name: str
    role: str
    verified: bool
    suspended: bool
    created_at: datetime

    @classmethod
    def of(cls, account: Account) -> "AccountView":
        return cls(
            id=account.id,
            email=account.email,
            name=account.name,
            role=account.role,
            verified=account.verified_at is not None,
            suspended=account.suspended_at is not None,
            created_at=account.created_at,
        )


class Me(AccountView):
    """One's own account, with what only its owner reads of it."""

    zone: str = Field(description="Time zone one sees times in; empty: the browser's.")
    permissions: list[str]

    @classmethod
    def of_actor(cls, account: Account, actor: Actor) -> "Me":
        view = AccountView.of(account).model_dump()
        return cls(**view, zone=account.zone, permissions=sorted(actor.permissions))


@router.get("/me")
async def me(actor: CurrentActor) -> Me:
    """The account that is asking, and what it may do."""
    return Me.of_actor(await accounts.get(actor, actor.id), actor)


@router.get("/accounts")
async def search(
    actor: CurrentActor,
    page: Paging,
    q: Annotated[str, Query(max_length=254)] = "",
    email: Annotated[str, Query(max_length=254)] = "",
    role: Annotated[str, Query(max_length=20)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    first_day: FirstDay = "",
    last_day: LastDay = "",
) -> PageView[AccountView]:
    """People, newest first; `email` is the beginning of an address and sorts by address.

    `q`: each of its words begins one of the name, or it is the beginning of an address.
    `state` is `active`, `unverified`, `suspended`, `deleted` or `present`, which is all but
    deleted; without it there are all. Days are those of joining, in the school's time zone.
    """
    found = await accounts.search(
        actor,
        page,
        q=q,
        email_prefix=email,
        role=role,
        standing=state,
        period=Period.parse(first_day, last_day),
    )
    return PageView[AccountView].of(found, AccountView.of)


@router.get("/accounts/{account_id}")
async def get(actor: CurrentActor, account_id: str) -> AccountView:
    return AccountView.of(await accounts.get(actor, account_id))
