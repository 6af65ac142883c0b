"""The school: what everyone may know of it, and its settings for those who run it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.requests import Request

from courseflow_admin import routes
from courseflow_admin.api.core.dependencies import CurrentActor, body_of, read_json, takes
from courseflow_admin.api.core.errors import refusals
from courseflow_admin.config import settings
from courseflow_admin.models.core.accounts import Form
from courseflow_admin.models.core.permissions import Actor
from courseflow_admin.models.school.settings import (
    LONGEST_POLICY,
    POLICIES,
    PolicyName,
    SchoolChange,
    SchoolSettings,
)
from courseflow_admin.services.identity import second_factor_rule
from courseflow_admin.services.school import policies, school_logo
from courseflow_admin.services.school import settings as school_settings

router = APIRouter(prefix=routes.API, tags=["school"])
LARGEST_CHANGE = 4 * 3 * LONGEST_POLICY + 10_000  # a sign of a policy may be four bytes
# A picture at an address of its own content never changes; the plain address asks again.
IMMUTABLE, REVALIDATE = "public, max-age=31536000, immutable", "no-cache"


class PolicyView(BaseModel):
    version: int
    changed_at: datetime
    address: str


class School(BaseModel):
    name: str
    support_email: str
    logo: str | None
    currencies: list[str]
    policies: dict[PolicyName, PolicyView]

    @classmethod
    def of(cls, school: SchoolSettings) -> "School":
        origin = settings().origin
        return cls(
            name=school.name,
            support_email=school.support_email,
            logo=origin + routes.school_logo(school.logo.content_hash) if school.logo else None,
            currencies=school.currencies,
            policies={
                name: PolicyView(
                    version=policy.version,
                    changed_at=policy.changed_at,
                    address=origin + routes.policy(name),
                )
                for name in POLICIES
                if (policy := school.policy(name)).text and policy.changed_at
            },
        )


class PolicyText(BaseModel):
    name: PolicyName
    version: int
    changed_at: datetime | None
    text: str


class LogoView(BaseModel):
    address: str
    media_type: str
    width: int
    height: int


class Settings(BaseModel):
    """All of them, and the revision to send with a change.

    `admins_without_second_factor`: how many would have to set one up first, or have to now.
    """

    revision: int
    name: str
    support_email: str
    logo: LogoView | None
    currencies: list[str]
    seller_lines: list[str]
    tax_id_label: str
    tax_id: str
    tax_note: str
    terms: str
    privacy: str
    refunds: str
    second_factor_for_admins: bool
    disputes_suspend: bool
    tell_about_view_as: bool
    webhook_bodies_days: int
    email_bodies_days: int
    rejections_days: int
    sessions_days: int
    links_days: int
    admins_without_second_factor: int

    @classmethod
    async def of(cls, actor: Actor, school: SchoolSettings) -> "Settings":
        apart = {"logo", "admins_without_second_factor"}
        logo = school.logo
        view = LogoView(
            address=settings().origin + routes.school_logo(logo.content_hash),
            **logo.model_dump(include={"media_type", "width", "height"}),
        ) if logo else None  # fmt: skip
        return cls(
            logo=view,
            admins_without_second_factor=len(await second_factor_rule.admins_without(actor)),
            **{name: school.value(name) for name in cls.model_fields if name not in apart},
        )


class Change(Form):
    revision: Annotated[int, Field(ge=0, strict=True)]
    changes: SchoolChange


PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in ("image/png", "image/jpeg", "image/webp")}}
}


@router.get("/school")
async def school() -> School:
    """What everyone may know; only the policies there are."""
    return School.of(await school_settings.get())


@router.get("/school/policies/{policy}")
async def policy_text(policy: PolicyName, version: Annotated[int, Query(ge=0)] = 0) -> PolicyText:
    """A policy as Markdown: as it is, or an earlier `version` of it."""
    found = await policies.get(policy, version)
    return PolicyText(name=policy, **found.model_dump(include={"version", "changed_at", "text"}))


@router.get("/school/logo", response_class=Response, responses=refusals(404) | PICTURE)
async def logo(request: Request, v: Annotated[str, Query(max_length=64)] = "") -> Response:
    """The picture; 304 to whoever already has it."""
    known, content = await school_logo.get()
    tag = f'"{known.content_hash}"'
    headers = {"ETag": tag, "Cache-Control": IMMUTABLE if v == known.content_hash else REVALIDATE}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=known.media_type, headers=headers)


@router.get("/settings")
async def settings_now(actor: CurrentActor) -> Settings:
    return await Settings.of(actor, await school_settings.all_of_them(actor))


@router.patch("/settings", openapi_extra=takes(Change))
async def change(actor: CurrentActor, request: Request) -> Settings:
    """Change some: `{"revision", "changes": {…}}`; 409 with both values where someone else did."""
    form = await read_json(request, Change, LARGEST_CHANGE)
    return await Settings.of(
        actor, await second_factor_rule.change_settings(actor, form.changes, form.revision)
    )


@router.put(
    "/settings/logo",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("image/png", "image/jpeg", "image/webp")
            },
        }
    },
)
async def put_logo(actor: CurrentActor, request: Request) -> Settings:
    """The picture itself as the body; what it is we see by its content."""
    content = await body_of(request, school_logo.LARGEST_LOGO)
    return await Settings.of(actor, await school_logo.put(actor, content))


@router.delete("/settings/logo")
async def remove_logo(actor: CurrentActor) -> Settings:
    return await Settings.of(actor, await school_logo.remove(actor))
