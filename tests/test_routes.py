"""Links of ours, and what `next=` may lead to."""

import pytest

from courseflow_admin import routes


@pytest.mark.parametrize(
    "path", ["/", "/payments", "/courses/algebra?x=1&y=%2F#top", "/learn/a/b", "/apis"]
)
def test_our_own_paths_are_led_to(path):
    assert routes.safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "payments",
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a//b",
        "/\t/evil.example",
        "\n//evil.example",
        "/pay\u00adments",
        "/a b",
        "javascript:alert(1)",
        "/api/v1/auth/sign-out",
        "/" + "a" * 600,
        "/\x00",
        "/é",
    ],
)
def test_everything_else_leads_to_the_overview(path):
    assert routes.safe_next(path) == "/overview"


def test_links_quote_what_they_are_given():
    assert routes.payment("pay_1") == "/payments/pay_1"
    assert routes.course("a/b?c") == "/courses/a%2Fb%3Fc"
    assert routes.sign_in("/payments?state=paid") == "/sign-in?next=%2Fpayments%3Fstate%3Dpaid"
    assert routes.sign_in("//evil.example") == "/sign-in"
    assert (
        routes.with_query("/payments", state="paid", after="", page=None) == "/payments?state=paid"
    )


def test_the_cookie_is_bound_to_the_host_wherever_https_allows_it():
    assert routes.session_cookie(secure=True) == "__Host-cf_session"
    assert routes.session_cookie(secure=False) == "cf_session"


def test_the_log_does_not_learn_the_secret_of_an_invitation():
    assert routes.without_secret(routes.invitation("s3cret")) == "/invitations/hidden"
    assert routes.without_secret("/payments/pay_1") == "/payments/pay_1"
