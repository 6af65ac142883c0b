import re
import stat
from pathlib import Path

import pytest

from courseflow_admin.config import Settings, read_settings
from courseflow_admin.development.sandbox.server import Sandbox
from courseflow_admin.errors import SettingsInvalid

PRODUCTION = {
    "ENV": "production",
    "MONGODB_URI": "mongodb://db.example/?replicaSet=rs0",
    "PUBLIC_URL": "https://school.example",
    "JWT_SECRETS": "a-secret-of-production-with-more-than-32-bytes",
}
LIVE_STRIPE = {
    "STRIPE_SECRET_KEY": "sk_live_0123456789",
    "STRIPE_WEBHOOK_SECRETS": "whsec_0123456789abcdef",
}
WHSEC = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"  # 24 bytes


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    """Only what a test sets itself, and an empty current folder without `.env`."""
    for name in read_settings().model_dump():
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def lines_of(monkeypatch):
    """`lines_of(PORT="0")`: what is said about these settings; nothing when they are good."""

    def read(**variables: str) -> list[str]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        try:
            read_settings()
        except SettingsInvalid as error:
            return error.lines
        return []

    return read


def test_nothing_has_to_be_set(lines_of):
    assert lines_of() == []


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"PORT": "http"}, r"PORT: Enter a whole number\."),
        ({"PORT": "70000"}, r"PORT: Enter 65,530 or less\."),
        ({"ENV": "staging"}, r"ENV: Choose one of 'development' or 'production'\."),
        ({"MONGODB_DATABASE": "a b"}, r"MONGODB_DATABASE: Match this pattern: .*"),
        ({"SCHOOL_TIMEZONE": "Mars/Olympus"}, r"SCHOOL_TIMEZONE: 'Mars/Olympus' is not a time.*"),
        ({"PUBLIC_URL": "school.example"}, r"PUBLIC_URL: must be an address without a path.*"),
        ({"PUBLIC_URL": "https://a.example/x"}, r"PUBLIC_URL: must be an address without a path.*"),
        ({"SCHOOL_NAME": "x" * 61}, r"SCHOOL_NAME: Use at most 60 characters\."),
        ({"TRUSTED_PROXIES": "-1"}, r"TRUSTED_PROXIES: Enter 0 or more\."),
        ({"CORS_ORIGINS": "*"}, r"CORS_ORIGINS: '\*' is not one https origin.*"),
        (
            {"CORS_ORIGINS": "https://a.example,https://*.example"},
            r"CORS_ORIGINS: 'https://\*\.example' is not.*",
        ),
        ({"CORS_ORIGINS": "http://a.example"}, r"CORS_ORIGINS: 'http://a\.example' is not.*"),
        ({"CORS_ORIGINS": "https://a.example/"}, r"CORS_ORIGINS: 'https://a\.example/' is not.*"),
        ({"CORS_ORIGINS": "https://A.example"}, r"CORS_ORIGINS: 'https://A\.example' is not.*"),
        ({"CORS_ORIGINS": "https://a.example:443"}, r"CORS_ORIGINS: .*:443' is not.*"),
        ({"CORS_ORIGINS": "null"}, r"CORS_ORIGINS: 'null' is not.*"),
        ({"JWT_SECRETS": "short"}, r"JWT_SECRETS: each must have at least 32 bytes"),
        (
            {"JWT_SECRETS": f"2026-11:{'x' * 31}"},
            r"JWT_SECRETS: each must have at least 32 bytes",
        ),
        (
            {"JWT_SECRETS": f"2026-11:{'x' * 32},2026-11:{'y' * 32}"},
            r"JWT_SECRETS: each key id may appear only once",
        ),
        (
            {"STRIPE_WEBHOOK_SECRETS": "whsec_0123456789abcdef,short"},
            r"STRIPE_WEBHOOK_SECRETS: each must have at least 16 characters",
        ),
        (
            {"RAZORPAY_WEBHOOK_SECRETS": "short"},
            r"RAZORPAY_WEBHOOK_SECRETS: each must have at least 16 characters",
        ),
        ({"RAZORPAY_KEY_ID": "rzp_test_1"}, r"RAZORPAY_KEY_SECRET: needed with RAZORPAY_KEY_ID"),
        (
            {"CLOUDINARY_CLOUD_NAME": "school"},
            r"CLOUDINARY_API_KEY, CLOUDINARY_API_SECRET: needed with CLOUDINARY_CLOUD_NAME",
        ),
        (
            {"RESEND_WEBHOOK_SECRETS": "whsec_"},
            r"RESEND_WEBHOOK_SECRETS: each must be whsec_ and at least 24 bytes in base64",
        ),
        ({"RESEND_WEBHOOK_SECRETS": "whsec_not*base64"}, r"RESEND_WEBHOOK_SECRETS: each must.*"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_it(lines_of, variables, line):
    (said,) = lines_of(**variables)

    assert re.fullmatch(line, said)


def test_every_wrong_value_is_named_at_once(lines_of):
    said = lines_of(PORT="0", ENV="staging", TRUSTED_PROXIES="many")

    assert [line.split(":")[0] for line in said] == ["ENV", "PORT", "TRUSTED_PROXIES"]


def test_a_wrong_secret_is_not_repeated(lines_of):
    said = lines_of(JWT_SECRETS="hunter2", STRIPE_WEBHOOK_SECRETS="hunter3")

    assert len(said) == 2
    assert "hunter" not in "".join(said)


# Production: product section 10


def test_production_with_all_it_needs_is_accepted_and_knows_no_sandbox(lines_of):
    assert lines_of(**PRODUCTION, **LIVE_STRIPE) == []

    settings = read_settings()
    assert settings.any_sandbox is False
    assert settings.stripe.mode == "live"
    assert [settings.razorpay, settings.cloudinary, settings.resend] == [None, None, None]


@pytest.mark.parametrize("name", ["MONGODB_URI", "PUBLIC_URL", "JWT_SECRETS"])
def test_production_refuses_to_start_without_what_only_development_makes_up(lines_of, name):
    said = lines_of(**{other: value for other, value in PRODUCTION.items() if other != name})

    assert said == [f"{name}: needed when ENV=production"]


def test_production_is_https_only(lines_of):
    said = lines_of(**{**PRODUCTION, "PUBLIC_URL": "http://school.example"})

    assert said == ["PUBLIC_URL: must be https:// when ENV=production"]


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("BCRYPT_COST", "10", "BCRYPT_COST: at least 12 when ENV=production"),
        ("RATE_LIMITS", "off", "RATE_LIMITS: cannot be off when ENV=production"),
    ],
)
def test_production_refuses_what_only_tests_and_measurements_need(lines_of, name, value, line):
    assert lines_of(**{**PRODUCTION, name: value}) == [line]


