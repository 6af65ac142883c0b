"""Markdown: what an author writes can format a page, never run in it."""

import re
import time
from html import escape
from pathlib import Path

import nh3
import pytest
from markdown_it import MarkdownIt

from courseflow_admin.development import demo
from courseflow_admin.services.teaching.markdown import ATTRIBUTES, DEEPEST, SCHEMES, TAGS, to_html

DEMO = Path(demo.__file__).parent


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
    "numbers in a row": fill("1. "),
    "quotes and lists in a row": fill(">- "),
    "lists further in": "".join("  " * depth + "- a\n" for depth in range(440)),
    "emphasis in one another": "*" * (LARGEST // 2) + "a" + "*" * (LARGEST // 2),
    "ticks of every length": "".join("`" * length + " " for length in range(630)),
    "addresses without an end": fill("<http:"),
    "dashes in a row": fill("- * "),
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

    assert took < 1  # 0.07 at most on an idle machine
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


def test_a_text_of_many_short_paragraphs_is_formatted_to_its_end():
    html = to_html("*a* & <b>\n\n" * 6_000)

    assert html == "<p><em>a</em> &amp; &lt;b&gt;</p>\n" * 6_000


def test_a_long_table_is_a_table_to_its_end():
    html = to_html("|a|b|\n|-|-|\n" + "|1|2|\n" * 2_000)

    assert html.count("<tr><td>1</td><td>2</td></tr>") == 2_000


@pytest.mark.parametrize("opened", ["> ", ">", "- * ", "1. "])
def test_what_is_nested_too_deep_stands_there_as_it_was_written(opened):
    html = to_html(opened * 100 + "the end")

    kept = html.count("<blockquote>") + html.count("<ul>") + html.count("<ol>")
    assert kept == DEEPEST
    written = (opened * 100).removeprefix(opened * (DEEPEST // (len(opened.split()) or 1)))
    assert escape(written.strip() + " the end").replace(" ", "") in html.replace(" ", "")


def test_a_long_ruler_is_a_ruler():
    assert to_html("- " * 100) == "<hr>\n"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "A List<String> and <b>bold</b>",
            "<p>A List&lt;String&gt; and &lt;b&gt;bold&lt;/b&gt;</p>\n",
        ),
        ("`a < b` and ``<i>``", "<p><code>a &lt; b</code> and <code>&lt;i&gt;</code></p>\n"),
        ("    <div>\n", '<pre tabindex="0"><code>&lt;div&gt;\n</code></pre>\n'),
        ("<div>\n*a*\n</div>", "<p>&lt;div&gt;\n<em>a</em>\n&lt;/div&gt;</p>\n"),
        ("<!-- a\n\nb -->", "<p>&lt;!-- a</p>\n<p>b --&gt;</p>\n"),
        ("1 < 2 && 3 > 2", "<p>1 &lt; 2 &amp;&amp; 3 &gt; 2</p>\n"),
    ],
)
def test_html_is_text(text, html):
    assert to_html(text) == html


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("<https://a.test/b?c=d&e>", "https://a.test/b?c=d&amp;e"),
        ("<ada@a.test>", "mailto:ada@a.test"),
        ("[a](<https://a.test/b c>)", "https://a.test/b%20c"),
        ("[a]: <https://a.test/b c>\n\n[a]", "https://a.test/b%20c"),
        ("[a](https://a.test/x<y)", "https://a.test/x%3Cy"),
    ],
)
def test_addresses_in_angle_brackets_are_links(text, address):
    assert f'<a href="{address}" rel="noopener noreferrer nofollow">' in to_html(text)


TEXTS = sorted(path for folder in ("courses", "policies") for path in (DEMO / folder).rglob("*.md"))
BETWEEN_CELLS = re.compile(r"\s*(</?(?:table|thead|tbody|tr|th|td)\b[^>]*>)\s*")


def test_lessons_and_policies_look_as_another_parser_shows_them():
    """markdown-it, which we used before; it breaks lines between the cells of a table."""
    other = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])

    assert len(TEXTS) > 100
    for path in TEXTS:
        text = path.read_text()
        shown = nh3.clean(
            other.render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>"),
            tags=TAGS,
            attributes=ATTRIBUTES,
            url_schemes=SCHEMES,
            link_rel="noopener noreferrer nofollow",
            filter_style_properties={"text-align"},
        ).replace("<pre>", '<pre tabindex="0">')
        ours = BETWEEN_CELLS.sub(r"\1", to_html(text))
        assert ours == BETWEEN_CELLS.sub(r"\1", shown), path.name
