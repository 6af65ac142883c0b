"""An e-mail address has one form, however it was typed or sent."""

import unicodedata

import pytest

from courseflow_admin.models.core.accounts import SignInForm, SignUpForm
from courseflow_admin.models.core.addresses import as_email, for_providers, normalized
from tests.builders import PASSWORD

OLGA = "olga@zürich.test"
FORMS_OF_OLGA = [
    OLGA,
    "olga@xn--zrich-kva.test",
    unicodedata.normalize("NFD", OLGA),
    " OLGA@ZÜRICH.test ",
    "Olga@XN--ZRICH-KVA.TEST",
    "olga@zürich．test",
]


@pytest.mark.parametrize("typed", FORMS_OF_OLGA)
def test_every_way_to_write_an_address_has_one_form(typed):
    assert (as_email(typed), normalized(typed)) == (OLGA, OLGA)
    assert SignUpForm(name="Olga", email=typed, password=PASSWORD).email == OLGA
    assert SignInForm(email=typed, password=PASSWORD).email == OLGA


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", ""),
        ("Olg", "olg"),
        ("olga@zu\u0308", "olga@zü"),
        ("olga@xn--zrich", "olga@xn--zrich"),  # half a label cannot be read
        ("a@xn--", "a@xn--"),
        ("a@x..y", "a@x..y"),
        ("a@stra\u00dfe.test", "a@straße.test"),
        ("nia one@demo.test", "nia+one@demo.test"),
        ("nia+one@demo.test", "nia+one@demo.test"),
    ],
)
def test_the_beginning_of_an_address_has_a_form_too_and_it_stays(text, form):
    assert (normalized(text), normalized(form)) == (form, form)


def test_providers_get_the_domain_in_ascii():
    assert for_providers(OLGA) == "olga@xn--zrich-kva.test"
    assert for_providers("ada@demo.test") == "ada@demo.test"
