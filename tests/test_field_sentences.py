"""What does not fit a field is said in our words: Pydantic's never reach a person."""

import importlib
import pkgutil
import re
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticKnownError
from pydantic_core.core_schema import ErrorType

import courseflow_admin
from courseflow_admin import frontend
from courseflow_admin.config import Settings
from courseflow_admin.field_sentences import (
    LIMITED,
    OF_OURS,
    PLAIN,
    UNFIT,
    counted,
    listed,
    sentence,
)

THEIRS = re.compile(
    r"\b(inputs?|should|strings?|after validation|items?|unable|parse|permitted|value error|"
    r"field required|dictionary|instance|literal|integer|boolean)\b",
    re.IGNORECASE,
)
# No JSON and no form holds what these are about.
OF_PYTHON = {
    *("no_such_attribute", "needs_python_object", "recursion_loop", "recursion_depth_exceeded"),
    *("frozen_field", "frozen_instance", "invalid_key", "get_attribute_error", "named_tuple_type"),
    *("default_factory_not_called", "iteration_error", "frozen_dict_type", "ordered_dict_type"),
    *("counter_type", "deque_type", "set_item_not_hashable", "assertion_error", "arguments_type"),
    *("missing_sentinel_error", "ellipsis_error", "is_subclass_of", "callable_type"),
    *("is_instance_of",),
}
AWKWARD: tuple[Any, ...] = (
    *(None, True, -7, 7.5, 10**30, float("nan"), "", "x", " ", "\x00", "\ud800", "x" * 300_000),
    *(b"\xff", [], ["x"] * 1000, [7], {}, {"x": 1}, object(), "2026-13-01", "-5"),
)
CONTEXT = {
    "gt": 1,
    "ge": 1,
    "lt": 1,
    "le": 1,
    "multiple_of": 2,
    "min_length": 2,
    "max_length": 6,
    "field_type": "List",
    "actual_length": 9,
    "expected": "'a' or 'b'",
    "pattern": "^a$",
    "error": "strange",
    "decimal_places": 2,
    "max_digits": 3,
    "whole_digits": 3,
    "class": "str",
    "class_name": "Form",
    "encoding": "utf-8",
    "encoding_error": "bad",
    "attribute": "a",
    "method_name": "a",
    "discriminator": "a",
    "tag": "a",
    "expected_tags": "a",
    "tz_expected": 0,
    "tz_actual": 1,
    "expected_schemes": "https",
    "expected_version": 4,
}


def models() -> set[type[BaseModel]]:
    """Every model of the product, forms and settings among them."""
    for module in pkgutil.walk_packages(courseflow_admin.__path__, "courseflow_admin."):
        if not module.name.endswith("__main__") and ".sandbox" not in module.name:
            importlib.import_module(module.name)
    found, new = set(), {BaseModel}
    while new:
        new = {sub for one in new for sub in one.__subclasses__()} - found
        found |= new
    return {one for one in found if one.__module__.startswith("courseflow_admin.")}


def errors_of(model: type[BaseModel]) -> list[ErrorDetails]:
    """What the model says against values that nobody expected, and against another field."""
    found = []
    for given in ({}, {"nobodys": 1}, *({n: v} for n in model.model_fields for v in AWKWARD)):
        for as_json in (False, True):
            try:
                model.__pydantic_validator__.validate_python(given, strict=as_json or None)
            except ValidationError as error:
                found += error.errors()
    return found


def test_whatever_is_sent_to_whichever_field_is_refused_in_our_words():
    theirs = [one for model in models() for one in errors_of(model) if one["type"] != OF_OURS]

    said = {sentence(one) for one in theirs}

    assert Settings in models()
    assert len(said) > 15
    assert [text for text in said if THEIRS.search(text.partition(": ^")[0])] == []
    assert {one["type"] for one in theirs} <= {*PLAIN, *LIMITED}  # none is said vaguely


@pytest.mark.parametrize("kind", sorted(get_args(ErrorType)))
def test_each_error_that_pydantic_knows_is_said_in_our_words(kind):
    context = {**CONTEXT, "error": ValueError("Ours.")} if kind == OF_OURS else CONTEXT
    theirs = PydanticKnownError(kind, context).message()

    ours = sentence({"type": kind, "msg": theirs, "ctx": context, "loc": ()})

    assert ours.endswith(".")
    assert THEIRS.search(ours) is None
    assert theirs not in ours


def test_what_a_request_can_hold_is_never_refused_without_a_reason():
    vague = {
        kind
        for kind in get_args(ErrorType)
        if sentence({"type": kind, "msg": "", "ctx": CONTEXT, "loc": ()}) == UNFIT
    }

    assert vague == OF_PYTHON


@pytest.mark.parametrize(
    ("kind", "context", "said"),
    [
        ("too_long", {"max_length": 6, "actual_length": 9}, "Enter at most 6, not 9."),
        (
            "too_long",
            {"max_length": 6, "actual_length": None},
            "Enter at most 6, not more.",
        ),
        ("greater_than_equal", {"ge": 0}, "Enter 0 or more."),
        ("less_than_equal", {"le": 3650}, "Enter 3,650 or less."),
        ("string_too_short", {"min_length": 1}, "This field is required."),
        ("string_too_long", {"max_length": 50_000}, "Use at most 50,000 characters."),
        ("int_parsing", {}, "Enter a whole number."),
        ("value_error", {"error": ValueError("'x' is not a zone")}, "'x' is not a zone."),
        ("of_tomorrow", {}, UNFIT),
    ],
)
def test_a_refusal_names_the_limit_and_reads_as_a_sentence(kind, context, said):
    assert sentence({"type": kind, "loc": (), "msg": "Input should be", "ctx": context}) == said


@pytest.mark.parametrize(
    ("parts", "text"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_several_things_are_listed_as_a_person_would(parts, text):
    assert listed(parts) == text


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (0, ("learner",), "0 learners"),
        (1, ("learner",), "1 learner"),
        (2, ("learner",), "2 learners"),
        (1000, ("person", "people"), "1,000 people"),
        (1, ("person", "people"), "1 person"),
    ],
)
def test_one_is_one_and_all_else_are_many(number, words, said):
    assert counted(number, *words) == said


# "30 days" of a closed list is no count, and a limit is never one.
MANY = re.compile(
    r"['\"]s['\"] if|if [^\n]* else ['\"]s['\"]|"
    r"[a-z)\]]\}[ ](lesson|learner|course|section|payment|session|device|change|time|admin|mail)s\b"
)


def test_only_one_function_knows_when_a_word_is_plural():
    package = frontend.ROOT / "courseflow_admin"
    files = [
        path
        for path in package.rglob("*.py")
        if "development" not in path.parts and path.name != "sentences.py"
    ]
    found = [
        f"{path.relative_to(package)}: {line.strip()}"
        for path in files
        for line in path.read_text().splitlines()
        if MANY.search(line)
    ]

    assert len(files) > 150
    assert found == []
