"""The look of the sandbox's own pages: plain HTML, one small stylesheet, light and dark."""

import base64
import hashlib
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from starlette.responses import HTMLResponse

from courseflow_admin.development.sandbox.store import Body

NO_DECIMALS = {"JPY", "KRW", "VND", "CLP", "XAF", "XOF", "UGX", "ISK"}
THREE_DECIMALS = {"KWD", "BHD", "OMR", "JOD", "TND", "IQD"}
SUBMIT = "document.forms[0].submit()"  # the only script there is: the return from Razorpay
SUBMIT_HASH = base64.b64encode(hashlib.sha256(SUBMIT.encode()).digest()).decode()
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self';"
    f" script-src 'sha256-{SUBMIT_HASH}'; base-uri 'none'; frame-ancestors 'none'"
)
STYLE = Path(__file__).with_name("style.css").read_text("utf-8")


def page(
    title: str, body: str, *, bar: str = "", narrow: bool = False, status: int = 200
) -> HTMLResponse:
    """A whole page; `body` holds its one h1."""
    width = ' class="narrow"' if narrow else ""
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head><body>'
        f'<header class="bar">Sandbox: no money moves.{bar}</header>'
        f"<main{width}>{body}</main></body></html>"
    )
    headers = {
        "content-security-policy": POLICY,
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return HTMLResponse(html, status, headers)


def money(amount: int, currency: str) -> str:
    code = currency.upper()
    decimals = 0 if code in NO_DECIMALS else 3 if code in THREE_DECIMALS else 2
    whole, part = divmod(abs(amount), 10**decimals)
    sign = "-" if amount < 0 else ""
    return f"{sign}{code} {whole:,}" + (f".{part:0{decimals}d}" if decimals else "")


def amount_of(values: dict[str, str]) -> int | None:
    """What was typed into a form's amount; None when it was left empty."""
    wanted = values.get("amount", "")
    if wanted and not wanted.isdigit():
        raise ValueError("Enter the amount as a whole number of minor units (cents, paise).")
    return int(wanted) if wanted else None


def when(seconds: int) -> str:
    """A moment in UTC, which every page says beside it; with its year where that is not ours."""
    moment = datetime.fromtimestamp(seconds, UTC)
    year = "" if moment.year == time.gmtime().tm_year else f" {moment.year}"
    return f'<time datetime="{moment.isoformat()}">{moment:%d %b}{year} {moment:%H:%M:%S}</time>'


def days(seconds: int) -> str:
    count = round(seconds / 86_400, 1)
    return f"{count:g} {'day' if count == 1 else 'days'}"


def note(text: str, tone: str = "") -> str:
    role = "alert" if tone == "bad" else "status"
    return f'<p class="note {tone}" role="{role}">{escape(text)}</p>' if text else ""


def badge(text: str) -> str:
    tones = {
        "good": "paid captured succeeded delivered complete processed won ok now sent available",
        "bad": "failed lost bounced complained 500 timeout forged never suppressed",
        "warn": "authorized pending processing open needs_response withheld waiting slow after"
        " refused expired delivery_delayed disputed attempted twice out_of_order"
        " warning_needs_response warning_under_review under_review in_transit",
    }
    tone = next((name for name, words in tones.items() if text in words.split()), "")
    tone = "bad" if text == "given up" else tone
    return f'<span class="badge {tone}">{escape(text.replace("_", " "))}</span>'


def form(act: str, subject_id: str, *buttons: tuple[str, str], about: str = "") -> str:
    """Buttons of the dashboard, each (value, label); `about` tells them apart when read aloud."""
    items = "".join(
        f'<button class="small" name="act" value="{value}"'
        + (f' aria-label="{escape(f"{label}: {about}")}"' if about else "")
        + f">{escape(label)}</button>"
        for value, label in buttons
    )
    return (
        f'<form method="post" action="/dashboard/{act}" class="row">'
        f'<input type="hidden" name="id" value="{subject_id}">{items}</form>'
    )


def choice(act: str, label: str, effect: str) -> str:
    """One of the other things that may happen at a checkout."""
    return (
        f'<button name="act" value="{act}"><span>{escape(label)}</span>'
        f"<small>{escape(effect)}</small></button>"
    )


def field(label: str, name: str, value: str, kind: str = "text") -> str:
    """A card field as it looks; what is in it does not matter."""
    return (
        f'<div class="field"><label for="{name}">{escape(label)}</label>'
        f'<input id="{name}" type="{kind}" value="{escape(value)}" readonly></div>'
    )


def select(name: str, label: str, options: Iterable[tuple[str, str]], chosen: str, row: str) -> str:
    items = "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text in options
    )
    return (
        f'<div class="field"><label for="{row}-{name}">{escape(label)}</label>'
        f'<select id="{row}-{name}" name="{name}">{items}</select></div>'
    )


def table(
    heads: list[str], rows: list[list[str]], empty: str, numbers: tuple[int, ...] = ()
) -> str:
    """Cells are HTML; `numbers` are the columns to set flush right."""
    if not rows:
        return f'<p class="empty">{escape(empty)}</p>'

    def cell(tag: str, column: int, inside: str) -> str:
        kind = ' class="number"' if column in numbers else ""
        if tag == "th":
            return f'<th scope="col"{kind}>{escape(inside)}</th>'
        # on a narrow screen each row is a small list, and the heads stand beside the cells
        return f'<td{kind} data-head="{escape(heads[column])}"><div>{inside}</div></td>'

    head = "".join(cell("th", number, text) for number, text in enumerate(heads))
    body = "".join(
        f"<tr>{''.join(cell('td', number, inside) for number, inside in enumerate(row))}</tr>"
        for row in rows
    )
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll"><table>{inside}</table></div>'


def posted(action: str, fields: Body, title: str, text: str) -> HTMLResponse:
    """A page that carries `fields` to another address by POST, as a gateway's return does."""
    inputs = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(str(value))}">'
        for name, value in fields.items()
    )
    body = (
        f"<h1>{escape(title)}</h1><p class='soft'>{escape(text)}</p>"
        f'<form method="post" action="{escape(action)}">{inputs}'
        '<button class="main">Continue to the school</button></form>'
        f"<script>{SUBMIT}</script>"
    )
    return page(title, body, narrow=True)
