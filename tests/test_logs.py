import asyncio
import json
import logging
import re
import warnings

import pytest
from loguru import logger

from courseflow_admin.logs import configure_logs, new_reference, redact, request_context


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


def test_a_reference_is_short_readable_and_new_each_time():
    references = {new_reference() for _ in range(200)}

    assert len(references) == 200
    assert all(re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}", r) for r in references)
