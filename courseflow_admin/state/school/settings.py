"""The page of the school's settings: five forms, each saved separately."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import reflex as rx
from pydantic import RootModel, ValidationError, field_validator

from courseflow_admin import routes
from courseflow_admin.errors import Conflict, Invalid
from courseflow_admin.field_sentences import counted, listed, sentence
from courseflow_admin.models.core import clock
from courseflow_admin.models.core.amounts import CURRENCIES
from courseflow_admin.models.core.permissions import Permission
from courseflow_admin.models.school.settings import (
    POLICIES,
    SchoolChange,
    SchoolSettings,
    SettingsChangedMeanwhile,
)
from courseflow_admin.services.identity import second_factor_rule
from courseflow_admin.services.school import school_logo
from courseflow_admin.services.school import settings as school_settings
from courseflow_admin.services.teaching import prices
from courseflow_admin.state.core import notices, times
from courseflow_admin.state.core.auth import AuthState
from courseflow_admin.state.core.details import DetailState
from courseflow_admin.state.core.differences import Both, in_words
from courseflow_admin.state.core.events import Form, event
from courseflow_admin.state.core.school import SchoolState

PERIODS = (
    "webhook_bodies_days",
    "email_bodies_days",
    "rejections_days",
    "sessions_days",
    "links_days",
)
GROUPS = {
    "school": ("name", "support_email"),
    "currencies": ("currencies",),
    "receipts": ("seller_lines", "tax_id_label", "tax_id", "tax_note"),
    "policies": ("terms", "privacy", "refunds"),
    "rules": ("second_factor_for_admins", "disputes_suspend", "tell_about_view_as"),
    "retention": PERIODS,
}
WORDS = {
    "name": "Name",
    "support_email": "Support address",
    "currencies": "Currencies",
    "seller_lines": "Seller",
    "tax_id_label": "Tax ID type",
    "tax_id": "Tax ID",
    "tax_note": "Tax note",
    "terms": "Terms",
    "privacy": "Privacy policy",
    "refunds": "Refund policy",
    "second_factor_for_admins": "Second factor for admins",
    "disputes_suspend": "Disputes suspend access",
    "tell_about_view_as": "Tell people about View as",
    "webhook_bodies_days": "Webhook bodies",
    "email_bodies_days": "E-mail content",
    "rejections_days": "Rejected webhooks",
    "sessions_days": "Ended sessions",
    "links_days": "Used and expired links",
}


class SchoolForm(Form):
    name: str
    support_email: str


class CurrenciesForm(RootModel[dict[str, Literal["on"]]]):
    """The boxes that are ticked, each of a currency we know."""

    @field_validator("root")
    @classmethod
    def _known(cls, boxes: dict[str, str]) -> dict[str, str]:
        if boxes.keys() - {box_of(code) for code in CURRENCIES}:
            raise ValueError("Choose currencies from the list.")
        return boxes


class ReceiptsForm(Form):
    seller_lines: str
    tax_id_label: str
    tax_id: str
    tax_note: str


class PoliciesForm(Form):
    terms: str
    privacy: str
    refunds: str


class RulesForm(Form):
    second_factor_for_admins: bool = False
    disputes_suspend: bool = False
    tell_about_view_as: bool = False


class RetentionForm(Form):
    """Days, as they are typed."""

    webhook_bodies_days: str
    email_bodies_days: str
    rejections_days: str
    sessions_days: str
    links_days: str


@dataclass
class CurrencyRow:
    code: str
    sold: bool
    note: str


@dataclass
class Values:
    """What the fields begin with."""

    name: str = ""
    support_email: str = ""
    seller_lines: str = ""
    tax_id_label: str = ""
    tax_id: str = ""
    tax_note: str = ""
    terms: str = ""
    privacy: str = ""
    refunds: str = ""
    second_factor_for_admins: bool = False
    disputes_suspend: bool = False
    tell_about_view_as: bool = False
    webhook_bodies_days: int = 0
    email_bodies_days: int = 0
    rejections_days: int = 0
    sessions_days: int = 0
    links_days: int = 0
    logo: str = ""  # its address
    logo_size: str = ""
    policy_notes: dict[str, str] = field(default_factory=dict)


class SettingsState(DetailState, rx.State):
    values: Values = Values()
    currencies: list[CurrencyRow] = []
    keys: dict[str, int] = dict.fromkeys(GROUPS, 0)  # a new one fills a form again
    says: dict[str, str] = dict.fromkeys(GROUPS, "")  # beside its button
    wrong: dict[str, str] = {}  # field -> what is wrong with it
    saving: str = ""
    settled: str = ""  # the last save, for the browser: which form, whether saved, a counter
    conflict_in: str = ""
    conflicts: list[Both] = []
    logo_problem: str = ""
    removing_logo: bool = False
    without_factor: str = ""  # how many admins have no second factor
    own_missing: bool = False  # and whether this one is among them
    _loaded: SchoolSettings | None = None  # as the forms were filled
    _seen: dict[str, int] = {}  # field -> the revision of which it was read
    _wanted: dict[str, Any] = {}  # what a refused save would have changed
    _newest: int = 0  # the revision it was refused for

    @event(Permission.SETTINGS_CHANGE, supersedes=True)
    async def load(self):
        self.wrong, self.conflict_in, self.logo_problem, self.removing_logo = {}, "", "", False
        self.says = dict.fromkeys(GROUPS, "")
        async with self._refusals():
            await self._adopt(*await self._changed_groups())
            self.view = "there"

    @event(Permission.SETTINGS_CHANGE)
    async def save_school(self, form: SchoolForm):
        self.saving = "school"
        yield
        yield await self._save("school", form.model_dump())

    @event(Permission.SETTINGS_CHANGE)
    async def save_currencies(self, form: CurrenciesForm):
        self.saving = "currencies"
        yield
        sold = [code for code in CURRENCIES if box_of(code) in form.root]
        yield await self._save("currencies", {"currencies": sold})

    @event(Permission.SETTINGS_CHANGE)
    async def save_receipts(self, form: ReceiptsForm):
        self.saving = "receipts"
        yield
        lines = [line.strip() for line in form.seller_lines.splitlines() if line.strip()]
        yield await self._save("receipts", form.model_dump() | {"seller_lines": lines})

    @event(Permission.SETTINGS_CHANGE)
    async def save_policies(self, form: PoliciesForm):
        self.saving = "policies"
        yield
        yield await self._save("policies", form.model_dump())

    @event(Permission.SETTINGS_CHANGE)
    async def save_rules(self, form: RulesForm):
        self.saving = "rules"
        yield
        yield await self._save("rules", form.model_dump())

    @event(Permission.SETTINGS_CHANGE)
    async def save_retention(self, form: RetentionForm):
        self.saving = "retention"
        yield
        typed = form.model_dump()
        yield await self._save("retention", {name: _days(text) for name, text in typed.items()})

    @event(Permission.SETTINGS_CHANGE)
    async def keep_mine(self):
        """Save on top of what someone else has written, having seen it."""
        group, wanted = self.conflict_in, self._wanted
        if not group:
            return
        self._seen |= dict.fromkeys(wanted, self._newest)
        self.saving = group
        yield
        yield await self._save(group, wanted)

    @event(Permission.SETTINGS_CHANGE)
    async def take_theirs(self):
        group, self.conflict_in = self.conflict_in, ""
        if group:
            await self._adopt(group)
            self.says[group] = ""

    @event(Permission.SETTINGS_CHANGE)
    async def logo_sent(self, taken: bool, problem: str):
        """The browser has sent a picture to the API; what is so is read again."""
        self.logo_problem = "" if taken else problem[:300] or "The image was not accepted."
        await self._adopt()

    @event(Permission.SETTINGS_CHANGE)
    async def ask_remove_logo(self, is_open: bool):
        self.removing_logo = is_open

    @event(Permission.SETTINGS_CHANGE)
    async def remove_logo(self):
        auth = await self.get_state(AuthState)
        await school_logo.remove(auth.actor())
        self.logo_problem, self.removing_logo = "", False
        await self._adopt()
        return notices.success("Logo removed.")

    async def _changed_groups(self) -> list[str]:
        """The forms to fill: when a page is loaded again, only those whose settings have changed.

        A connection that was lost for a moment loads it again, and what is typed has to stay.
        """
        known = self._loaded
        if known is None:
            return list(GROUPS)
        found = await school_settings.all_of_them((await self.get_state(AuthState)).actor())
        return [
            group
            for group, names in GROUPS.items()
            if any(known.value(name) != found.value(name) for name in names)
        ]

    async def _adopt(self, *groups: str) -> None:
        """Read the settings and fill these forms; the others keep what is typed into them."""
        auth = await self.get_state(AuthState)
        found = await school_settings.all_of_them(auth.actor())
        for group in groups:
            self._keep(found, GROUPS[group])
            self.keys[group] += 1
        self._show(found, await prices.currencies_in_use(auth.actor()))
        without = await second_factor_rule.admins_without(auth.actor())
        self.own_missing = auth.actor().id in without
        self.without_factor = _without(len(without))

    def _keep(self, found: SchoolSettings, names: Iterable[str]) -> None:
        fresh = {name: getattr(found, name) for name in names}
        self._loaded = (self._loaded or found).model_copy(update=fresh)
        self._seen |= dict.fromkeys(fresh, found.revision)

    async def _save(self, group: str, given: dict[str, Any]) -> Any:
        """Send what differs from what was read; the notice that follows, if there is one."""
        auth = await self.get_state(AuthState)
        self.conflict_in, self.conflicts = "", []
        self.wrong = {name: text for name, text in self.wrong.items() if name not in given}
        before, saved = self._loaded, False
        try:
            if before is None:
                raise Conflict("Please reload the page first.")
            changed = {name: value for name, value in given.items() if before.value(name) != value}
            form = SchoolChange.model_validate(changed)
            after = await second_factor_rule.change_settings(auth.actor(), form, self._seen)
            saved = True
        except ValidationError as refused:
            self._refuse(refused)
            return None
        except Invalid as refused:
            self.wrong[refused.field] = refused.message
            return None
        except SettingsChangedMeanwhile as conflict:
            self.conflict_in, self._wanted, self._newest = group, given, conflict.revision
            self.conflicts = [
                Both(WORDS[one.field], in_words(one.mine), in_words(one.theirs))
                for one in conflict.differences
            ]
            return None
        finally:
            self.saving = ""
            self.says[group] = f"Saved {times.hour(clock.wall())}" if saved else "Not saved"
            number = int(self.settled.rpartition(":")[2] or 0) + 1
            self.settled = f"{group}:{'saved' if saved else 'failed'}:{number}"
        self._keep(after, changed)
        in_use = await prices.currencies_in_use(auth.actor())
        self._show(after, in_use)
        (await self.get_state(SchoolState)).name = after.name
        return _about_currencies(before, after, in_use)

    def _refuse(self, refused: ValidationError) -> None:
        for one in refused.errors(include_url=False, include_input=False):
            self.wrong[str(one["loc"][0])] = sentence(one)

    def _show(self, found: SchoolSettings, in_use: dict[str, int]) -> None:
        shown, logo = self._loaded or found, found.logo
        fields: dict[str, Any] = {name: shown.value(name) for name in WORDS if name != "currencies"}
        fields["seller_lines"] = "\n".join(shown.seller_lines)
        self.values = Values(
            **fields,
            logo=routes.school_logo(logo.content_hash) if logo else "",
            logo_size=f"{logo.width} x {logo.height} pixels." if logo else "",
            policy_notes={name: _note(found, name) for name in POLICIES},
        )
        self.currencies = [
            CurrencyRow(
                code,
                code in shown.currencies,
                counted(in_use[code], "published course") if in_use.get(code) else "",
            )
            for code in CURRENCIES
        ]


def box_of(code: str) -> str:
    """The name of a currency's box."""
    return f"sells_{code}"


def _days(text: str) -> int | str:
    """A whole number; anything else as it was typed, to be refused with its field."""
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else text


def _without(admins: int) -> str:
    if not admins:
        return "All admins have one."
    have = "have" if admins > 1 else "has"
    return (
        f"{counted(admins, 'admin')} {have} none yet: while this is on, nothing but their own "
        "account is open to them until they have set it up."
    )


def _note(school: SchoolSettings, name: Any) -> str:
    policy = school.policy(name)
    if not policy.text or policy.changed_at is None:
        return "Not written yet. It is not linked anywhere."
    return f"Version {policy.version}, since {times.day(policy.changed_at)}."


def _about_currencies(before: SchoolSettings, after: SchoolSettings, in_use: dict[str, int]) -> Any:
    given_up = [
        code for code in before.currencies if code not in after.currencies and in_use.get(code)
    ]
    if not given_up:
        return None
    told = listed(f"{counted(in_use[code], 'published course')} in {code}" for code in given_up)
    return notices.info(
        f"No new price can be set in {listed(given_up)}. Still on sale at their current price: "
        f"{told}."
    )
