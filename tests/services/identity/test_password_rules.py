"""What a new password must be, and what is said when it is not."""

import pytest
from zxcvbn import zxcvbn

from courseflow_admin.errors import Invalid
from courseflow_admin.models.core.accounts import SignUpForm
from courseflow_admin.models.core.permissions import SYSTEM
from courseflow_admin.models.school.settings import SchoolChange
from courseflow_admin.services.identity import accounts
from courseflow_admin.services.identity.password_rules import REASONS, WeakPassword, require_good
from courseflow_admin.services.school import settings as school_settings
from tests.builders import PASSWORD, stored
from tests.patience import within

pytestmark = pytest.mark.usefixtures("database")  # the name of the school is a hint
ADA = {"name": "Ada Lovelace", "email": "countess.of.computing@demo.test"}


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("password", "common"),
        ("adalovelace", "personal"),
        ("Ada Lovelace", "personal"),
        ("countess.of.computing", "personal"),
        ("sdfghjkl;", "row"),
        ("aaaaaaaabbbbbbbb", "repeat"),
        ("x" * 128, "repeat"),
        ("abcdefghijk", "sequence"),
        ("24.12.1999", "date"),
        ("mathematical", "word"),
    ],
)
async def test_what_is_easy_to_guess_is_refused_with_its_reason(password, reason):
    with pytest.raises(WeakPassword) as refused:
        await require_good(password, **ADA)

    assert (refused.value.reason, refused.value.field) == (reason, "password")
    assert refused.value.message == REASONS[reason]


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("ｐａｓｓｗｏｒｄ１２３", "common"),
        ("𝐩𝐚𝐬𝐬𝐰𝐨𝐫𝐝𝟏𝟐𝟑", "common"),
        ("Ａｄａ Ｌｏｖｅｌａｃｅ", "personal"),
        ("𝓪𝓭𝓪𝓵𝓸𝓿𝓮𝓵𝓪𝓬𝓮", "personal"),
    ],
)
async def test_other_shapes_of_the_same_letters_make_it_no_harder_to_guess(password, reason):
    with pytest.raises(WeakPassword) as refused:
        await require_good(password, **ADA)

    assert refused.value.reason == reason


async def test_a_name_in_other_shapes_is_a_hint_as_well():
    with pytest.raises(WeakPassword) as refused:
        await require_good("zerelda wick", name="Ｚｅｒｅｌｄａ Ｗｉｃｋ", email=ADA["email"])

    assert refused.value.reason == "personal"


async def test_the_length_is_that_of_what_is_hashed():
    with pytest.raises(Invalid, match=r"^Use 8 to 128 characters\.$"):
        await require_good("ﷺ" * 8, **ADA)  # each stands for eighteen letters


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "корова на крыше",
        "गणित और संगीत",
        "数学与音乐的夜晚",
        "9Kd!vR2p",
        "a good one " + "x" * 117,
    ],
)
async def test_any_script_and_128_characters_are_welcome(password):
    await require_good(password, **ADA)


@pytest.mark.parametrize("length", [0, 7, 129, 100_000])
async def test_the_length_is_8_to_128_characters(length):
    with pytest.raises(Invalid, match=r"^Use 8 to 128 characters\.$"):
        await require_good("k" * length, **ADA)


@pytest.mark.parametrize(
    "password",
    [
        "zebra.crossing",
        "zebracrossing",
        "Zebra.Crossing+x",
        "crossing+x@river",
        "river-bend",
        "riverbend.example",
        "zebra.crossing@river-bend.example",
    ],
)
async def test_no_part_of_ones_own_address_is_a_password(password):
    with pytest.raises(WeakPassword) as refused:
        await require_good(password, name="Eve", email="zebra.crossing+x@river-bend.example")

    assert refused.value.reason == "personal"


async def test_only_the_first_72_characters_are_judged():
    """A good tail behind 72 weak characters is not looked at."""
    with pytest.raises(WeakPassword) as refused:
        await require_good("a" * 72 + PASSWORD, **ADA)
    assert refused.value.reason == "repeat"

    await require_good("a" * 40 + PASSWORD, **ADA)


async def test_a_score_of_two_is_good_and_a_score_of_one_is_not():
    scores = [zxcvbn(password)["score"] for password in ("orchard4x", "violins!")]

    await require_good("orchard4x", **ADA)
    with pytest.raises(WeakPassword):
        await require_good("violins!", **ADA)

    assert scores == [2, 1]


async def test_somebody_elses_name_is_no_hint():
    with pytest.raises(WeakPassword):
        await require_good("adalovelace", **ADA)

    await require_good("ada lovelace 1815", name="Bob", email="bob@demo.test")


@pytest.mark.parametrize(
    "password", ["courseflow", "CourseFlow1", "meadowbrook", "MeadowbrookAcademy"]
)
async def test_the_name_of_the_school_is_no_password(password):
    await school_settings.change(SYSTEM, SchoolChange(name="Meadowbrook Academy"), 0)

    with pytest.raises(WeakPassword) as refused:
        await require_good(password, **ADA)

    assert refused.value.message.startswith("This is too close to the name of the school.")


async def test_a_password_made_to_be_slow_is_judged_in_time():
    with within(1):
        await require_good(("p4$$w0rd@€1" * 12)[:120] + "Zq!7vK2m", **ADA)


async def test_a_weak_password_makes_no_account(database):
    form = SignUpForm(email="ada@demo.test", name="Ada Lovelace", password="adalovelace")

    with pytest.raises(WeakPassword):
        await accounts.sign_up(form)
    with pytest.raises(WeakPassword):
        await accounts.create(
            accounts.SYSTEM, email="ada@demo.test", name="Ada", role="admin", password="password"
        )

    assert (await stored("accounts"), await stored("emails"), await stored("audit")) == ([], [], [])
