"""Logs: one event per line with its facts, who asked (request id, address), and never a secret."""

import json
import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    from loguru import Message, Record

request_id: ContextVar[str] = ContextVar("request_id", default="")
client_ip: ContextVar[str] = ContextVar("client_ip", default="")

TALKATIVE = ("httpx", "httpcore", "stripe", "urllib3")  # a line for every request of an SDK
WARNING = 30  # the number of Loguru's level
LEFT_OUT = "log.left_out"
REDACTED = "[redacted]"
LONGEST = 4_000  # of one message, one fact, one entry of a traceback
LONGEST_SECRET = 500  # of those that are recognised by how they end
FIRST_ENTRIES, LAST_ENTRIES = 5, 15  # of a traceback: where it began, and where it ended
REFERENCE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is misread over the telephone

SECRET_NAMES = re.compile(
    r"(password|passwd|secret|token|cookie|authorization|api_?key|signature|card_?number|cvc|cvv)"
    r"(_hash|s)?$",
    re.IGNORECASE,
)
# Whoever can write into a log must not be able to hold up the process: where an expression may
# begin, it may only look at what no other beginning looks at again, so that all are linear.
# Stripe's refunds are re_ too, with one part only; Resend's keys have two.
SECRET_TEXTS = (
    (re.compile(r"\b(whsec_)[A-Za-z0-9+/=_-]+"), r"\1" + REDACTED),
    (re.compile(r"\b([srp]k_(?:live|test|sandbox)_)\w+"), r"\1" + REDACTED),
    (re.compile(r"\b(rzp_(?:live|test|sandbox)_)\w+"), r"\1" + REDACTED),
    (re.compile(r"\b(re_)[A-Za-z0-9]{4,}_[A-Za-z0-9]{16,}"), r"\1" + REDACTED),
    (re.compile(r"\b(bearer|basic)(\s+)[\w.~+/=-]{8,}", re.IGNORECASE), r"\1\2" + REDACTED),
    (re.compile(r"\beyJ[\w-]{4,}(?:\.[\w-]*){0,2}"), REDACTED),  # a JWT, or the half of one
    (re.compile(r"(://[^\s:/@]*:)[^\s/@]+@"), r"\1" + REDACTED + "@"),
    (re.compile(r"\b((?:set-)?cookie['\"]?\s*[:=]\s*['\"]?)[^\r\n'\"]+", re.IGNORECASE),
     r"\1" + REDACTED),
    (re.compile(r"\b((?:__Host-)?cf_(?:session|sign_in|device)=)[^\s;,'\"]+"), r"\1" + REDACTED),
    (re.compile(r"\b(otpauth://)\S+"), r"\1" + REDACTED),
    (
        re.compile(
            r"((?:password|secret|token|api_key)['\"]?\s*[:=]\s*['\"]?)"
            r"[^\s&;,'\"}\[]+",
            re.IGNORECASE,
        ),
        r"\1" + REDACTED,
    ),
    # The socket's token, as Reflex names it: it opens the state of its tab.
    (re.compile(r"\b(disconnected client |for token )\S+"), r"\1" + REDACTED),
    (re.compile(r"\b(reflex_(?:event\|[^\s|]*|disconnect_token)\|)[^\s|]+"), r"\1" + REDACTED),
)  # fmt: skip
CARD_LIKE = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")


def configure_logs(
    *,
    json: bool = False,
    process: str = "",
    level: str = "INFO",
    write: Callable[[str], object] | None = None,
) -> None:
    """Send Loguru's events and the standard library's records to one place, a line each."""
    render = _as_json if json else _as_text
    write = write or _to_stderr

    gate = Floodgate()

    def sink(message: "Message") -> None:
        passes = gate.of(message.record)
        if passes is not Passes.NO:
            shown = message.record if passes is Passes.YES else _left_out(message.record)
            write(render(shown) + "\n")

    logger.remove()
    logger.configure(extra={"process": process} if process else {})
    logger.add(sink, level=level, format="{message}", backtrace=False, diagnose=False)
    logging.basicConfig(handlers=[_Intercept()], level=level, force=True)
    logging.captureWarnings(capture=True)
    for name in list(logging.root.manager.loggerDict):
        inherited = logging.getLogger(name)
        inherited.handlers.clear()  # uvicorn and others bring their own, which know no redaction
        inherited.propagate = True
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def request_context(request: str, ip: str = "") -> Iterator[None]:
    """Everything logged inside carries this request id (of a request, socket event or job)."""
    id_token, ip_token = request_id.set(request), client_ip.set(ip)
    try:
        yield
    finally:
        request_id.reset(id_token)
        client_ip.reset(ip_token)


