"""Whether this process can do its work."""

from courseflow_admin.db import client


async def ready() -> None:
    """Unavailable unless the database answers."""
    await client.ping()
