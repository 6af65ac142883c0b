"""Several things in one sentence, and why a value does not fit its field.

Pydantic's own words are for programmers; this is the one place that turns its errors into ours.
"""

from collections.abc import Iterable, Mapping
from typing import Any

OF_OURS = "value_error"  # raised by a validator of ours, in our own words
LEFT_OUT = "This field is required."
UNFIT = "This value has the wrong format."
WHOLE_NUMBER = "Enter a whole number."
NUMBER = "Enter a number."
TEXT = "Enter text."
DATE = "Enter a date such as 2026-11-27."
TIME = "Enter a time such as 18:30."
INSTANT = "Enter a date and time such as 2026-11-27T18:30:00Z."
ZONE = "Enter the time with its zone, such as 2026-11-27T18:30:00Z."
LIST = "Send a list."
NOT_KNOWN = "This field is not recognized. Remove it."
DURATION = "Enter a duration such as P1DT12H."
UUID = "Enter a UUID."
OBJECT = "Send an object with named fields."

PLAIN = {
    "missing": LEFT_OUT,
    "missing_argument": LEFT_OUT,
    "extra_forbidden": NOT_KNOWN,
    "json_invalid": "This is not valid JSON. Check its syntax.",
    "json_type": "This is not valid JSON. Check its syntax.",
    "string_type": TEXT,
    "string_unicode": TEXT,
    "string_not_ascii": "Use only ASCII letters, digits and symbols.",
    "path_type": TEXT,
    "bool_type": "Enter true or false.",
    "bool_parsing": "Enter true or false.",
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
    "date_past": "Choose a date in the past.",
    "date_future": "Choose a date in the future.",
    "time_type": TIME,
    "time_parsing": TIME,
    "datetime_type": INSTANT,
    "datetime_parsing": INSTANT,
    "datetime_from_date_parsing": INSTANT,
    "datetime_object_invalid": INSTANT,
    "datetime_past": "Choose a time in the past.",
    "datetime_future": "Choose a time in the future.",
    "timezone_aware": ZONE,
    "timezone_naive": "Enter the time without a zone.",
    "list_type": LIST,
    "tuple_type": LIST,
    "set_type": LIST,
    "dict_type": OBJECT,
    "model_type": OBJECT,
    "model_attributes_type": OBJECT,
    "dataclass_type": OBJECT,
    "dataclass_exact_type": OBJECT,
    "is_instance_of": UNFIT,  # from Python only: JSON and forms hold no objects
    "mapping_type": OBJECT,
    "iterable_type": LIST,
    "frozen_set_type": LIST,
    "bytes_type": TEXT,
    "bytes_invalid_encoding": TEXT,
    "none_required": "Leave this empty.",
    "unexpected_keyword_argument": NOT_KNOWN,
    "unexpected_positional_argument": NOT_KNOWN,
    "multiple_argument_values": "Send this once.",
    "missing_keyword_only_argument": LEFT_OUT,
    "missing_positional_only_argument": LEFT_OUT,
    "union_tag_not_found": LEFT_OUT,
    "timezone_offset": ZONE,
    "time_delta_type": DURATION,
    "time_delta_parsing": DURATION,
    "fraction_type": NUMBER,
    "fraction_parsing": NUMBER,
    "complex_type": NUMBER,
    "complex_str_parsing": NUMBER,
    "uuid_type": UUID,
    "uuid_parsing": UUID,
    "uuid_version": UUID,
    "url_syntax_violation": "Enter a URL.",
    "url_type": "Enter a URL.",
    "url_parsing": "Enter a URL.",
}
# With the limit that is in the field's declaration.
LIMITED = {
    "greater_than": "Enter a number greater than {gt}.",
    "greater_than_equal": "Enter {ge} or more.",
    "less_than": "Enter a number less than {lt}.",
    "less_than_equal": "Enter {le} or less.",
    "multiple_of": "Enter a multiple of {multiple_of}.",
    "too_short": "Enter at least {min_length}.",
    "too_long": "Enter at most {max_length}, not {actual_length}.",
    "string_too_short": "Use at least {min_length} characters.",
    "string_too_long": "Use at most {max_length} characters.",
    "decimal_max_places": "Use at most {decimal_places} decimal places.",
    "bytes_too_short": "Use at least {min_length} characters.",
    "bytes_too_long": "Use at most {max_length} characters.",
    "url_too_long": "Use at most {max_length} characters.",
    "url_scheme": "Use a URL that starts with {expected_schemes}.",
    "union_tag_invalid": "Choose one of {expected_tags}.",
    "decimal_whole_digits": "Use at most {whole_digits} digits before the decimal point.",
    "decimal_max_digits": "Use at most {max_digits} digits.",
    "string_pattern_mismatch": "Match this pattern: {pattern}.",
    "literal_error": "Choose one of {expected}.",
    "enum": "Choose one of {expected}.",
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
