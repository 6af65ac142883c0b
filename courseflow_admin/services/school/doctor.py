"""Is this installation fit for work: what `courseflow doctor` says."""

import asyncio
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httpx

from courseflow_admin import field_sentences
from courseflow_admin.config import DEMO_SUPPORT, Settings
from courseflow_admin.db import condition, index_state, migrations
from courseflow_admin.db.core import client
from courseflow_admin.db.school import settings as school_db
from courseflow_admin.errors import (
    GatewayKeysRefused,
    ProviderRefused,
    ProviderUnreachable,
    SettingsInvalid,
    Unavailable,
)
from courseflow_admin.models.core import clock
from courseflow_admin.models.money.payment_parts import GATEWAYS
from courseflow_admin.providers import gateways
from courseflow_admin.providers.gateways import Gateway
from courseflow_admin.services.school import health, startup
from courseflow_admin.services.school import settings as school_settings

SKEW = 60.0  # seconds; a signature five minutes off is refused
STRIPE = "https://api.stripe.com"  # its adapter leaves the address to the SDK


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    detail: str


async def examine(settings: Settings) -> list[Check]:
    """Every check there is; none changes anything."""
    checks = [Check("settings", True, "valid")]
    try:
        checks += await _database(settings)
    finally:
        await client.close()
    addresses = provider_addresses(settings)
    checks += await asyncio.gather(
        *(_provider(name, address) for name, address in addresses.items())
    )
    switched_on = [via for name in GATEWAYS if (via := gateways.make(name, settings))]
    accepted = await asyncio.gather(*(_accepted(via) for via in switched_on))
    return [*checks, *filter(None, accepted), *_keys(settings)]


def provider_addresses(settings: Settings) -> dict[str, str]:
    """Provider -> where its API is called; those that are off are not there."""
    stripe, razorpay = settings.stripe, settings.razorpay
    cloudinary, resend = settings.cloudinary, settings.resend
    found = {
        "stripe": (stripe.base_url or STRIPE) if stripe else "",
        "razorpay": razorpay.base_url if razorpay else "",
        "cloudinary": cloudinary.base_url if cloudinary else "",
        "resend": resend.base_url if resend else "",
    }
    return {name: address for name, address in found.items() if address}


def sandbox_secrets(settings: Settings) -> dict[str, list[str]]:
    """Webhook secrets of those providers that our sandbox plays; no others are ever told."""
    providers = {
        "stripe": settings.stripe,
        "razorpay": settings.razorpay,
        "resend": settings.resend,
    }
    return {
        name: list(keys.webhook_secrets)
        for name, keys in providers.items()
        if keys is not None and keys.mode == "sandbox"
    }


async def _database(settings: Settings) -> list[Check]:
    uri = settings.mongodb_uri.get_secret_value() if settings.mongodb_uri else ""
    try:
        await client.connect(uri, settings.mongodb_database)
        version = await condition.version()
        stamp = await condition.stamp()
    except Unavailable:
        return [Check("database", False, "is not responding")]
    checks = [
        Check("database", True, f"MongoDB {version}, {stamp or 'not used yet'}"),
        _fits(settings, stamp),
    ]
    try:
        works = await condition.transactions_work()
    except Exception as error:  # noqa: BLE001 - whatever the server says against it is the finding
        checks.append(Check("transactions", False, str(error).splitlines()[0][:200]))
    else:
        checks.append(Check("transactions", works, "work"))
    skew = await condition.clock_skew()
    checks += [
        await _indexes(),
        await _migrations(),
        Check("clock, database", abs(skew) < SKEW, f"{skew:+.1f} s from ours"),
        *await _school_clock(),
        await _support(settings),
        await _proxy(settings),
    ]
    return checks


async def _school_clock() -> list[Check]:
    """Of a rehearsal whose time was moved: the dates on its pages would be a riddle otherwise."""
    days = (await school_db.clock_ahead(startup.REHEARSAL)).days
    if not days:
        return []
    detail = f"moved forward by {field_sentences.counted(days, 'day')} on the sandbox's dashboard"
    return [Check("clock, school", True, detail)]


