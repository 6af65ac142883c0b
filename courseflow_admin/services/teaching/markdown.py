"""Markdown as safe HTML: what an author writes can format a page, never run in it or hold it up."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

TAGS = {
    *("a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img"),
    *("li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "td": {"style"},
    "th": {"style"},
}
SCHEMES = {"http", "https", "mailto"}

# The parser's time grows with the square of some of these, and all other visitors wait for it.
# What is beyond them is shown as it was written.
MOST_STEPS = 6_000  # each line is one, and each quote and list it stands in
MOST_MARKS = 12_000
MOST_MARKS_TOGETHER = 500  # in one paragraph, heading or cell; a longer one is read in pieces
LONGEST_TOGETHER = 10_000  # characters
MOST_CELLS = 4_000
DEEPEST = 16  # a list in a list is two
LONGEST_REFERENCE = 500  # of a link's address that is written once and may be used often
MARK = re.compile(r"[\n!#$%&*+\-:<=>@\[\\\]^_`{}~]")
OPENED = re.compile(r"(?:[ \t]*(?:>|[*+-][ \t]|\d{1,9}[.)][ \t]))*")
AMPERSAND = "\ue000"  # while nh3 looks: of many real ones in one text it is slow


@lru_cache(maxsize=32)
def to_html(text: str) -> str:
    """HTML that may stand in our pages as it is.

    Two fences: markdown-it lets no HTML of the author through, and nh3 keeps only what is listed
    above. A heading starts at the second level, because each page has its own title. A block of
    code takes the keyboard's focus, so that its long lines can be scrolled without a mouse.
    """
    lines = re.split("\r\n?|\n", text.replace("\x00", "").replace(AMPERSAND, ""))
    end = _end(lines)
    rendered = _renderer().render("\n".join(lines[:end]))
    if rest := "<br>".join(escape(line) for line in lines[end:]):
        rendered += f"<p>{rest}</p>\n"
    clean = nh3.clean(
        rendered.replace("<h1>", "<h2>").replace("</h1>", "</h2>").replace("&amp;", AMPERSAND),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        filter_style_properties={"text-align"},
    )
    return clean.replace("<pre>", '<pre tabindex="0">').replace(AMPERSAND, "&amp;")


def _end(lines: list[str]) -> int:
    """How many of the lines are read as Markdown."""
    left, opened = MOST_STEPS, 0
    for number, line in enumerate(lines):
        found = OPENED.match(line)
        here = len("".join(found[0].split())) if found else 0
        opened = max(here, opened if line.strip() else 0)  # a line may go on in all that is open
        left -= 1 + opened
        if left < 0:
            return number
    return len(lines)


@cache
def _renderer() -> MarkdownIt:
    options = {"html": False, "linkify": False, "maxNesting": DEEPEST}
    renderer = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    renderer.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    renderer.core.ruler.at("inline", _inline)
    return renderer


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table has as many rows as there are cells left; a short row still costs all its cells."""
    left = state.env.setdefault("cells_left", MOST_CELLS)
    columns = state.src[state.bMarks[start] : state.eMarks[start]].strip(" |").count("|") + 1
    rows = left // columns  # with the two of its head
    if rows < 2 or not table(state, start, min(end, start + rows), silent):
        return False
    if not silent:
        state.env["cells_left"] = left - columns * (state.line - start)
    return True


def _inline(state: StateCore) -> None:
    """What stands inside of paragraphs, headings and cells, each by itself."""
    references = state.env.get("references", {})
    for label, found in list(references.items()):
        if len(found["href"]) + len(found["title"]) > LONGEST_REFERENCE:
            del references[label]
    left = MOST_MARKS
    for token in state.tokens:
        if token.type != "inline":
            continue
        token.children = []
        for piece, marks in _pieces(token.content):
            if token.children:
                token.children.append(Token("softbreak", "br", 0))
            left -= marks
            if left < 0 or marks > MOST_MARKS_TOGETHER or len(piece) > LONGEST_TOGETHER:
                token.children.append(Token("text", "", 0, content=piece))
            else:
                state.md.inline.parse(piece, state.md, state.env, token.children)


def _pieces(content: str) -> Iterator[tuple[str, int]]:
    """Whole lines of at most so much together, each piece with the number of its marks."""
    lines: list[str] = []
    marks = length = 0
    for line in content.split("\n"):
        more = len(MARK.findall(line)) + 1
        if lines and (marks + more > MOST_MARKS_TOGETHER or length + len(line) > LONGEST_TOGETHER):
            yield "\n".join(lines), marks
            lines, marks, length = [], 0, 0
        lines.append(line)
        marks, length = marks + more, length + len(line) + 1
    yield "\n".join(lines), marks
