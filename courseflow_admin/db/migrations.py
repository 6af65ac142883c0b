"""What a database of an earlier version lacks; each step is safe at every start."""

from courseflow_admin.db.accounts import add_name_words
from courseflow_admin.db.indexes import create_indexes


async def bring_up_to_date() -> None:
    await create_indexes()
    await add_name_words()
