"""Plays a school with every kind of payment, and dumps its database.

    python -m tests.upgrade.make_dump tests/upgrade/dumps/0001

Through the services and the real SDKs, against the sandbox in this process and a real mongod. The
clock of this process, and so that of the sandbox, is moved from October 2025 to February 2026 by
`time-machine`, which has to be installed beside the project; no row is dated back. Mongod keeps
its own clock, so that its TTL monitor is off: it would take the sessions of "then".
"""

import asyncio
import gzip
import json
import os
import sys
import tempfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import time_machine
from bson import json_util

from courseflow_admin.config import settings
from courseflow_admin.db import client, migrations
from courseflow_admin.db.client import collection
from courseflow_admin.db.embedded import EmbeddedMongo
from courseflow_admin.models.base import now
from courseflow_admin.models.metrics import Period
from courseflow_admin.providers import gateways
from courseflow_admin.sandbox.server import Sandbox
from courseflow_admin.services import school, webhooks
from tests.upgrade.chapters import CHAPTERS
from tests.upgrade.loading import DOCUMENTS, INDEXES, MANIFEST, TELL, Row
from tests.upgrade.playing import Play
from tests.upgrade.sayings import said

PORTS = (43_001, 43_002, 43_003, 43_004)
BEGIN = datetime(2025, 10, 6, 4, tzinfo=UTC)
FIRST, LAST = date(2025, 10, 1), date(2026, 2, 28)
ZONE = "Asia/Kolkata"
SERVERS = ("STRIPE", "RAZORPAY", "CLOUDINARY", "RESEND")


def main() -> None:
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="courseflow-dump-") as folder:
        os.environ.update(
            ENV="development",
            PUBLIC_URL="http://localhost:3000",
            DATA_DIR=folder,
            BCRYPT_COST="4",
            SCHOOL_TIMEZONE=ZONE,
            JWT_SECRETS="now:the-secret-that-signs-in-tests-0123456789",
            **{
                f"{name}_BASE_URL": f"http://127.0.0.1:{port}"
                for name, port in zip(SERVERS, PORTS, strict=True)
            },
        )
        with EmbeddedMongo(Path(folder)) as uri:
            asyncio.run(make(uri, Path(folder), target))


async def make(uri: str, folder: Path, target: Path) -> None:
    await client.connect(uri, "dump")
    database = client.collection("any").raw.database
    await database.client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
    await migrations.bring_up_to_date()
    await school.check_stamp(settings())
    sandbox = Sandbox(settings(), data_dir=folder, ports=PORTS, receive=webhooks.receive)
    with (
        time_machine.travel(BEGIN, tick=True) as clock,
        sandbox.in_thread(),
    ):
        play = Play(sandbox, clock)
        for chapter in CHAPTERS:
            print(chapter.__name__, now())
            await chapter(play)
        at = now()
    await gateways.close()
    rows = await documents()
    (target / DOCUMENTS).write_bytes(rows)
    (target / INDEXES).write_text(await indexes(), encoding="utf-8")
    (target / MANIFEST).write_text(await manifest(play, at), encoding="utf-8")
    await client.close()


async def _names() -> list[str]:
    database = client.collection("any").raw.database
    return sorted(
        await database.list_collection_names(filter={"name": {"$not": {"$regex": "^system"}}})
    )


async def documents() -> bytes:
    """One canonical line each, by collection and id; the same documents give the same bytes."""
    lines: list[str] = []
    for name in await _names():
        lines += [
            json_util.dumps({"in": name, "row": row}, json_options=TELL)
            for row in await collection(name).find({}, sort=[("_id", 1)])
        ]
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


async def indexes() -> str:
    database = client.collection("any").raw.database
    told: Row = {}
    for name in await _names():
        (facts,) = await (await database.list_collections(filter={"name": name})).to_list()
        found = await (await database[name].list_indexes()).to_list()
        told[name] = {
            "options": facts["options"],
            "indexes": sorted(found, key=lambda one: one["name"]),
        }
    return json_util.dumps(told, json_options=TELL, indent=1) + "\n"


async def manifest(play: Play, at: datetime) -> str:
    period = Period(FIRST, LAST, ZONE)
    counts = Counter({name: await collection(name).count({}) for name in await _names()})
    told = {
        "at": at.isoformat(),
        "zone": ZONE,
        "first_day": FIRST.isoformat(),
        "last_day": LAST.isoformat(),
        "kinds": dict(sorted(play.kinds.items())),
        "counts": dict(sorted(counts.items())),
        "said": await said(at, period),
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
