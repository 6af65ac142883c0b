"""Tokens: random ones stored as hashes, and the signed access token of API clients."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt

from courseflow_admin.config import settings
from courseflow_admin.errors import NotSignedIn
from courseflow_admin.models.identity.sessions import ACCESS_TOKEN, Session

ALGORITHM = "HS256"
KIND = "access"
CLAIMS = ["iss", "aud", "sub", "sid", "kind", "exp", "iat", "jti"]
CLOCKS_DIFFER = 5  # seconds between two of our machines
LONGEST = 4096  # a longer text is no token of ours and not worth reading


@dataclass(frozen=True)
class AccessClaims:
    account_id: str
    session_id: str


def new_token() -> str:
    """32 random bytes as text."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What is stored of a random token: with 256 bits of chance in it, a plain hash is enough."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def audience() -> str:
    return f"{settings().origin}/api/v1"


def sign_access(session: Session, at: datetime) -> str:
    """An access token for ten minutes. It names a session, whose row says what it may do."""
    kid, secret = next(iter(settings().jwt_keys.items()))
    claims: dict[str, Any] = {
        "iss": settings().origin,
        "aud": audience(),
        "sub": session.account_id,
        "sid": session.id,
        "kind": KIND,
        "iat": at,
        "exp": at + ACCESS_TOKEN,
        "jti": secrets.token_urlsafe(12),
    }
    return jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"kid": kid})


def read_access(token: str) -> AccessClaims:
    """What a good access token says; NotSignedIn for every other text, without telling why."""
    try:
        return _read(token)
    except (jwt.InvalidTokenError, ValueError, TypeError) as error:
        raise NotSignedIn from error


def _read(token: str) -> AccessClaims:
    if len(token) > LONGEST:
        raise ValueError("too long")
    kid = jwt.get_unverified_header(token).get("kid")
    secret = settings().jwt_keys.get(kid) if isinstance(kid, str) else None
    if secret is None:
        raise ValueError("unknown key")
    claims = jwt.decode(
        token,
        secret,
        algorithms=[ALGORITHM],
        issuer=settings().origin,
        audience=audience(),
        leeway=CLOCKS_DIFFER,
        options={"require": CLAIMS},
    )
    if claims["kind"] != KIND or not isinstance(claims["sid"], str) or not claims["jti"]:
        raise ValueError("another kind of token")
    if claims["exp"] - claims["iat"] > ACCESS_TOKEN.total_seconds():
        raise ValueError("lives too long")
    return AccessClaims(claims["sub"], claims["sid"])
