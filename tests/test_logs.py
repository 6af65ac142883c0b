import asyncio
import json
import logging
import re
import time
import warnings

import pytest
from loguru import logger

from courseflow_admin.logs import (
    Floodgate,
    Passes,
    configure_logs,
    new_reference,
    redact,
    request_context,
)


@pytest.fixture
def lines():
    """The lines written since the test began, as a terminal shows them."""
    before = list(logging.root.handlers), logging.root.level
    written: list[str] = []
    configure_logs(process="web", write=written.append)
    yield written
    logger.remove()
    logging.captureWarnings(capture=False)
    logging.root.handlers[:], logging.root.level = before


def without_time(line: str) -> str:
    return re.sub(r"^\d\d:\d\d:\d\d\.\d{3} ", "", line)


def test_an_event_is_one_line_with_its_facts(lines):
    logger.info("payment.refunded", payment="pay_1", reason="asked by\nlearner", amount=500)

    assert [without_time(line) for line in lines] == [
        'INFO    web     payment.refunded payment=pay_1 reason="asked by\\nlearner" amount=500\n'
    ]


def test_a_line_break_in_a_message_does_not_start_a_second_event(lines):
    logger.info("found nothing for {}", "x\n12:00:00 INFO forged")

    assert len(lines) == 1
    assert lines[0].count("\n") == 1


def test_everything_inside_a_request_carries_its_id_and_address(lines):
    async def request(number: int) -> None:
        with request_context(f"req_{number}", f"10.0.0.{number}"):
            await asyncio.sleep(0)
            logger.info("asked")

    async def two_at_once() -> None:
        await asyncio.gather(request(1), request(2))

    asyncio.run(two_at_once())
    logger.info("outside")

    assert [without_time(line).split("asked")[-1] for line in lines[:2]] == [
        " request=req_1 ip=10.0.0.1\n",
        " request=req_2 ip=10.0.0.2\n",
    ]
    assert "request=" not in lines[2]


def test_in_production_an_event_is_one_json_object():
    written: list[str] = []
    configure_logs(json=True, process="worker", write=written.append)

    with request_context("req_1"):
        try:
            1 / 0  # noqa: B018
        except ZeroDivisionError:
            logger.exception("job.failed", job="job_1", level="high")
    logger.remove()

    (line,) = written
    event = json.loads(line)
    assert line.count("\n") == 1
    assert event.pop("time")[10] == "T"
    assert event.pop("traceback").endswith("ZeroDivisionError: division by zero")
    assert event == {
        "level": "error",
        "event": "job.failed",
        "request": "req_1",
        "process": "worker",
        "job": "job_1",
        "fact_level": "high",
    }


def test_records_of_the_standard_library_and_warnings_go_the_same_way(lines):
    logging.captureWarnings(capture=False)
    with warnings.catch_warnings():
        configure_logs(process="web", write=lines.append)
        warnings.simplefilter("always")

        logging.getLogger("uvicorn.error").warning("late for %s", "password=hunter2")
        warnings.warn("old call", UserWarning, stacklevel=1)
        logging.captureWarnings(capture=False)

    assert without_time(lines[0]) == (
        "WARNING web     late for password=[redacted] logger=uvicorn.error\n"
    )
    assert "UserWarning: old call" in lines[1]
    assert "logger=py.warnings" in lines[1]


def test_braces_in_a_standard_record_are_only_text(lines):
    logging.getLogger("pymongo").warning('{"a": {}}')

    assert '{"a": {}}' in lines[0]


def test_a_fact_named_like_a_secret_is_never_written(lines):
    logger.info(
        "session.begun", password="pw-1", refresh_token="t-1", Cookie="c-1", api_key="k-1",
        token_hash="h-1", authorization="a-1", account="acc_1",
    )  # fmt: skip

    assert without_time(lines[0]) == (
        "INFO    web     session.begun password=[redacted] refresh_token=[redacted] "
        "Cookie=[redacted] api_key=[redacted] token_hash=[redacted] authorization=[redacted] "
        "account=acc_1\n"
    )


