"""What the description of the API promises of answers."""

from collections.abc import Iterator
from typing import Any

import pytest

from courseflow_admin.api.app import create_api
from courseflow_admin.api.identity.me import Export
from courseflow_admin.db.identity import own_data
from tests.builders import an_account


def vague(described: dict[str, Any]) -> Iterator[str]:
    """Each good answer in JSON of which nobody can tell what stands in it."""
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                schema = answer.get("content", {}).get("application/json", {}).get("schema")
                if status.startswith("2") and schema is not None and not _says(schema):
                    yield f"{method.upper()} {path} {status}"


def _says(schema: dict[str, Any]) -> bool:
    if "items" in schema:
        return _says(schema["items"])
    return "$ref" in schema or bool(schema.get("properties"))


def test_every_json_answer_has_a_schema():
    described = create_api().openapi()
    answers = [
        answer
        for operations in described["paths"].values()
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        if status.startswith("2") and "application/json" in answer.get("content", {})
    ]
    assert len(answers) > 50

    assert list(vague(described)) == []


@pytest.mark.parametrize("schema", [{}, {"type": "object", "additionalProperties": True}])
def test_an_answer_without_one_is_found(schema):
    answer = {"content": {"application/json": {"schema": schema}}}

    found = vague({"paths": {"/x": {"get": {"responses": {"200": answer}}}}})

    assert list(found) == ["GET /x 200"]


def test_all_lists_have_one_shape():
    schemas = create_api().openapi()["components"]["schemas"]

    pages = {
        name: schema for name, schema in schemas.items() if "next" in schema.get("properties", {})
    }

    shape = ["rows", "range", "total", "more_than_total", "next", "previous"]
    assert len(pages) == 7
    assert {name: list(schema["properties"]) for name, schema in pages.items()} == dict.fromkeys(
        pages, shape
    )


async def test_the_export_has_what_its_schema_names(database):
    account = await an_account("ada@demo.test", "student", "Ada")

    held = await own_data.of_person(account.id)

    assert {*held, "school", "made_at"} == set(Export.model_fields)
