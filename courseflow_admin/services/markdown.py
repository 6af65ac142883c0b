"""Markdown as safe HTML: what an author writes can format a page, never run in it."""

from functools import cache

import nh3
from markdown_it import MarkdownIt

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


def to_html(text: str) -> str:
    """HTML that may stand in our pages as it is.

    Two fences: markdown-it lets no HTML of the author through, and nh3 keeps only what is listed
    above. A heading starts at the second level, because each page has its own title. A block of
    code takes the keyboard's focus, so that its long lines can be scrolled without a mouse.
    """
    rendered = _renderer().render(text.replace("\x00", ""))
    clean = nh3.clean(
        rendered.replace("<h1>", "<h2>").replace("</h1>", "</h2>"),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        filter_style_properties={"text-align"},
    )
    return clean.replace("<pre>", '<pre tabindex="0">')


@cache
def _renderer() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": 50}).enable(
        ["table", "strikethrough"]
    )
