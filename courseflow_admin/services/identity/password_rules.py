"""What a new password must be: hard to guess, and the reason in words when it is not."""

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations_with_replacement
from typing import Any

from zxcvbn import zxcvbn

from courseflow_admin.errors import Invalid
from courseflow_admin.models.core.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD
from courseflow_admin.services.identity import passwords
from courseflow_admin.services.school import settings as school_settings

LENGTH = f"Use {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters."
GOOD_ENOUGH = 2  # of 0 to 4: a million guesses at least
PRODUCT = "CourseFlow"
SHORTEST_PART = 3  # of a hint
MOST_WORDS = 20  # of one hint; the rest counts only as a whole
READ = 72  # zxcvbn's time grows with the square of the length
ADVICE = "Add another word or two."
REASONS = {
    "personal": f"This is too close to your own name or e-mail address. {ADVICE}",
    "school": f"This is too close to the name of the school. {ADVICE}",
    "common": f"This is one of the most common passwords. {ADVICE}",
    "word": f"A single word or name is easy to guess. {ADVICE}",
    "row": f"Rows of keys on a keyboard are easy to guess. {ADVICE}",
    "repeat": f"Repeated characters are easy to guess. {ADVICE}",
    "sequence": f"Sequences such as abcd or 4321 are easy to guess. {ADVICE}",
    "date": f"Dates and years are easy to guess. {ADVICE}",
    "short": f"This is easy to guess. {ADVICE}",
}
PATTERNS = {
    "spatial": "row",
    "repeat": "repeat",
    "sequence": "sequence",
    "regex": "date",
    "date": "date",
}
# One thread: zxcvbn keeps the hints of the one who is asking in a table that all threads share.
_thread = ThreadPoolExecutor(1, thread_name_prefix="zxcvbn")


class WeakPassword(Invalid):
    code = "weak_password"

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS[reason], "password")
        self.reason = reason


async def require_good(password: str, *, name: str, email: str) -> None:
    """WeakPassword, or Invalid for its length, unless it may be the password of this person."""
    password = passwords.normal(password)
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(LENGTH, "password")
    called = (await school_settings.get()).name
    hints, school = list(_hints(name, email)), [PRODUCT, *_parts(called)]
    loop = asyncio.get_running_loop()
    reason = await loop.run_in_executor(_thread, _weakness, password[:READ], hints, school)
    if reason:
        raise WeakPassword(reason)


def _weakness(password: str, hints: list[str], school: list[str]) -> str:
    """A key of REASONS, or nothing when the password is good enough."""
    found = zxcvbn(password, user_inputs=[*hints, *school])
    if found["score"] >= GOOD_ENOUGH:
        return ""
    longest = max(found["sequence"], key=lambda match: len(match["token"]))
    own = {hint.lower() for hint in hints}
    return _reason(longest, "personal" if longest.get("matched_word") in own else "school")


def _reason(longest: Any, hint: str) -> str:
    if longest["pattern"] != "dictionary":
        return PATTERNS.get(longest["pattern"], "short")
    kind = longest["dictionary_name"]
    return {"user_inputs": hint, "passwords": "common"}.get(kind, "word")


def _hints(name: str, email: str) -> Iterator[str]:
    """The name and the address, also without a tag after +, whole and in parts."""
    local, _, domain = email.partition("@")
    for whole in (name, email, f"{local.partition('+')[0]}@{domain}"):
        yield from _parts(whole)


def _parts(whole: str) -> Iterator[str]:
    """It, and each run of its words with and without what stands between them."""
    whole = passwords.normal(whole)
    yield whole
    words = list(re.finditer(r"[^\W_]+", whole))
    yield "".join(word[0] for word in words)
    for first, last in combinations_with_replacement(words[:MOST_WORDS], 2):
        run = whole[first.start() : last.end()]
        if len(run) >= SHORTEST_PART:
            yield run
            yield re.sub(r"[\W_]", "", run)
