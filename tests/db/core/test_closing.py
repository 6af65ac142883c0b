"""The connection is closed under the feet of whoever is asking."""

import asyncio

import pytest

from courseflow_admin.db.core import client
from courseflow_admin.db.core.client import collection
from courseflow_admin.errors import Unavailable


async def test_who_asks_while_it_closes_is_told_that_the_database_is_away(database, mongod_uri):
    name = collection("any").raw.database.name
    await collection("any").find_one({})

    closing = asyncio.ensure_future(client.close())
    for _ in range(3):  # as far into closing as it comes
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await collection("any").find_one({})
    await closing
    with pytest.raises(Unavailable):
        await collection("any").find_one({})

    await client.connect(mongod_uri, name)
    assert await collection("any").find_one({}) is None
