"""What people write, in one line or in many: nothing that hides, turns or forges what is read."""

import re
import unicodedata

from courseflow_admin.models.core.words import JOINERS

# Letters and a sign by their kind, of which nothing is seen.
BLANKS = "\u115f\u1160\u3164\uffa0\u2800"
# Controls but line break and tab, and what turns the direction of all that follows.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def as_line(text: str) -> str:
    """One line with single spaces; empty when nothing of it can be seen.

    ValueError for control signs, which would forge the heads of e-mails, and signs like them.
    """
    line = " ".join(text.split())
    if not all(sign.isprintable() or sign in JOINERS for sign in line):
        raise ValueError("Please write letters, digits and signs only.")
    return line if _seen(line) else ""


def as_title(text: str) -> str:
    line = as_line(text)
    if not line:
        raise ValueError("Please write letters or digits here.")
    return line


def as_text(text: str) -> str:
    """Many lines, without control signs and the like; empty when nothing of it can be seen."""
    clean = UNSEEN.sub("", re.sub("\r\n?", "\n", text))
    return clean if _seen(clean) else ""


def _seen(text: str) -> bool:
    return any(unicodedata.category(sign)[0] in "LNPS" and sign not in BLANKS for sign in text)
