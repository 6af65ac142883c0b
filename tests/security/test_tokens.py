"""Access tokens: each way to make one that is not quite right is refused."""

import base64
import json
import time

import jwt
import pytest

from courseflow_admin.config import settings
from courseflow_admin.errors import NotSignedIn
from courseflow_admin.services.identity import sessions
from tests.builders import an_account

SECRET = "the-secret-that-signs-in-tests-0123456789"
OLD_SECRET = "the-secret-that-signed-before-0123456789"
GONE = object()


async def a_token() -> str:
    return (await sessions.open_api(await an_account())).access_token


def parts(token: str) -> tuple[dict, dict]:
    header, claims = (json.loads(base64.urlsafe_b64decode(f"{part}==")) for part in
                      token.split(".")[:2])  # fmt: skip
    return header, claims


def forged(token: str, *, header=None, secret=SECRET, algorithm="HS256", **changes) -> str:
    _, claims = parts(token)
    claims = {key: value for key, value in {**claims, **changes}.items() if value is not GONE}
    return jwt.encode(claims, secret, algorithm=algorithm, headers=header or {"kid": "now"})


async def test_a_token_says_who_for_what_and_how_long(database):
    header, claims = parts(await a_token())

    assert header == {"alg": "HS256", "kid": "now", "typ": "JWT"}
    assert set(claims) == {"iss", "aud", "sub", "sid", "kind", "iat", "exp", "jti"}
    assert claims["iss"] == "http://localhost:3000"
    assert claims["aud"] == "http://localhost:3000/api/v1"
    assert claims["exp"] - claims["iat"] == 600
    assert abs(claims["iat"] - time.time()) < 5


async def test_forging_with_nothing_changed_is_accepted(database):
    """So that the refusals below are for their change alone."""
    token = await a_token()

    assert (await sessions.actor_of(forged(token))).email == "ada@demo.test"


async def test_a_key_that_was_replaced_still_verifies_and_no_longer_signs(database):
    token = await a_token()

    actor = await sessions.actor_of(forged(token, secret=OLD_SECRET, header={"kid": "old"}))

    assert actor.email == "ada@demo.test"
    assert list(settings().jwt_keys) == ["now", "old"]


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "sid", "kind", "iat", "exp", "jti"])
async def test_no_claim_may_be_missing(database, claim):
    token = await a_token()

    with pytest.raises(NotSignedIn):
        await sessions.actor_of(forged(token, **{claim: GONE}))


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "http://localhost:3000"},
        {"aud": "other"},
        {"sub": "acc_somebodyelse"},
        {"sub": {"$ne": None}},
        {"sid": "ses_unknown"},
        {"sid": {"$ne": None}},
        {"sid": None},
        {"kind": "refresh"},
        {"kind": None},
        {"jti": ""},
        {"jti": 7},
        {"iat": int(time.time()) + 3600, "exp": int(time.time()) + 4200},
        {"iat": int(time.time()) - 700, "exp": int(time.time()) - 100},
        {"exp": int(time.time()) + 86_400},
        {"exp": "later"},
        {"nbf": int(time.time()) + 3600},
    ],
    ids="-".join,
)
async def test_no_claim_may_be_wrong(database, change):
    token = await a_token()

    with pytest.raises(NotSignedIn):
        await sessions.actor_of(forged(token, **change))


@pytest.mark.parametrize(
    "how",
    [
        {"algorithm": "HS512"},
        {"algorithm": "HS384"},
        {"secret": "another-secret-of-at-least-32-bytes-0123456789"},
        {"secret": OLD_SECRET},
        {"header": {"kid": "unknown"}},
        {"header": {"kid": ""}},
        {"header": {"typ": "JWT"}},
        {"header": {"kid": "old"}},
        {"header": {"kid": "now", "crit": ["exp"]}},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # of HS512, forged
async def test_another_algorithm_secret_or_key_is_refused(database, how):
    token = await a_token()

    with pytest.raises(NotSignedIn):
        await sessions.actor_of(forged(token, **how))


async def test_a_token_without_signature_is_refused(database):
    token = await a_token()
    _, claims = parts(token)
    unsigned = jwt.encode(claims, None, algorithm="none", headers={"kid": "now"})
    head, body, _ = token.split(".")

    for text in (unsigned, f"{head}.{body}.", f"{head}.{body}", unsigned + token.split(".")[2]):
        with pytest.raises(NotSignedIn):
            await sessions.actor_of(text)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "é.é.é", "\ud800", "e30.e30.", "x" * 100_000, "null"], ids=repr
)
async def test_what_is_no_token_is_refused(database, text):
    with pytest.raises(NotSignedIn):
        await sessions.actor_of(text)


async def test_a_role_written_into_a_token_means_nothing(database):
    token = await a_token()

    actor = await sessions.actor_of(forged(token, role="admin", permissions=["accounts:change"]))

    assert actor.role == "student"