def new_reference() -> str:
    """What a person can read out to us, such as K7QF-2M9X, to find the one event in the log."""
    letters = "".join(secrets.choice(REFERENCE_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def redact(text: str, longest: int = LONGEST) -> str:
    """The beginning of the text, without keys, tokens, passwords, cookies and card numbers."""
    kept = text[: longest + LONGEST_SECRET]
    cut = len(kept) < len(text)
    for pattern, replacement in SECRET_TEXTS:
        kept = pattern.sub(replacement, kept)
    kept = CARD_LIKE.sub(_without_card, kept)
    if len(text) <= longest:
        return kept
    if cut:
        kept = kept[:-LONGEST_SECRET]  # half of a secret at the cut is not recognised
    return f"{kept[:longest]}… [cut from {len(text):,} characters]"


def _without_card(match: re.Match[str]) -> str:
    digits = [int(digit) for digit in match.group() if digit.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    is_card = (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0  # Luhn: spares most other numbers
    return REDACTED if is_card else match.group()


class Passes(Enum):
    YES = "yes"
    LAST = "last"  # in its place a line that says that more are left out
    NO = "no"


class Floodgate:
    """Who causes warnings and errors without end fills no disk and hides no one else's lines.

    Counted by what happened, where in the code, and the address that caused it; what no address
    caused is always written.
    """

    MOST, SECONDS = 60, 60.0
    MOST_KNOWN = 5_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def of(self, record: "Record") -> Passes:
        extra = record["extra"]
        address = str(extra.get("ip", "")) or client_ip.get()
        if not address or record["level"].no < WARNING:
            return Passes.YES
        return self.passes(f"{record['message']} {extra.get('where', '')}", address)

    def passes(self, what: str, address: str) -> Passes:
        at = self._clock()
        began, count = self._seen.get((what, address), (at, 0))
        if at - began > self.SECONDS:
            began, count = at, 0
        if count == 0 and len(self._seen) >= self.MOST_KNOWN:
            self._forget(at)
        self._seen[what, address] = (began, count + 1)
        if count < self.MOST:
            return Passes.YES
        return Passes.LAST if count == self.MOST else Passes.NO

    def _forget(self, at: float) -> None:
        """Those whose minute is over; of more than we want to know at once, all."""
        kept = {key: seen for key, seen in self._seen.items() if at - seen[0] <= self.SECONDS}
        self._seen = kept if len(kept) < self.MOST_KNOWN else {}


class _Intercept(logging.Handler):
    """Hands the standard library's records to Loguru, whose sink redacts them."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        logger.bind(logger=record.name).opt(exception=record.exc_info).log(
            level, "{}", record.getMessage()
        )


def _left_out(record: "Record") -> "Record":
    """In place of the line that is one too many."""
    kept = {name: record["extra"][name] for name in ("process", "ip") if name in record["extra"]}
    extra = {**kept, "what": record["message"]}
    return {**record, "message": LEFT_OUT, "extra": extra, "exception": None}


def _facts(record: "Record") -> dict[str, str]:
    found = {
        "request": request_id.get(),
        "ip": client_ip.get(),
        **{str(name): str(value) for name, value in record["extra"].items()},
    }
    return {
        name: REDACTED if SECRET_NAMES.search(name) else redact(value)
        for name, value in found.items()
        if value != ""
    }


def _traceback(record: "Record") -> str:
    failure = record["exception"]
    if failure is None or failure.type is None:
        return ""
    entries = traceback.format_exception(failure.type, failure.value, failure.traceback)
    if (missing := len(entries) - FIRST_ENTRIES - LAST_ENTRIES) > 0:
        left_out = f"  … [{missing:,} entries left out]\n"
        entries = [*entries[:FIRST_ENTRIES], left_out, *entries[-LAST_ENTRIES:]]
    return "\n".join(redact(entry.rstrip("\n")) for entry in entries)


def _as_text(record: "Record") -> str:
    facts = _facts(record)
    parts = [
        f"{record['time']:HH:mm:ss.SSS}",
        f"{record['level'].name:<7}",
        *([f"{facts.pop('process'):<7}"] if "process" in facts else []),
        _one_line(redact(record["message"])),
        *(f"{name}={_quoted(value)}" for name, value in facts.items()),
    ]
    failure = _traceback(record)
    return " ".join(parts) + (f"\n{failure}" if failure else "")


def _as_json(record: "Record") -> str:
    failure = _traceback(record)
    event = {
        "time": record["time"].isoformat(timespec="milliseconds"),
        "level": record["level"].name.lower(),
        "event": redact(record["message"]),
        **{f"fact_{k}" if k in {"time", "level", "event"} else k: v
           for k, v in _facts(record).items()},
        **({"traceback": failure} if failure else {}),
    }  # fmt: skip
    return json.dumps(event, ensure_ascii=False)


def _one_line(text: str) -> str:
    """A line break in what a stranger sent must not look like a second event."""
    return text.replace("\r", "\\r").replace("\n", "\\n")


def _quoted(value: str) -> str:
    plain = value.isprintable() and not any(letter in value for letter in ' "=')
    return value if plain else json.dumps(value, ensure_ascii=False)


def _to_stderr(line: str) -> None:
    sys.stderr.write(line)
    sys.stderr.flush()