def test_a_secret_in_a_traceback_is_redacted(lines):
    try:
        int("refused sk_sandbox_0123456789abcdef")
    except ValueError:
        logger.exception("provider.refused")

    assert "ValueError: invalid literal" in lines[0]
    assert "refused sk_sandbox_[redacted]" in lines[0]
    assert "0123456789abcdef" not in lines[0]


@pytest.mark.parametrize(
    "part",
    [
        "1", "4 ", "a", "A1_", "a.", ".", " ", "\n", "eyJ", "eyJ-", "eyJa.", "://", "a://a:", "-",
        "password", "password ", "token=", "1token1", "cookie ", "cookie:\n", "bearer ", "re_1234-",
        "re_12345", "whsec_", "sk_live_", "cf_session=", "reflex_event|", "4242424242424242-",
    ],
)  # fmt: skip
def test_nobody_holds_up_the_process_with_what_they_write_into_the_log(part):
    million = part * (1_000_000 // len(part))

    assert len(redact(million)) < 4_100
    assert quickest(million) < 0.05
    assert quickest(million[:16_000], longest=16_000) < 0.5  # by itself each search is linear


def quickest(text: str, **bound: int) -> float:
    """Seconds; of a few times, because the machine may be busy with something else."""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        redact(text, **bound)
        taken.append(time.perf_counter() - began)
    return min(taken)


@pytest.mark.parametrize(
    "secret",
    [
        "sk_live_51Habc0123456789DEF",
        "re_123abcde_ABCDEFGHIJKLMNOP1234",
        "eyJhbGciOi.eyJzdWIi.c2lnc2lnc2ln",
        "mongodb://app:swordfish0123@db.example",
        "Bearer abcdefghijklmnop",
        "password=swordfish0123",
        "4242 4242 4242 4242",
    ],
)
@pytest.mark.parametrize("edge", [4_000, 4_500])
def test_a_text_is_cut_and_no_secret_shows_a_half_of_itself_at_the_cut(secret, edge):
    for before in range(edge - len(secret) - 1, edge + 1):
        text = "x" * (before - 1) + " " + secret + " " + "y" * 5_000

        written = redact(text)

        assert written.startswith("x" * 3_000)
        assert written.endswith(f"… [cut from {len(text):,} characters]")
        assert not set(pieces(secret)) & set(pieces(written))


def pieces(text: str) -> list[str]:
    """What would tell something of a secret: each six signs of it, without how it begins."""
    text = re.sub(r"^(sk_live_|re_|mongodb://app:|Bearer |password=)|@db.example$", "", text)
    return [text[at : at + 6] for at in range(len(text) - 5)]


def test_a_long_traceback_keeps_where_it_began_and_how_it_ended(lines):
    def deeper(depth: int) -> int:
        if depth == 0:
            raise ValueError("x" * 100_000)
        return deeper_still(depth)

    def deeper_still(depth: int) -> int:
        return deeper(depth - 1)

    try:
        deeper(30)
    except ValueError:
        logger.exception("job.failed")

    _, first, second, *_, last = lines[0].splitlines()
    assert first == "Traceback (most recent call last):"
    assert "in test_a_long_traceback_keeps_where_it_began_and_how_it_ended" in second
    assert "  … [44 entries left out]\n" in lines[0]
    assert last.startswith("ValueError: xxx")
    assert last.endswith("… [cut from 100,012 characters]")
    assert len(lines[0]) < 10_000


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("whsec_c2VjcmV0c2VjcmV0+/=", "whsec_[redacted]"),
        ("key sk_live_51Habc_DEF, next", "key sk_live_[redacted], next"),
        ("rzp_test_a1B2c3", "rzp_test_[redacted]"),
        ("re_123abcde_ABCDEFGHIJKLMNOP1234", "re_[redacted]"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [redacted]"),
        ("got eyJhbGciOi.eyJzdWIi.c2ln.", "got [redacted]."),
        ("GET /_event/?EIO=4&token=tab-123&x=1", "GET /_event/?EIO=4&token=[redacted]&x=1"),
        ('{"password": "hunter2", "a": 1}', '{"password": "[redacted]", "a": 1}'),
        ("Cookie: a=1; cf_session=xyz", "Cookie: [redacted]"),
        ("{'cookie': 'a=1; b=2', 'host': 'x'}", "{'cookie': '[redacted]', 'host': 'x'}"),
        ("__Host-cf_session=xyz; Path=/", "__Host-cf_session=[redacted]; Path=/"),
        ("mongodb://app:pw@db.example/x", "mongodb://app:[redacted]@db.example/x"),
        ("card 4242 4242 4242 4242 declined", "card [redacted] declined"),
        ("4111111111111111", "[redacted]"),
        (
            "send delta to disconnected client '718f5ff2-1'",
            "send delta to disconnected client [redacted]",
        ),
        ("Lock for token 718f5ff2-1 was held", "Lock for token [redacted] was held"),
        (
            "Error in reflex_event|a.load|718f5ff2-1|9:",
            "Error in reflex_event|a.load|[redacted]|9:",
        ),
    ],
)
def test_secrets_never_reach_a_line(text, written):
    assert redact(text) == written


