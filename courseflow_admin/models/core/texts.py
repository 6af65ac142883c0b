"""What people write, in one line or in many: all that any script needs, and nothing that forges.

What is refused is listed by its code points, never by what this Python's tables know: an emoji of
next year is a sign like any other. docs/decisions/0016.
"""

import re
import unicodedata

# Letters and a sign by their kind, of which nothing is seen.
BLANKS = "\u115f\u1160\u3164\uffa0\u2800"
# Refused in a line, and left out of longer texts: what rings, erases, or forges the heads of mails;
OVERRIDES = "\u202a-\u202e"  # what turns the letters of all that follows;
CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
SURROGATES = "\ud800-\udfff"
# and what is not seen at all, by which two names that look the same differ.
UNSEEN = (
    "\u00ad\u034f\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff0-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
MARKS = "\u200c\u200d\u200e\u200f\u061c"  # joiners, marks of direction: not at the end of a text
OPENING, CLOSING = "\u2066\u2067\u2068", "\u2069"  # isolates turn only what is inside them
FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f")  # Wales
KINDS = (
    ("control character", re.compile(f"[{CONTROLS}]")),
    ("text direction override", re.compile(f"[{OVERRIDES}]")),
    ("half of a character", re.compile(f"[{SURROGATES}]")),
    ("invisible character", re.compile(f"[{UNSEEN}]")),
)
SPACES = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
LEFT_OUT = re.compile(f"[{CONTROLS}\x0b\x0c\x85{OVERRIDES}]")
ENDS = f" {MARKS}\u200b\u2060\ufeff"


def as_line(text: str) -> str:
    """One line with single spaces; empty when nothing of it can be seen.

    Zero-width marks at the ends, which come with what is pasted, are dropped. ValueError names a
    character that no line may have, and where it is.
    """
    line = _without_ends(SPACES.sub(" ", text))
    for kind, refused in KINDS:
        if found := refused.search(FLAG.sub(_as_long, line)):
            raise ValueError(
                f"Remove the {kind} (U+{ord(found[0]):04X}) at position {found.start() + 1}."
            )
    return _closed(line) if _seen(line) else ""


def as_title(text: str) -> str:
    line = as_line(text)
    if not line:
        raise ValueError("Enter a text that can be seen.")
    return line


def as_text(text: str) -> str:
    """Many lines, without control signs and the like; empty when nothing of it can be seen."""
    clean = LEFT_OUT.sub("", re.sub("\r\n?", "\n", text))
    return clean if _seen(clean) else ""


def _without_ends(line: str) -> str:
    """A joiner after a virama stays: it makes the last letter of Malayalam words."""
    short = line.strip(ENDS)
    rest = line[line.index(short) + len(short) :] if short else ""
    joins = rest[:1] in ("\u200c", "\u200d") and unicodedata.combining(short[-1]) == 9
    return short + rest[0] if joins else short


def _closed(line: str) -> str:
    """Each isolate is ended within its line, or it would go on in what is written after it."""
    still_open = 0
    for sign in line:
        still_open += (sign in OPENING) - (sign in CLOSING and still_open > 0)
    return line + CLOSING * still_open


def _as_long(found: re.Match[str]) -> str:
    return "x" * len(found[0])


def says_something(line: str) -> bool:
    """Whether there is more than punctuation: a letter, a digit, or a symbol such as an emoji."""
    return _any_of("LNS", line)


def _seen(text: str) -> bool:
    return _any_of("LNPS", text)


def _any_of(categories: str, text: str) -> bool:
    """What our tables do not know yet (Cn) is a symbol."""
    return any(
        (unicodedata.category(sign)[0] in categories or unicodedata.category(sign) in ("Cn", "Co"))
        and sign not in BLANKS
        and not KINDS[-1][1].match(sign)
        for sign in text
    )
