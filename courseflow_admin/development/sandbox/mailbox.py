"""The mailbox: every mail the school sent, as its reader sees it, and its delivery."""

from html import escape
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from courseflow_admin.development.sandbox import pages, resend
from courseflow_admin.development.sandbox.store import Body
from courseflow_admin.development.sandbox.world import World

SEE_OTHER = 303
SHOWN = 100
MARKS = (
    ("delivered", "Delivered"),
    ("bounced", "Bounced"),
    ("complained", "Complained"),
    ("delivery_delayed", "Delayed"),
    ("failed", "Failed"),
)
# A mail is someone's HTML: no scripts, no forms, no requests to anywhere from inside the frame.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " style-src 'unsafe-inline'; img-src data: http://127.0.0.1:* http://localhost:*"
)


def mailbox_routes(world: World) -> list[Route]:
    async def start(request: Request) -> Response:  # noqa: ARG001
        return RedirectResponse("/mailbox", SEE_OTHER)

    async def listed(request: Request) -> Response:
        return _list(world, request.query_params.get("to", "").strip())

    async def shown(request: Request) -> Response:
        return _show(world, request.path_params["id"], request.query_params.get("said", ""))

    async def html(request: Request) -> Response:
        return _html(world, request.path_params["id"])

    async def mark(request: Request) -> Response:
        mail_id = request.path_params["id"]
        event = str((await request.form()).get("event"))
        try:
            resend.mark(world, mail_id, event)
        except (KeyError, ValueError):
            return _missing()
        return RedirectResponse(f"/mailbox/{mail_id}?said={event}", SEE_OTHER)

    return [
        Route("/", start, methods=["GET"]),
        Route("/mailbox", listed, methods=["GET"]),
        Route("/mailbox/{id}", shown, methods=["GET"]),
        Route("/mailbox/{id}", mark, methods=["POST"]),
        Route("/mailbox/{id}/html", html, methods=["GET"]),
    ]


def _bar(world: World) -> str:
    return (
        f'<a href="{world.url("stripe")}/">Dashboard</a><a href="/mailbox">Mailbox</a>'
        f'<a href="{escape(world.app_url)}/">The school</a>'
    )


def _list(world: World, to: str) -> Response:
    mails = [
        mail
        for mail in world.store.newest("mail", limit=10_000)
        if any(to.lower() in address.lower() for address in mail["to"])
    ]
    rows = [
        [
            f'<a href="/mailbox/{mail["id"]}">{escape(mail["subject"])}</a>',
            escape(", ".join(mail["to"])),
            pages.badge(mail["last_event"]),
            escape(mail["created_at"][:19].replace("T", " ")),
        ]
        for mail in mails[:SHOWN]
    ]
    empty = f"No mail to {to}." if to else "No mail yet. E-mails that the school sends appear here."
    clear = '<a class="button" href="/mailbox">All</a>' if to else ""
    count = f"{len(mails)} mail{'' if len(mails) == 1 else 's'}"
    body = f"""<h1>Mailbox</h1><p class="soft">Every mail the school sends ends here, whoever it is
      to. An address that begins with bounce, complain, delay or fail behaves like that.</p>
      <section class="card"><form method="get" action="/mailbox" role="search" class="field">
      <label for="to">Recipient</label><div class="row search">
      <div><input id="to" name="to" type="search" value="{escape(to)}"
      placeholder="student@demo.test"></div><button>Search</button>{clear}</div></form>
      <p class="soft small">{count}, newest first</p>
      {pages.table(["Subject", "To", "Status", "Time (UTC)"], rows, empty)}</section>"""
    return pages.page("Mailbox", body, bar=_bar(world))


def _show(world: World, mail_id: str, said: str) -> Response:
    mail = world.store.find("mail", mail_id)
    if mail is None:
        return _missing()
    marks = "".join(
        f'<button class="small" name="event" value="{event}">{label}</button>'
        for event, label in MARKS
    )
    text = escape(mail["text"] or "This mail has no text part.")
    same = urlencode({"to": mail["to"][0]})
    done = f"Marked {said.replace('_', ' ')}; the school has been notified." if said else ""
    body = f"""<p><a href="/mailbox">← Mailbox</a></p><h1>{escape(mail["subject"])}</h1>
      {pages.note(done, "good")}
      <dl class="small"><dt>To</dt><dd>{escape(", ".join(mail["to"]))}
      · <a href="/mailbox?{same}">all to this address</a></dd>
      <dt>From</dt><dd>{escape(mail["from"])}</dd>{_more(mail)}
      <dt>Time</dt><dd>{escape(mail["created_at"][:19].replace("T", " "))} UTC</dd>
      <dt>State</dt><dd>{pages.badge(mail["last_event"])}</dd>
      <dt>Id</dt><dd class="mono">{mail_id}</dd></dl>
      <form method="post" action="/mailbox/{mail_id}" class="row">
      <span class="small soft">Tell the school it was</span>{marks}</form>
      <section class="card"><header><h2>As it looks</h2></header>
      <iframe title="The mail as it looks" src="/mailbox/{mail_id}/html"
      sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe></section>
      <section class="card"><header><h2>As plain text</h2></header><pre>{text}</pre></section>"""
    return pages.page(mail["subject"], body, bar=_bar(world), narrow=True)


def _more(mail: Body) -> str:
    """The rarer headers, where there are any."""
    rows = [(name.title(), ", ".join(mail[name])) for name in ("cc", "bcc") if mail[name]]
    if mail["reply_to"]:
        rows.append(("Reply to", ", ".join(mail["reply_to"])))
    if mail["tags"]:
        rows.append(("Tags", ", ".join(f"{tag['name']}={tag['value']}" for tag in mail["tags"])))
    return "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)


def _html(world: World, mail_id: str) -> Response:
    mail = world.store.find("mail", mail_id)
    if mail is None:
        return _missing()
    content = mail["html"] or f"<pre>{escape(mail['text'] or '')}</pre>"
    # Links open beside the mailbox, not inside the frame.
    html = f'<base target="_blank">{content}'
    headers = {"content-security-policy": MAIL_POLICY, "x-content-type-options": "nosniff"}
    return HTMLResponse(html, headers=headers)


def _missing() -> Response:
    body = '<h1>No such mail</h1><p><a href="/mailbox">Mailbox</a></p>'
    return pages.page("Mailbox", body, narrow=True, status=404)
