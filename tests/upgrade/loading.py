"""Databases of earlier versions, kept as files: `await load(database, "0001")`."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bson import json_util
from pymongo import IndexModel
from pymongo.asynchronous.database import AsyncDatabase

DUMPS = Path(__file__).parent / "dumps"
DOCUMENTS, INDEXES, MANIFEST = "documents.jsonl.gz", "indexes.json", "manifest.json"
TELL = json_util.CANONICAL_JSON_OPTIONS
READ = json_util.CANONICAL_JSON_OPTIONS.with_options(tz_aware=True)
OWN_INDEX = "_id_"  # MongoDB makes it by itself

Row = dict[str, Any]


def manifest(number: str) -> Row:
    """What the code that made the dump said about it."""
    found: Row = json.loads((DUMPS / number / MANIFEST).read_text(encoding="utf-8"))
    return found


def documents(number: str) -> Iterator[tuple[str, Row]]:
    """Each document with the name of its collection."""
    with gzip.open(DUMPS / number / DOCUMENTS, "rt", encoding="utf-8") as lines:
        for line in lines:
            told = json_util.loads(line, json_options=READ)
            yield told["in"], told["row"]


def collections(number: str) -> dict[str, Row]:
    """Options and indexes of each collection, as the database listed them."""
    text = (DUMPS / number / INDEXES).read_text(encoding="utf-8")
    found: dict[str, Row] = json_util.loads(text, json_options=READ)
    return found


async def load(database: AsyncDatabase[Row], number: str) -> dict[str, int]:
    """Make an empty database what it was when it was dumped; how many documents of which kind."""
    for name, told in collections(number).items():
        await database.create_collection(name, **told["options"])
        models = [_model(index) for index in told["indexes"] if index["name"] != OWN_INDEX]
        if models:
            await database[name].create_indexes(models)
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for name, row in documents(number):
        rows[name].append(row)
    for name, found in rows.items():
        await database[name].insert_many(found)
    return {name: len(found) for name, found in rows.items()}


def _model(index: Row) -> IndexModel:
    options = {name: value for name, value in index.items() if name not in {"key", "v"}}
    return IndexModel(list(index["key"].items()), **options)