async def _indexes() -> Check:
    faults = [str(fault) for fault in await index_state.faults()]
    mend = "; `courseflow migrate` creates or replaces them"
    return Check("indexes", not faults, f"{'; '.join(faults)}{mend}" if faults else "as needed")


async def _migrations() -> Check:
    try:
        await migrations.require_code()
        open_ones = [it for it in await migrations.listing() if not it.is_done]
    except SettingsInvalid as error:
        return Check("migrations", False, "; ".join(error.lines))
    pending = [f"{it.migration} ({it.migration.kind}) is {it.state}" for it in open_ones]
    ok = all(it.migration.kind == "contract" for it in open_ones)
    return Check("migrations", ok, "; ".join(pending) or "all done")


async def _proxy(settings: Settings) -> Check:
    """Behind a proxy that is not trusted everyone has its address, and shares its limits."""
    if settings.trusted_proxies:
        return Check("proxy", True, f"TRUSTED_PROXIES={settings.trusted_proxies}")
    if await health.forwarded_was_seen():
        return Check(
            "proxy",
            False,
            "X-Forwarded-For arrives, but TRUSTED_PROXIES is 0: every visitor counts as the proxy. "
            "Set TRUSTED_PROXIES to the number of your proxies",
        )
    return Check("proxy", True, "none seen")


async def _support(settings: Settings) -> Check:
    """Whom refusals and e-mails tell people to write to: in production someone who reads it."""
    address = (await school_settings.get()).support_email
    if settings.production and address == DEMO_SUPPORT:
        return Check("support address", False, f"{address}: change it on the page Settings")
    return Check("support address", True, address)


def _fits(settings: Settings, stamp: str | None) -> Check:
    """Money and rehearsal never meet in one database."""
    gateways = {"Stripe": settings.stripe, "Razorpay": settings.razorpay}
    modes = {name: keys.mode for name, keys in gateways.items() if keys is not None}
    are_live = {mode == "live" for mode in modes.values()}
    fits = len(are_live) < 2 and (stamp is None or are_live <= {stamp == "live"})
    said = ", ".join(f"{name} {mode}" for name, mode in modes.items()) or "no gateway"
    return Check("keys for this database", fits, said)


async def _provider(name: str, address: str) -> Check:
    """Any HTTP answer will do; its Date also tells whether our clock is right."""
    try:
        async with httpx.AsyncClient(timeout=5) as http:
            answer = await http.get(f"{address}/")
    except httpx.HTTPError as error:
        return Check(name, False, f"{address} is not responding ({type(error).__name__})")
    detail = f"{address} answers"
    if "date" in answer.headers:
        skew = (parsedate_to_datetime(answer.headers["date"]) - clock.wall()).total_seconds()
        if abs(skew) > SKEW:
            return Check(name, False, f"{detail}, but its clock is {skew:+.0f} s from ours")
    return Check(name, True, detail)


async def _accepted(via: Gateway) -> Check | None:
    """Whether a gateway takes our keys; None when it is not responding, which is told elsewhere."""
    try:
        await via.check_keys()
    except GatewayKeysRefused as error:
        return Check(f"{via.name}, keys", False, error.for_admins.message)
    except (ProviderRefused, ProviderUnreachable):
        return None
    finally:
        await via.close()
    return Check(f"{via.name}, keys", True, "accepted")


def _keys(settings: Settings) -> list[Check]:
    """Without a webhook secret no one tells us about a payment but our own asking."""
    providers = {
        "stripe": settings.stripe,
        "razorpay": settings.razorpay,
        "resend": settings.resend,
    }
    checks = [
        Check(f"{name}, webhook secret", bool(keys.webhook_secrets), f"mode {keys.mode}")
        for name, keys in providers.items()
        if keys is not None
    ]
    off = [name for name, keys in providers.items() if keys is None]
    return [*checks, *(Check(name, True, "off: no key") for name in off)]
