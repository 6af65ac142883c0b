"""Whom to write to: the school's address, said where people cannot help themselves."""

import asyncio

from loguru import logger

from courseflow_admin.errors import CourseFlowError, Unavailable
from courseflow_admin.logs import redact
from courseflow_admin.services.school import settings as school_settings

PATIENCE_SECONDS = 2  # a refusal does not wait longer for an address


async def sentence(error: CourseFlowError) -> str:
    """What the person is told about `error`."""
    return await with_address(error.message) if error.needs_support else error.message


async def with_address(text: str) -> str:
    """`text`, and whom to write to if that is known."""
    known = await address()
    return f"{text} For help, write to {known}." if known else text


async def address() -> str:
    """The school's, or nothing while it cannot be read: what is refused is still said."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return (await school_settings.get()).support_email
    except (Unavailable, TimeoutError):
        return ""
    except Exception as error:  # noqa: BLE001 - whatever is wrong with what is stored
        logger.warning("support.address_unknown", error=redact(repr(error), 300))
        return ""
