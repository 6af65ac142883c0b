"""The words of a text as a search compares them."""

import pytest

from courseflow_admin.models.core.search_words import words_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ada Lovelace", ["ada", "lovelace"]),
        ("José  NÚÑEZ-Peña", ["jose", "nunez", "pena"]),
        ("Jose\u0301", ["jose"]),  # composed or not
        ("Søren Łukasz O’Brien", ["brien", "lukasz", "o", "soren"]),
        ("Straße İpek ＡＤＡ ﬁn", ["ada", "fin", "ipek", "strasse"]),
        ("प्रिया कुमार", ["कुमार", "प्रिया"]),  # signs of vowels are no accents
        ("ക്‌ഷ", ["ക്ഷ"]),  # written with and without a joiner
        ("Ada ada ÀDA", ["ada"]),
        (".* $ne _", ["ne"]),
        (".*", []),
        ("", []),
    ],
)
def test_the_words_of_a_name_are_the_same_however_it_is_typed(name, words):
    assert words_of(name) == words


def test_the_words_of_several_texts_are_kept_once():
    assert words_of("Crème, CREME & Straße!", "two-words") == ["creme", "strasse", "two", "words"]
