"""The look of the sandbox's own pages: plain HTML, one small stylesheet, light and dark."""

import base64
import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape

from starlette.responses import HTMLResponse

from courseflow_admin.sandbox.store import Body

NO_DECIMALS = {"JPY", "KRW", "VND", "CLP", "XAF", "XOF", "UGX", "ISK"}
THREE_DECIMALS = {"KWD", "BHD", "OMR", "JOD", "TND", "IQD"}
SUBMIT = "document.forms[0].submit()"  # the only script there is: the return from Razorpay
SUBMIT_HASH = base64.b64encode(hashlib.sha256(SUBMIT.encode()).digest()).decode()
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self';"
    f" script-src 'sha256-{SUBMIT_HASH}'; base-uri 'none'; frame-ancestors 'none'"
)

STYLE = """
:root { color-scheme: light dark; --page: #fbfcfd; --panel: #fff; --text: #1c2024; --soft: #60646c;
  --line: #e3e5ea; --field: #cdced6; --accent: #5753c6; --accent-text: #fff; --tint: #eeeefc;
  --stripe: #e0dffe; --bad: #c62a2f; --bad-tint: #ffefef; --good: #18794e; --good-tint: #e6f6eb;
  --warn: #8f5b00; --warn-tint: #fff4d6; }
@media (prefers-color-scheme: dark) { :root { --page: #111113; --panel: #18191b; --text: #edeef0;
  --soft: #b0b4ba; --line: #2e3135; --field: #494d53; --accent: #7d79e8; --accent-text: #0c0c14;
  --tint: #1f1f3a; --stripe: #2b2a55; --bad: #ff9592; --bad-tint: #3b1219; --good: #5dd3a0;
  --good-tint: #10291d; --warn: #ffca16; --warn-tint: #302008; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.bar { padding: 6px 16px; text-align: center; font-size: 13px; font-weight: 500; line-height: 20px;
  background: repeating-linear-gradient(-45deg, var(--tint) 0 10px, var(--stripe) 10px 20px); }
.bar a { color: inherit; margin-left: 12px; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
main.narrow { max-width: 880px; }
h1 { font-size: 24px; line-height: 32px; letter-spacing: -.015em; margin: 0 0 4px; font-weight: 600; }
h2 { font-size: 16px; line-height: 24px; margin: 0; font-weight: 600; }
p { margin: 0 0 12px; } .soft { color: var(--soft); } .small { font-size: 13px; line-height: 20px; }
.mono { font: 12.5px/20px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: 3px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 6px; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: 12px; padding: 20px;
  margin-top: 16px; } .card > header { display: flex; gap: 12px; align-items: baseline;
  justify-content: space-between; flex-wrap: wrap; margin-bottom: 12px; } .card > header p { margin: 0; }
.two { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); gap: 40px; align-items: start; }
.two .card { margin-top: 0; } .grid { display: grid; gap: 16px;
  grid-template-columns: repeat(auto-fit, minmax(228px, 1fr)); } .grid .card { margin-top: 0; }
@media (max-width: 760px) { .two { grid-template-columns: minmax(0, 1fr); gap: 24px; }
  main { padding: 20px 16px 48px; } }
.price { font-size: 36px; line-height: 44px; font-weight: 600; letter-spacing: -.02em; margin: 4px 0 16px;
  font-variant-numeric: tabular-nums; }
label { display: block; font-size: 13px; font-weight: 500; line-height: 20px; margin-bottom: 4px; }
input, select { width: 100%; height: 40px; padding: 0 12px; font: inherit; color: inherit;
  background: var(--panel); border: 1px solid var(--field); border-radius: 8px; }
input[readonly] { background: var(--page); color: var(--soft); }
.field { margin-bottom: 12px; } .row { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; }
.row > .field { flex: 1; min-width: 96px; }
button, .button { display: inline-flex; align-items: center; justify-content: center; min-height: 36px;
  padding: 0 14px; font: inherit; font-size: 14px; font-weight: 500; color: var(--text); cursor: pointer;
  background: var(--panel); border: 1px solid var(--field); border-radius: 8px; text-decoration: none; }
button:hover, .button:hover { border-color: var(--soft); }
button.main { width: 100%; min-height: 44px; font-size: 15px; color: var(--accent-text);
  background: var(--accent); border-color: var(--accent); } button.main:hover { filter: brightness(1.06); }
button.small { min-height: 28px; padding: 0 10px; font-size: 13px; }
.choices { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 8px; }
.choices button { display: block; width: 100%; text-align: left; padding: 10px 12px; height: 100%; }
.choices small { display: block; font-weight: 400; color: var(--soft); line-height: 18px; }
.note { padding: 10px 14px; border-radius: 8px; margin: 0 0 16px; background: var(--tint); }
.note.bad { background: var(--bad-tint); color: var(--bad); }
.note.good { background: var(--good-tint); color: var(--good); }
.badge { display: inline-block; padding: 0 8px; border-radius: 10px; font-size: 12px; line-height: 20px;
  font-weight: 500; white-space: nowrap; background: var(--line); }
.badge.good { background: var(--good-tint); color: var(--good); }
.badge.bad { background: var(--bad-tint); color: var(--bad); }
.badge.warn { background: var(--warn-tint); color: var(--warn); }
.scroll { overflow-x: auto; margin: 0 -20px -8px; padding: 0 20px; }
table { width: 100%; border-collapse: collapse; font-size: 14px; } th { text-align: left; font-size: 12px;
  font-weight: 500; color: var(--soft); } th, td { padding: 8px 12px 8px 0; vertical-align: top;
  border-bottom: 1px solid var(--line); } tr:last-child td { border-bottom: 0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
details > summary { cursor: pointer; font-weight: 500; font-size: 13px; color: var(--accent);
  white-space: nowrap; } details form { margin-top: 8px; } details[open] { min-width: 232px; }
details input { height: 32px; } nav.row a { margin-right: 8px; } dl { display: grid; margin: 0 0 16px;
  grid-template-columns: max-content minmax(0, 1fr); gap: 4px 16px; font-size: 14px; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; } iframe { width: 100%; height: 560px;
  border: 1px solid var(--line); border-radius: 8px; background: #fff; color-scheme: light; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: 13px/20px ui-monospace, monospace; }
.empty { padding: 24px 0 16px; color: var(--soft); text-align: center; margin: 0; }
"""


