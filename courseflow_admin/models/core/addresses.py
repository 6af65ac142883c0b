"""E-mail addresses: the one form in which they are stored, looked up and shown.

Browsers send the domain of `type=email` fields in ASCII (`xn--…`), programs send it as it is
written, and a letter may be typed as one sign or as a letter and its mark. docs/decisions/0016.
"""

import unicodedata
from typing import Annotated

import idna
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, StringConstraints

from courseflow_admin.config import settings

LONGEST_EMAIL = 254
# In East Asia scripts stand beside one another, and beside Latin.
WRITTEN_TOGETHER = {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"}


def normalized(text: str) -> str:
    """The form that is stored and looked up: readable, lower-case, the domain by IDNA 2008.

    For any text, also the beginning of an address: what is no address matches none. No address
    holds a space, so one inside it is the plus sign that a query string turned into a space.
    """
    local, at, domain = unicodedata.normalize("NFC", text.strip()).rpartition("@")
    if not at:
        local, domain = domain, ""
    return f"{local.lower().replace(' ', '+')}{at}{'.'.join(map(_label, domain.split('.')))}"


def _label(text: str) -> str:
    try:
        remapped = idna.uts46_remap(text, std3_rules=False, transitional=False)
        return idna.ulabel(remapped) if remapped.startswith("xn--") else remapped
    except (idna.IDNAError, UnicodeError):  # half an `xn--` label, or no domain
        return text.lower()


def as_email(text: str) -> str:
    """The address in its stored form; ValueError when it is not an address."""
    try:
        # `.test` is the demo school's own domain, which no production school can reach.
        found = validate_email(
            text.strip(),
            check_deliverability=False,
            allow_smtputf8=False,
            test_environment=not settings().production,
        )
    except EmailNotValidError as error:
        raise ValueError("Enter a valid e-mail address.") from error
    if any(_mixed(label) for label in found.domain.split(".")):
        raise ValueError(
            "The domain of this address mixes look-alike letters from different alphabets."
        )
    return normalized(found.normalized)


def for_providers(email: str) -> str:
    """The same address with its domain in ASCII, which every provider accepts."""
    local, at, domain = email.rpartition("@")
    try:
        return f"{local}{at}{idna.encode(domain, uts46=True).decode()}" if domain else email
    except idna.IDNAError:  # not one that `as_email` let in
        return email


def _mixed(label: str) -> bool:
    """Whether letters of two scripts are in it, as `dеmo` with a Cyrillic letter."""
    scripts = {unicodedata.name(sign, "?").split()[0] for sign in label if sign.isalpha()}
    return len(scripts - WRITTEN_TOGETHER) > 1


EmailAddress = Annotated[str, StringConstraints(max_length=LONGEST_EMAIL), AfterValidator(as_email)]
# One that is only looked up: a wrong one reads like an unknown one.
SoughtEmail = Annotated[
    str, StringConstraints(max_length=LONGEST_EMAIL), AfterValidator(normalized)
]
