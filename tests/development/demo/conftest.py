"""The demo school, loaded once by each process and copied for each test."""

import os

import pytest

from courseflow_admin.config import settings
from courseflow_admin.db.core.client import collection
from courseflow_admin.development.demo.gateways import FILE
from courseflow_admin.development.demo.loader import load_demo_school

KEPT = f"test_demo_{os.environ.get('PYTEST_XDIST_WORKER', 'only')}"
_past: list[str] = []


@pytest.fixture
async def demo_school(database: str) -> None:
    """In the test's database, and its gateways' past in DATA_DIR, as right after loading."""
    path = settings().data_dir / FILE
    if not _past:
        assert await load_demo_school() is True
        _past.append(path.read_text())
        await copied(database, KEPT)
    else:
        path.write_text(_past[0])
        await copied(KEPT, database)


async def copied(source: str, target: str) -> None:
    """All rows; the indexes of the target stay as they are."""
    server = collection("any").raw.database.client
    for name in await server[source].list_collection_names():
        if name != "webhook_rejections":  # capped, and empty
            rows = server[source][name]
            await (await rows.aggregate([{"$out": {"db": target, "coll": name}}])).to_list()
