"""Several things in one sentence, and why a value does not fit its field.

Pydantic's own words are for programmers; this is the one place that turns its errors into ours.
"""

from collections.abc import Iterable, Mapping
from typing import Any

OF_OURS = "value_error"  # raised by a validator of ours, in our own words
LEFT_OUT = "Please fill this in."
UNFIT = "This does not fit here."
WHOLE_NUMBER = "Please write a whole number."
NUMBER = "Please write a number."
TEXT = "Please write this as text."
DATE = "Please write a date as 2026-11-27."
TIME = "Please write a time as 18:30."
INSTANT = "Please write date and time as 2026-11-27T18:30:00Z."
ZONE = "Please write the time with its zone, as 2026-11-27T18:30:00Z."
LIST = "Please send a list here."
OBJECT = "Please send an object with named fields here."

PLAIN = {
    "missing": LEFT_OUT,
    "missing_argument": LEFT_OUT,
    "extra_forbidden": "There is no such field here.",
    "json_invalid": "This is no valid JSON.",
    "json_type": "This is no valid JSON.",
    "string_type": TEXT,
    "string_unicode": TEXT,
    "string_not_ascii": "Please write English letters, digits and signs only.",
    "path_type": TEXT,
    "bool_type": "Please answer true or false.",
    "bool_parsing": "Please answer true or false.",
    "int_type": WHOLE_NUMBER,
    "int_parsing": WHOLE_NUMBER,
    "int_parsing_size": "This number is too large.",
    "int_from_float": WHOLE_NUMBER,
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "finite_number": NUMBER,
    "decimal_type": NUMBER,
    "decimal_parsing": NUMBER,
    "date_type": DATE,
    "date_parsing": DATE,
    "date_from_datetime_parsing": DATE,
    "date_from_datetime_inexact": DATE,
    "date_past": "Please choose a day in the past.",
    "date_future": "Please choose a day to come.",
    "time_type": TIME,
    "time_parsing": TIME,
    "datetime_type": INSTANT,
    "datetime_parsing": INSTANT,
    "datetime_from_date_parsing": INSTANT,
    "datetime_object_invalid": INSTANT,
    "datetime_past": "Please choose a time in the past.",
    "datetime_future": "Please choose a time to come.",
    "timezone_aware": ZONE,
    "timezone_naive": "Please write the time without a zone.",
    "list_type": LIST,
    "tuple_type": LIST,
    "set_type": LIST,
    "dict_type": OBJECT,
    "model_type": OBJECT,
    "model_attributes_type": OBJECT,
    "dataclass_type": OBJECT,
    "is_instance_of": UNFIT,  # from Python only: JSON and forms hold no objects
    "url_type": "Please write a web address.",
    "url_parsing": "Please write a web address.",
}
# With the limit that stands in the field's declaration.
LIMITED = {
    "greater_than": "Please choose more than {gt}.",
    "greater_than_equal": "Please choose {ge} or more.",
    "less_than": "Please choose less than {lt}.",
    "less_than_equal": "Please choose {le} or less.",
    "multiple_of": "Please choose a multiple of {multiple_of}.",
    "too_short": "Please give at least {min_length} here.",
    "too_long": "Please give at most {max_length} here, not {actual_length}.",
    "string_too_short": "Please write at least {min_length} characters.",
    "string_too_long": "Please write at most {max_length} characters.",
    "decimal_max_places": "Please write at most {decimal_places} decimal places.",
    "decimal_max_digits": "Please write at most {max_digits} digits.",
    "string_pattern_mismatch": "Please write it by this pattern: {pattern}.",
    "literal_error": "Please choose one of {expected}.",
    "enum": "Please choose one of {expected}.",
}


def counted(number: int, one: str, many: str = "") -> str:
    """`1 lesson`, `2 lessons`, `1,000 people`: the only place that knows when a word is plural."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(parts: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *others, last = [*parts] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def words_of_ours(problem: Mapping[str, Any]) -> str:
    """What our own validator said, as it said it; nothing if it was none of ours."""
    return str(problem["ctx"]["error"]) if problem["type"] == OF_OURS else ""


def sentence(problem: Mapping[str, Any]) -> str:
    """One of `ValidationError.errors()`, with its context, in our words; never with its value."""
    kind, context = problem["type"], problem.get("ctx", {})
    if text := words_of_ours(problem):
        return text if text.endswith(".") else f"{text}."
    if kind == "string_too_short" and context["min_length"] == 1:
        return LEFT_OUT
    if kind in LIMITED:
        return LIMITED[kind].format_map({name: _shown(value) for name, value in context.items()})
    return PLAIN.get(kind, UNFIT)


def _shown(value: object) -> str:
    if value is None:  # of a list that was not read to its end
        return "more"
    return f"{value:,}" if isinstance(value, int | float) else str(value)