@pytest.mark.parametrize(
    ("name", "key", "also"),
    [
        ("STRIPE_SECRET_KEY", "sk_sandbox_0123456789", {}),
        ("RAZORPAY_KEY_ID", "rzp_sandbox_0123", {"RAZORPAY_KEY_SECRET": "secret"}),
        (
            "CLOUDINARY_CLOUD_NAME",
            "sandbox",
            {"CLOUDINARY_API_KEY": "1", "CLOUDINARY_API_SECRET": "secret"},
        ),
        ("RESEND_API_KEY", "re_sandbox_0123456789", {}),
    ],
)
def test_production_refuses_a_sandbox_key(lines_of, name, key, also):
    assert lines_of(**PRODUCTION, **also, **{name: key}) == [
        f"{name}: a sandbox key is not accepted when ENV=production"
    ]


OWN_ADDRESSES = [
    "STRIPE_BASE_URL",
    "RAZORPAY_BASE_URL",
    "CLOUDINARY_BASE_URL",
    "CLOUDINARY_DELIVERY_URL",
    "RESEND_BASE_URL",
]


@pytest.mark.parametrize("name", OWN_ADDRESSES)
def test_production_refuses_an_own_address_of_a_provider(lines_of, name):
    assert lines_of(**PRODUCTION, **{name: "http://127.0.0.1:3001"}) == [
        f"{name}: an own address is not accepted when ENV=production"
    ]