@pytest.mark.parametrize(
    "text",
    [
        "re_3MmlLrLkdIwHu7ix0snN0B15",  # a refund of Stripe
        "pay_01jd0000000000000000000000",
        "acc_01jd4242424242424242424242",
        "amount=1999 at 1732300000000 by 4242",
        "http://localhost:3000/sign-in",
        "tokens are kept as hashes",
    ],
)
def test_ids_amounts_and_addresses_stay_readable(text):
    assert redact(text) == text


def test_who_causes_warnings_without_end_writes_sixty_a_minute_and_hides_nobody_else(lines):
    for number in range(200):
        with request_context(f"req_{number}", "198.51.100.1"):
            logger.warning("guard.refused", event="no.such.event")
            logger.error("event.failed", where=f"a.py:{number % 2}")
    with request_context("req_x", "198.51.100.2"):
        logger.warning("guard.refused", event="no.such.event")
    for _ in range(100):
        logger.warning("job.late")  # of the worker: nobody from outside caused it

    told = [without_time(line).split()[2] for line in lines]
    assert told.count("guard.refused") == 60 + 1
    assert told.count("event.failed") == 2 * 60  # of each place in the code
    assert told.count("job.late") == 100
    left_out = [without_time(line) for line in lines if "log.left_out" in line]
    assert left_out[0] == (
        "WARNING web     log.left_out request=req_60 ip=198.51.100.1 what=guard.refused\n"
    )
    assert len(left_out) == 3


def test_after_a_minute_such_lines_are_written_again():
    seconds = 0.0
    gate = Floodgate(clock=lambda: seconds)

    first = [gate.passes("guard.refused", "198.51.100.1") for _ in range(62)]
    seconds = 60.5
    again = gate.passes("guard.refused", "198.51.100.1")

    assert first == [Passes.YES] * 60 + [Passes.LAST, Passes.NO]
    assert again is Passes.YES


def test_strangers_without_number_cost_no_memory_without_end():
    seconds = 0.0
    gate = Floodgate(clock=lambda: seconds)
    for number in range(20_000):
        seconds += 0.1
        gate.passes("guard.refused", f"2001:db8::{number:x}")

    assert len(gate) <= Floodgate.MOST_KNOWN


def test_a_reference_is_short_readable_and_new_each_time():
    references = {new_reference() for _ in range(200)}

    assert len(references) == 200
    assert all(re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}", r) for r in references)
