"""The words of a text as a search compares them."""

import unicodedata

UNMARKED = str.maketrans("øłđħı", "oldhi")  # letters that Unicode does not take apart
JOINERS = "\u200c\u200d"  # not printable by themselves, but part of words in Indian scripts


def words_of(*texts: str) -> list[str]:
    """The words in `texts`: lower-cased, without accents, each once.

    The marks of other scripts stay: in Indian ones they are the vowels.
    """
    text = unicodedata.normalize("NFKC", " ".join(texts)).casefold().translate(UNMARKED)
    signs = [sign for sign in unicodedata.normalize("NFD", text) if sign not in JOINERS]
    plain = "".join(sign for sign in signs if not "\u0300" <= sign <= "\u036f")
    words = "".join(sign if _in_word(sign) else " " for sign in plain).split()
    return sorted({unicodedata.normalize("NFC", word) for word in words})


def without_controls(text: str) -> str:
    """`text` without the signs that no search may hold (the database refuses the first of them)."""
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cc")


def _in_word(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign).startswith("M")