def page(
    title: str, body: str, *, bar: str = "", narrow: bool = False, status: int = 200
) -> HTMLResponse:
    """A whole page; `body` holds its one h1."""
    width = ' class="narrow"' if narrow else ""
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head><body>'
        f'<div class="bar" role="note">Sandbox: no money moves.{bar}</div>'
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
    whole, part = divmod(amount, 10**decimals)
    return f"{code} {whole:,}" + (f".{part:0{decimals}d}" if decimals else "")


def when(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %H:%M:%S")


def note(text: str, tone: str = "") -> str:
    role = "alert" if tone == "bad" else "status"
    return f'<p class="note {tone}" role="{role}">{escape(text)}</p>' if text else ""


def badge(text: str) -> str:
    tones = {
        "good": "paid captured succeeded delivered complete processed won ok now sent",
        "bad": "failed lost bounced complained 500 timeout forged never suppressed",
        "warn": "authorized pending processing open needs_response withheld waiting slow after"
        " refused expired delivery_delayed disputed attempted twice out_of_order",
    }
    tone = next((name for name, words in tones.items() if text in words.split()), "")
    tone = "bad" if text == "given up" else tone
    return f'<span class="badge {tone}">{escape(text.replace("_", " "))}</span>'


def choice(act: str, label: str, effect: str) -> str:
    """One of the other things that may happen at a checkout."""
    return (
        f'<button name="act" value="{act}"><span>{escape(label)}</span>'
        f"<small>{escape(effect)}</small></button>"
    )


def field(label: str, name: str, value: str, kind: str = "text") -> str:
    """A card field as it looks; what stands in it does not matter."""
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

    def kind(column: int) -> str:
        return ' class="number"' if column in numbers else ""

    head = "".join(
        f'<th scope="col"{kind(number)}>{escape(text)}</th>' for number, text in enumerate(heads)
    )
    body = "".join(
        f"<tr>{''.join(f'<td{kind(number)}>{cell}</td>' for number, cell in enumerate(row))}</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


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
