"""Whether this process can do its work."""

from courseflow_admin.db import migrations
from courseflow_admin.db.core import client
from courseflow_admin.errors import Outdated


async def ready() -> None:
    """Unavailable unless the database answers, Outdated once it needs newer code."""
    await client.ping()
    if not await migrations.fits_code():
        raise Outdated
