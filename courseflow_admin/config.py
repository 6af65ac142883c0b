"""Settings: read once from the environment and `.env`; each wrong value is one clear line."""

import re
import secrets
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from courseflow_admin import field_sentences
from courseflow_admin.errors import SettingsInvalid
from courseflow_admin.keys import (
    CloudinaryKeys,
    RazorpayKeys,
    ResendKeys,
    StripeKeys,
    made_once,
    mode_of,
    new_sandbox_keys,
    strict_whsec,
)

SecretList = Annotated[tuple[SecretStr, ...], NoDecode]
TextList = Annotated[tuple[str, ...], NoDecode]

# As a browser sends it: in small letters, and without the port that https has anyway.
HTTPS_ORIGIN = re.compile(r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:(?!443$)[1-9][0-9]{0,4})?")
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SANDBOX_MARK = "sandbox"  # part of every key of our own sandbox: sk_sandbox_…, rzp_sandbox_…
DEMO_SUPPORT = "support@demo.test"  # no one reads what is sent there
MIN_JWT_SECRET = 32  # bytes; PyJWT only warns below, we refuse (RFC 7518, 3.2)
MIN_WEBHOOK_SECRET = 16  # characters; Razorpay's SDK would even verify with an empty one


class Settings(BaseSettings):
    """One field per variable of `.env.example`; the properties below say what follows from them."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    env: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=1, le=65_530)
    public_url: str = ""
    data_dir: Path = Path(".data")
    mongodb_uri: SecretStr | None = None
    mongodb_database: str = Field(default="courseflow", pattern=r"^[A-Za-z0-9_-]{1,60}$")
    redis_url: SecretStr | None = None
    school_name: str = Field(default="CourseFlow", min_length=1, max_length=60)
    school_timezone: str = "UTC"
    support_email: str = DEMO_SUPPORT
    jwt_secrets: SecretList = ()
    bcrypt_cost: int = Field(default=12, ge=4, le=16)
    rate_limits: bool = True
    stripe_secret_key: SecretStr | None = None
    stripe_webhook_secrets: SecretList = ()
    stripe_base_url: str | None = None
    razorpay_key_id: str | None = None
    razorpay_key_secret: SecretStr | None = None
    razorpay_webhook_secrets: SecretList = ()
    razorpay_base_url: str | None = None
    razorpay_currencies: TextList = ("INR",)
    cloudinary_cloud_name: str | None = None
    cloudinary_api_key: str | None = None
    cloudinary_api_secret: SecretStr | None = None
    cloudinary_base_url: str | None = None
    cloudinary_delivery_url: str | None = None
    resend_api_key: SecretStr | None = None
    resend_webhook_secrets: SecretList = ()
    resend_base_url: str | None = None
    email_from: str = "CourseFlow <school@demo.test>"
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    cors_origins: TextList = ()
    metrics_token: SecretStr | None = None
    metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    demo_password: SecretStr | None = None

    @field_validator(
        "jwt_secrets",
        "stripe_webhook_secrets",
        "razorpay_webhook_secrets",
        "resend_webhook_secrets",
        "razorpay_currencies",
        "cors_origins",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("cors_origins")
    @classmethod
    def _exact_origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if not HTTPS_ORIGIN.fullmatch(value):
                raise ValueError(f"'{value}' is not one https origin, such as https://app.example")
        return values

    @field_validator("school_timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"'{value}' is not a time zone, such as Asia/Kolkata") from error
        return value

    @field_validator("public_url")
    @classmethod
    def _origin_only(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or parts.path not in {"", "/"}):
            raise ValueError("must be an address without a path, such as https://school.example")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = [*self._production_problems(), *self._provider_problems()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _production_problems(self) -> list[str]:
        if self.env != "production":
            return []
        needed = {
            "MONGODB_URI": self.mongodb_uri,
            "PUBLIC_URL": self.public_url,
            "JWT_SECRETS": self.jwt_secrets,
        }
        lines = [
            f"{name}: needed when ENV=production" for name, is_set in needed.items() if not is_set
        ]
        if self.public_url and not self.public_url.startswith("https://"):
            lines.append("PUBLIC_URL: must be https:// when ENV=production")
        if self.bcrypt_cost < 12:
            lines.append("BCRYPT_COST: at least 12 when ENV=production")
        if not self.rate_limits:
            lines.append("RATE_LIMITS: cannot be off when ENV=production")
        lines += [
            f"{name}: an own address is not accepted when ENV=production"
            for name, url in self._overrides().items()
            if url
        ]
        lines += [
            f"{name}: a sandbox key is not accepted when ENV=production"
            for name, key in self._keys().items()
            if SANDBOX_MARK in key
        ]
        return lines

    def _provider_problems(self) -> list[str]:
        lines = [
            f"{name}: must be an address on this machine, such as http://127.0.0.1:3001"
            for name, url in self._overrides().items()
            if url and urlsplit(url).hostname not in LOOPBACK
        ]
        pairs = {
            "STRIPE_SECRET_KEY": self.stripe_base_url,
            "RAZORPAY_KEY_ID": self.razorpay_base_url,
        }
        lines += [
            f"{name}: a live key does not go with a sandbox address"
            for name, url in pairs.items()
            if url and "_live_" in self._keys()[name]
        ]
        if self.razorpay_key_id and not self.razorpay_key_secret:
            lines.append("RAZORPAY_KEY_SECRET: needed with RAZORPAY_KEY_ID")
        if self.cloudinary_cloud_name and not (
            self.cloudinary_api_key and self.cloudinary_api_secret
        ):
            lines.append(
                "CLOUDINARY_API_KEY, CLOUDINARY_API_SECRET: needed with CLOUDINARY_CLOUD_NAME"
            )
        for name, values in {
            "STRIPE_WEBHOOK_SECRETS": self.stripe_webhook_secrets,
            "RAZORPAY_WEBHOOK_SECRETS": self.razorpay_webhook_secrets,
        }.items():
            if any(len(value.get_secret_value()) < MIN_WEBHOOK_SECRET for value in values):
                lines.append(f"{name}: each must have at least {MIN_WEBHOOK_SECRET} characters")
        if any(not strict_whsec(value.get_secret_value()) for value in self.resend_webhook_secrets):
            lines.append(
                "RESEND_WEBHOOK_SECRETS: each must be whsec_ and at least 24 bytes in base64"
            )
        keys = [value.get_secret_value().rpartition(":") for value in self.jwt_secrets]
        if any(len(secret.encode()) < MIN_JWT_SECRET for _, _, secret in keys):
            lines.append(f"JWT_SECRETS: each must have at least {MIN_JWT_SECRET} bytes")
        named = [kid for kid, _, _ in keys if kid]
        if len(set(named)) < len(named):
            lines.append("JWT_SECRETS: each key id may appear only once")
        return lines

    def _overrides(self) -> dict[str, str | None]:
        return {
            "STRIPE_BASE_URL": self.stripe_base_url,
            "RAZORPAY_BASE_URL": self.razorpay_base_url,
            "CLOUDINARY_BASE_URL": self.cloudinary_base_url,
            "CLOUDINARY_DELIVERY_URL": self.cloudinary_delivery_url,
            "RESEND_BASE_URL": self.resend_base_url,
        }

    def _keys(self) -> dict[str, str]:
        return {
            "STRIPE_SECRET_KEY": _text(self.stripe_secret_key),
            "RAZORPAY_KEY_ID": self.razorpay_key_id or "",
            "CLOUDINARY_CLOUD_NAME": self.cloudinary_cloud_name or "",
            "RESEND_API_KEY": _text(self.resend_api_key),
        }

    # What follows

    @property
    def production(self) -> bool:
        return self.env == "production"

    @cached_property
    def origin(self) -> str:
        """Where people reach us, without a slash at the end."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https://")

    @cached_property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.school_timezone)

    @cached_property
    def jwt_keys(self) -> dict[str, str]:
        """Key id -> secret; the first signs, all verify. An entry may be `kid:secret`."""
        texts = [secret.get_secret_value() for secret in self.jwt_secrets] or [
            str(self._own_secrets["jwt_secret"])
        ]
        keys: dict[str, str] = {}
        for number, text in enumerate(texts, 1):
            kid, _, secret = text.rpartition(":")
            keys[kid or f"key-{number}"] = secret
        return keys

    @cached_property
    def demo_sign_in_password(self) -> str:
        return _text(self.demo_password) or str(self._own_secrets["demo_password"])

    @cached_property
    def _own_secrets(self) -> dict[str, str]:
        return made_once(
            self.data_dir / "secrets.json",
            lambda: {
                "jwt_secret": secrets.token_urlsafe(48),
                "demo_password": f"demo-{secrets.token_hex(4)}",
            },
        )

    @cached_property
    def sandbox_keys(self) -> dict[str, str]:
        """Keys of our own four servers; only for those providers that have no key of their own."""
        return made_once(self.data_dir / "sandbox.json", new_sandbox_keys)

    def sandbox_url(self, offset: int) -> str:
        """1 Stripe, 2 Razorpay, 3 Cloudinary, 4 Resend."""
        return f"http://127.0.0.1:{self.port + offset}"

    @cached_property
    def stripe(self) -> StripeKeys | None:
        """None: off."""
        if self.stripe_secret_key is None:
            if self.production:
                return None
            keys = self.sandbox_keys
            return StripeKeys(
                keys["stripe_secret_key"],
                (keys["stripe_webhook_secret"],),
                self.stripe_base_url or self.sandbox_url(1),
                "sandbox",
            )
        return StripeKeys(
            _text(self.stripe_secret_key),
            _texts(self.stripe_webhook_secrets),
            self.stripe_base_url,
            mode_of(_text(self.stripe_secret_key), self.stripe_base_url),
        )

    @cached_property
    def razorpay(self) -> RazorpayKeys | None:
        if self.razorpay_key_id is None:
            if self.production:
                return None
            keys = self.sandbox_keys
            return RazorpayKeys(
                keys["razorpay_key_id"],
                keys["razorpay_key_secret"],
                (keys["razorpay_webhook_secret"],),
                self.razorpay_base_url or self.sandbox_url(2),
                self.razorpay_currencies,
                "sandbox",
            )
        return RazorpayKeys(
            self.razorpay_key_id,
            _text(self.razorpay_key_secret),
            _texts(self.razorpay_webhook_secrets),
            self.razorpay_base_url or "https://api.razorpay.com",
            self.razorpay_currencies,
            mode_of(self.razorpay_key_id, self.razorpay_base_url),
        )

    @cached_property
    def cloudinary(self) -> CloudinaryKeys | None:
        if self.cloudinary_cloud_name is None:
            if self.production:
                return None
            keys = self.sandbox_keys
            url = self.cloudinary_base_url or self.sandbox_url(3)
            return CloudinaryKeys(
                keys["cloudinary_cloud_name"],
                keys["cloudinary_api_key"],
                keys["cloudinary_api_secret"],
                url,
                self.cloudinary_delivery_url or url,
                "sandbox",
            )
        return CloudinaryKeys(
            self.cloudinary_cloud_name,
            self.cloudinary_api_key or "",
            _text(self.cloudinary_api_secret),
            self.cloudinary_base_url or "https://api.cloudinary.com",
            self.cloudinary_delivery_url or "https://res.cloudinary.com",
            "sandbox" if self.cloudinary_base_url else "live",
        )

    @cached_property
    def resend(self) -> ResendKeys | None:
        if self.resend_api_key is None:
            if self.production:
                return None
            keys = self.sandbox_keys
            return ResendKeys(
                keys["resend_api_key"],
                (keys["resend_webhook_secret"],),
                self.resend_base_url or self.sandbox_url(4),
                self.email_from,
                "sandbox",
            )
        return ResendKeys(
            _text(self.resend_api_key),
            _texts(self.resend_webhook_secrets),
            self.resend_base_url or "https://api.resend.com",
            self.email_from,
            "sandbox" if self.resend_base_url else "live",
        )

    @property
    def any_sandbox(self) -> bool:
        """Whether at least one of the four companies is played by our sandbox."""
        providers = (self.stripe, self.razorpay, self.cloudinary, self.resend)
        return any(provider is not None and provider.mode == "sandbox" for provider in providers)


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _texts(values: tuple[SecretStr, ...]) -> tuple[str, ...]:
    return tuple(value.get_secret_value() for value in values)


def read_settings(**overrides: object) -> Settings:
    """Settings from the environment. SettingsInvalid names every wrong value, one line each."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsInvalid(_lines(error)) from None


def _lines(error: ValidationError) -> list[str]:
    lines: list[str] = []
    for problem in error.errors(include_url=False, include_input=False):
        text = field_sentences.words_of_ours(problem) or field_sentences.sentence(problem)
        name = str(problem["loc"][0]).upper() if problem["loc"] else ""
        lines += [f"{name}: {text}"] if name else text.split("\n")
    return lines


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read_settings()
