"""What a gateway's answer to a refund means: nothing happened, or we do not know."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from courseflow_admin import measures
from courseflow_admin.errors import ProviderFailed, ProviderRefused, ProviderUnreachable
from courseflow_admin.providers import gateways
from courseflow_admin.providers.gateways import gateway
from tests.services.money.buying import BOTH

ERRORS = "courseflow_provider_errors_total"
WORDS = {"code": "BAD_REQUEST_ERROR", "type": "invalid_request_error"}


class Answering(BaseHTTPRequestHandler):
    """Every call gets the server's one status, worded as a bad request by both gateways."""

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = json.dumps({"error": {**WORDS, "description": "No.", "message": "No."}}).encode()
        self.send_response(self.server.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
async def refund(configure):
    """`await refund(provider, status)` asks a gateway that answers with this status."""
    server = HTTPServer(("127.0.0.1", 0), Answering)
    address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    configure(STRIPE_BASE_URL=address, RAZORPAY_BASE_URL=address)
    await gateways.close()

    async def ask(provider, status):
        server.status = status
        await gateway(provider).refund("pay_1", 100, "ref_0123456789", "pay_ours", "ref_0123456789")

    yield ask
    await gateways.close()
    server.shutdown()
    thread.join()
    server.server_close()


@BOTH
@pytest.mark.parametrize("status", [401, 403, 409, 429])
async def test_an_answer_that_says_nothing_of_the_money_is_no_refusal(refund, provider, status):
    with pytest.raises(ProviderUnreachable) as error:
        await refund(provider, status)

    assert not isinstance(error.value, ProviderFailed)


@BOTH
async def test_a_bad_request_is_a_refusal(refund, provider):
    with pytest.raises(ProviderRefused, match=r"declined the request: No\."):
        await refund(provider, 400)


@BOTH
async def test_standard_output_is_left_to_what_a_command_answers(refund, capsys, provider):
    """`doctor --json` is read by programs."""
    with pytest.raises(ProviderUnreachable):
        await refund(provider, 401)

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "refused"), (429, "unreachable"), (401, "keys_refused")]
)
@BOTH
async def test_each_failed_call_is_counted_once_by_its_kind(refund, provider, status, kind):
    def count() -> float:
        labels = {"provider": provider, "kind": kind}
        return measures.REGISTRY.get_sample_value(ERRORS, labels) or 0

    before = count()
    with pytest.raises((ProviderRefused, ProviderUnreachable)):
        await refund(provider, status)

    assert count() == before + 1
