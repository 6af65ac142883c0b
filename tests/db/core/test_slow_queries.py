"""A query that runs into its time limit is an error of its own, logged without anybody's values."""

import json

import pytest
from loguru import logger

from courseflow_admin.api.core.errors import of_error
from courseflow_admin.db.core import keyset
from courseflow_admin.db.core.client import collection, shape
from courseflow_admin.errors import TooSlow, Unavailable
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.models.money.payments import Payment
from tests.money_builders import a_payment

SLEEPS = {
    "$expr": {
        "$function": {"body": "function() { sleep(30); return true; }", "args": [], "lang": "js"}
    }
}
SHAPE = {"$expr": {"$function": {"body": "?", "args": [], "lang": "?"}}}


@pytest.fixture
async def many(database):
    for number in range(20):
        await a_payment(number)


@pytest.fixture
def lines():
    """What is logged: message and facts."""
    found = []
    sink = logger.add(lambda message: found.append(message.record), level="WARNING")
    yield found
    logger.remove(sink)


async def test_a_list_that_takes_too_long_says_so(many, lines, monkeypatch):
    monkeypatch.setattr(keyset, "MAX_SECONDS", 0.1)
    where = {
        "email": {"$regex": "^ada"},
        "course_id": {"$nin": ["crs_a", "crs_b"]},
        "$or": [{"name": "Ada Lovelace"}, SLEEPS],
    }

    with pytest.raises(TooSlow, match=r"^This search took too long\. Narrow it and try again\.$"):
        await keyset.page("payments", where, "created_at", PageRequest(), Payment.from_mongo)

    (line, *_) = [one for one in lines if one["message"] == "database.slow_query"]
    assert line["extra"]["collection"] == "payments"
    assert json.loads(line["extra"]["filter"]) == {
        "email": {"$regex": "?"},
        "course_id": {"$nin": ["?"]},
        "$or": [{"name": "?"}, SHAPE],
    }
    assert "Ada" not in str(line["extra"])


async def test_a_sum_that_takes_too_long_says_so_too(many, lines):
    stages = [{"$match": SLEEPS}, {"$group": {"_id": "$name"}}]

    with pytest.raises(TooSlow):
        await collection("payments").aggregate(stages, maxTimeMS=100)

    (line,) = [one for one in lines if one["message"] == "database.slow_query"]
    assert json.loads(line["extra"]["filter"]) == [
        {"$match": SHAPE},
        {"$group": {"_id": "?"}},
    ]


async def test_programs_read_503_and_the_database_is_not_said_to_be_away(database):
    answer = await of_error(TooSlow())

    assert answer.status_code == 503
    assert json.loads(answer.body)["code"] == "too_slow"
    assert not issubclass(TooSlow, Unavailable)


def test_a_shape_names_fields_and_operators_only():
    asked = {"a": 1, "b": {"$in": ["x", "y", {"c": 2}]}, "d": [{"e": "ada@demo.test"}]}

    assert shape(asked) == {"a": "?", "b": {"$in": ["?", {"c": "?"}]}, "d": [{"e": "?"}]}
    assert shape(None) == "?"