@pytest.mark.parametrize("name", OWN_ADDRESSES)
@pytest.mark.parametrize(
    "address", ["http://stripe.example", "http://127.0.0.1.evil.example", "http://10.0.0.1:3001"]
)
def test_an_own_address_of_a_provider_is_on_this_machine_or_refused(lines_of, name, address):
    assert lines_of(**{name: address}) == [
        f"{name}: must be an address on this machine, such as http://127.0.0.1:3001"
    ]


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        (
            {**LIVE_STRIPE, "STRIPE_BASE_URL": "http://127.0.0.1:3001"},
            "STRIPE_SECRET_KEY",
        ),
        (
            {
                "RAZORPAY_KEY_ID": "rzp_live_0123",
                "RAZORPAY_KEY_SECRET": "secret",
                "RAZORPAY_BASE_URL": "http://127.0.0.1:3002",
            },
            "RAZORPAY_KEY_ID",
        ),
    ],
)
def test_a_live_key_never_goes_to_a_sandbox_address(lines_of, variables, name):
    assert lines_of(**variables) == [f"{name}: a live key does not go with a sandbox address"]


def test_the_sandbox_itself_does_not_start_in_production(lines_of):
    assert lines_of(**PRODUCTION) == []

    with pytest.raises(SettingsInvalid, match="ENV=production"):
        Sandbox(read_settings())


# What follows from the settings


def test_without_keys_every_provider_is_the_sandbox_with_keys_made_once(lines_of):
    assert lines_of(PORT="4210") == []

    settings, again = read_settings(), read_settings()
    providers = [settings.stripe, settings.razorpay, settings.cloudinary, settings.resend]
    assert [provider.mode for provider in providers] == ["sandbox"] * 4
    assert [provider.base_url for provider in providers] == [
        f"http://127.0.0.1:{port}" for port in (4211, 4212, 4213, 4214)
    ]
    assert settings.sandbox_keys == again.sandbox_keys
    assert settings.demo_sign_in_password == again.demo_sign_in_password
    assert stat.S_IMODE((settings.data_dir / "sandbox.json").stat().st_mode) == 0o600


def test_a_provider_with_its_own_test_key_is_no_sandbox(lines_of):
    assert lines_of(STRIPE_SECRET_KEY="sk_test_1", RESEND_WEBHOOK_SECRETS=WHSEC) == []

    assert read_settings().stripe.mode == "test"
    assert read_settings().stripe.base_url is None


def test_settings_show_no_secret_when_printed(lines_of):
    assert lines_of(**PRODUCTION, **LIVE_STRIPE, RESEND_WEBHOOK_SECRETS=WHSEC) == []

    shown = repr(read_settings())
    for secret in (PRODUCTION["JWT_SECRETS"], LIVE_STRIPE["STRIPE_SECRET_KEY"], WHSEC):
        assert secret not in shown


def test_the_key_that_signs_is_the_first_and_all_verify(lines_of):
    new, old = "n" * 32, "o" * 32
    assert lines_of(JWT_SECRETS=f"2026-11:{new},{old}") == []

    assert read_settings().jwt_keys == {"2026-11": new, "key-2": old}


def test_the_example_names_every_setting_with_its_default_and_no_other():
    example = (Path(__file__).parent.parent / ".env.example").read_text()
    named = dict(re.findall(r"^#([A-Z_]+)=(.*)$", example, re.MULTILINE))

    assert set(named) == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, str | int) and field.default != "":
            assert named[name.upper()] == str(field.default)
