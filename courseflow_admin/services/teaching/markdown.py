"""Markdown as safe HTML: what an author writes can format a page, never run in it or hold it up."""

import re
from functools import lru_cache

import nh3
from pyromark import Markdown, Options

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

PARSER = Markdown(options=Options.ENABLE_TABLES | Options.ENABLE_STRIKETHROUGH)

# Signs of no script, which stand for others on the way and are taken out of what authors write.
AMPERSAND = "\ue000"  # while nh3 looks: of many real ones in one text it is slow
LESS_THAN = "\ue001"  # while the parser looks: it knows no mode without HTML
STOP = "\ue002"  # keeps the parser from seeing one more quote or list
OURS = re.compile(f"[\x00{AMPERSAND}{LESS_THAN}{STOP}]")

# All but those of an address in angle brackets: `<https://a.test>`, `<a@b.test>`, `[a](<b c>)`.
OPENS_HTML = re.compile(
    r"(?<!\]\()(?<!\]: )<"
    r"(?![A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*>)"
    r"(?![A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^\s<>]{1,255}>)"
)
# A line that opens more quotes and lists in one another than this, and is no ruler: `- - -`.
DEEPEST = 50
TOO_DEEP = re.compile(
    r"^(?![ \t]*([-*_])[ \t]*(?:\1[ \t]*)+$)"
    rf"((?:[ \t]*(?:>|[*+-][ \t]|\d{{1,9}}[.)][ \t])){{{DEEPEST}}})",
    re.MULTILINE,
)


@lru_cache(maxsize=32)
def to_html(text: str) -> str:
    """HTML that may appear in our pages as it is.

    Two fences: no `<` of the author reaches the parser as one, and nh3 keeps only what is listed
    above. A heading starts at the second level, because each page has its own title. A block of
    code takes the keyboard's focus, so that its long lines can be scrolled without a mouse.

    Parser and sanitiser take time in proportion to the text, whatever it is, except that nh3 takes
    the square of how deep it is nested.
    """
    source = OURS.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    source = TOO_DEEP.sub(rf"\2{STOP}", OPENS_HTML.sub(LESS_THAN, source))
    rendered = PARSER.html(source).replace(STOP, "").replace(LESS_THAN, "&lt;")
    rendered = rendered.replace("%EE%80%81", "%3C")  # in an address
    clean = nh3.clean(
        rendered.replace("<h1>", "<h2>").replace("</h1>", "</h2>").replace("&amp;", AMPERSAND),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        filter_style_properties={"text-align"},
    )
    return clean.replace("<pre>", '<pre tabindex="0">').replace(AMPERSAND, "&amp;")
