"""A control is tied to its label, its help and its error: also a closed list of choices."""

import re

import reflex as rx

from courseflow_admin.components.forms import field, select

CHOICES = [("IN", "India"), ("DE", "Germany")]


def attributes(component: rx.Component, tag: str) -> str:
    """The properties of the first element of this kind, as React gets them."""
    found = re.search(rf'jsx\(\s*"{tag}",\s*(\{{.*?\}})\s*,', str(component), re.DOTALL)
    assert found is not None, str(component)
    return found[1]


def test_a_select_says_its_help_and_its_error_and_is_tied_to_both():
    problem = rx.Var("problem").to(str)

    shown = select("Country", "country", CHOICES, help_text="Of your bank", error=problem)

    control = attributes(shown, "select")
    assert '"country-help country-error"' in control
    assert "aria-invalid" in control
    for known in ('"country-help"', '"country-error"', "Of your bank", 'htmlFor:"country"'):
        assert known in str(shown).replace(": ", ":"), known


def test_a_select_is_tied_like_any_other_field():
    problem = rx.Var("problem").to(str)
    inside = {"help_text": "Of your bank", "error": problem, "field_id": "own-id"}

    closed, text = (
        attributes(made, tag)
        for made, tag in (
            (select("Country", "country", CHOICES, **inside), "select"),
            (field("Country", "country", **inside), "input"),
        )
    )

    for known in ("own-id-help own-id-error", "aria-invalid"):
        assert known in closed
        assert known in text
