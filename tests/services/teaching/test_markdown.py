"""Markdown: what an author writes can format a page, never run in it."""

import re
import time

import pytest

from courseflow_admin.services.teaching.markdown import to_html


def test_markdown_becomes_html():
    html = to_html("# Title\n\nA **bold** word, `code` and a [link](https://a.test).\n\n- one\n")

    assert html == (
        "<h2>Title</h2>\n<p>A <strong>bold</strong> word, <code>code</code> and a "
        '<a href="https://a.test" rel="noopener noreferrer nofollow">link</a>.</p>\n'
        "<ul>\n<li>one</li>\n</ul>\n"
    )


def test_tables_and_code_blocks_keep_their_shape():
    html = to_html("|a|b|\n|:-:|-:|\n|1|2|\n\n```python\nif a < b:\n    pass\n```\n")

    assert '<th style="text-align:center">a</th>' in html
    assert '<code class="language-python">if a &lt; b:\n    pass\n</code>' in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\nscript:alert(1))",
        "[x](vbscript:msgbox)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        '![x](javascript:alert(1) "onerror=alert(1)")',
        '[x](https://a.test "onmouseover=alert(1)")',
        '<https://a.test/?"onclick=alert(1)>',
        '```"><script>alert(1)</script>\nx\n```',
        "```x onload=alert(1)\nx\n```",
        "<a href='javascript:alert(1)'>x</a>",
        "<svg><animate onbegin=alert(1)></svg>",
        "<style>body{display:none}</style>",
        "<base href='//evil.test'>",
        "<form action='//evil.test'><input name=password></form>",
        "|a|\n|-|\n|<img src=x onerror=alert(1)>|",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "\x00<script>alert(1)</script>",
        "<math><mtext></p><style><img src=x onerror=alert(1)></style></mtext></math>",
    ],
)
def test_nothing_hostile_survives(hostile):
    html = to_html(hostile)

    tags = re.findall(r"<[^>]*>", html)
    for tag in tags:
        name = re.match(r"</?(\w+)", tag)[1]
        assert name not in {"script", "iframe", "svg", "style", "base", "form", "input", "math"}
        outside_quotes = re.sub(r'"[^"]*"', '""', tag)
        assert not re.search(r"\son\w+\s*=", outside_quotes, re.IGNORECASE)
        assert not re.search(r'(href|src)="\s*(javascript|vbscript|data):', tag, re.IGNORECASE)


@pytest.mark.parametrize("deep", [">" * 20_000, "[" * 20_000, "- " * 5_000, "*" * 50_000])
def test_deep_nesting_is_answered(deep):
    assert isinstance(to_html(deep), str)


LARGEST = 200_000


def fill(unit: str) -> str:
    return (unit * LARGEST)[:LARGEST]


SLOW = {
    "images": fill("!["),
    "brackets": fill("["),
    "brackets that close": "[" * (LARGEST // 2) + "]" * (LARGEST // 2),
    "brackets in many paragraphs": fill("[" * 490 + "\n\n"),
    "brackets before many signs": fill("[" * 200 + "-" * 280 + "\n"),
    "links": fill("[a]("),
    "links by name": fill("[a]["),
    "escaped brackets": fill("[\\]"),
    "a name for a long address": "[a]: /" + "u" * 100_000 + "\n\n" + "[a] " * 20_000,
    "names of addresses": fill("[a]: b\n"),
    "names without an end": fill("[a]: b '" + "c\n" * 40),
    "stars": fill("a*"),
    "strong": fill("a**b__c"),
    "underlines": fill("_a "),
    "strikes": fill("~~a"),
    "backticks": fill("`" * 3 + "a`` "),
    "fences": fill("```\n"),
    "less than": fill("<a"),
    "comments": fill("<!--"),
    "character data": fill("<![CDATA["),
    "ampersands": fill("&"),
    "ampersands in code": "```\n" + fill("a&"),
    "entities": fill("&#"),
    "quotes in a row": fill(">"),
    "quotes in one another": fill("> " * 16 + "a\n"),
    "quotes that go on": "> " * 40 + "a\n" + fill("b\n"),
    "lists in one another": fill("- " * 8 + "a\n"),
    "lists in quotes": fill(">" * 7 + "- - - - a\n"),
    "items": fill("* a\n"),
    "short lines": fill("a\n"),
    "headings": fill("# **a**\n"),
    "tables": fill("a|b\n-|-\n"),
    "rows": "a|b\n-|-\n" + fill("|\n"),
    "wide rows": "|a" * 20_000 + "\n" + "|-" * 20_000 + "\n" + "|b\n" * 20_000,
    "addresses of other letters": fill("[a](<" + "é" * 9_900 + ">)\n\n"),
}


@pytest.mark.parametrize("slow", SLOW.values(), ids=SLOW)
def test_no_text_of_the_largest_size_holds_the_others_up(slow):
    began = time.process_time()
    html = to_html(slow)
    took = time.process_time() - began

    assert took < 3  # about 0.2 on an idle machine; without bounds the first took two minutes
    assert len(html) < 20 * LARGEST


def test_a_text_is_made_into_html_once():
    to_html.cache_clear()
    to_html("Read by *many*.")
    to_html("Read by *many*.")

    assert (to_html.cache_info().misses, to_html.cache_info().hits) == (1, 1)


def test_a_lesson_of_usual_density_is_formatted_to_its_end():
    html = to_html("Some **bold** words, and a [link](https://a.test) in a long line.\n\n" * 1_000)

    assert (html.count("<strong>bold</strong>"), html.count("<a href=")) == (1_000, 1_000)


def test_a_long_paragraph_is_formatted_to_its_end():
    html = to_html("**Ada:** and what then?\n" * 500)

    assert html.count("<strong>Ada:</strong>") == 500
    assert html.count("<p>") == 1


def test_what_is_too_much_stands_there_as_it_was_written():
    html = to_html("*a* & <b>\n\n" * 6_000)

    assert html.startswith("<p><em>a</em> &amp; &lt;b&gt;</p>\n")
    assert html.endswith("*a* &amp; &lt;b&gt;<br><br></p>\n")
    assert html.count("&lt;b&gt;") == 6_000


def test_rows_beyond_the_largest_table_are_kept_as_text():
    html = to_html("|a|b|\n|-|-|\n" + "|1|2|\n" * 2_000)

    assert (html.count("<td>1</td>"), html.count("|1|2|")) == (1_998, 2)
