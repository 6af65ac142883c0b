"""Finding people: by any words of their name, or by the beginning of their address."""

import pytest

from courseflow_admin.models.core.accounts import SignUpForm
from courseflow_admin.models.core.paging import PageRequest
from courseflow_admin.services.identity import accounts, erasure, invitations, my_account
from tests.account_builders import signed_in
from tests.builders import PASSWORD, acting, an_account, stored
from tests.invitation_builders import invited


async def found(admin, q: str, **filters) -> list[str]:
    page = await accounts.search(admin, PageRequest(), q=q, **filters)
    return [account.email.removesuffix("@demo.test") for account in page.rows]


@pytest.fixture
async def admin(database):
    return acting(await an_account("root@demo.test", "admin", "Rosa Admin"))


@pytest.mark.parametrize(
    ("q", "emails"),
    [
        ("Ada", ["third", "second", "first"]),
        ("lovelace", ["first"]),
        ("love ada", ["first"]),
        ("ADA   k", ["second"]),
        ("nunez", ["third"]),
        ("Núñ", ["third"]),
        ("Nu\u0301n\u0303ez", ["third"]),
        ("da", []),  # the middle of a word
        ("sec", ["second"]),
        ("second@demo", ["second"]),
        (" SECOND@DEMO.TEST ", ["second"]),
        ("ada@", []),
        ("second@demo.test ada", []),
        ("प्रि", ["fourth"]),
    ],
)
async def test_people_are_found_by_each_word_of_their_name_or_their_address(admin, q, emails):
    await an_account("first@demo.test", name="Ada Lovelace")
    await an_account("second@demo.test", name="Ada King")
    await an_account("third@demo.test", name="José Adán Núñez-Peña")
    await an_account("fourth@demo.test", name="प्रिया कुमार")

    assert await found(admin, q) == emails


@pytest.mark.parametrize(
    "q", [".*", "lo.*ce", "a[dx]a", "ada|x", "(?i)ada", "$ne", '{"$ne": ""}', "\\w+", "%"]
)
async def test_what_is_searched_for_is_text_and_no_pattern(admin, q):
    await an_account(name="Ada Lovelace")

    assert await found(admin, q) == []


async def test_signs_between_words_are_no_part_of_a_name(admin):
    await an_account(name="Ada Lovelace")

    assert await found(admin, "lovelace, ada") == ["ada"]
    assert await found(admin, "- -") == []


async def test_a_name_and_filters_narrow_together(admin):
    await an_account("first@demo.test", "student", "Ada Lovelace")
    await an_account("second@demo.test", "instructor", "Ada King")

    assert await found(admin, "ada", role="instructor") == ["second"]
    assert await found(admin, "ada", standing="suspended") == []
    assert await found(admin, "lovelace", email_prefix="first") == ["first"]
    assert await found(admin, "king", email_prefix="first") == []


async def test_people_of_one_name_are_paged_there_and_back(admin):
    for number in range(5):
        await an_account(f"ada{number}@demo.test", name=f"Ada {number}")

    async def page(**at):
        asked = PageRequest.parse(**at)
        asked = PageRequest(asked.cursor, asked.direction, asked.first, 2)
        return await accounts.search(admin, asked, q="ada")

    first = await page()
    second = await page(after=first.next_cursor, first="3")
    third = await page(after=second.next_cursor, first="5")
    back = await page(before=second.previous_cursor)

    emails = [account.email[:4] for page in (first, second, third) for account in page.rows]
    assert emails == ["ada4", "ada3", "ada2", "ada1", "ada0"]
    assert (second.range_text, third.next_cursor) == ("3–4 of 5", "")
    assert [account.email[:4] for account in back.rows] == ["ada4", "ada3"]


# Each way a name is written


async def test_who_signed_up_is_found_by_name(admin):
    form = SignUpForm(email="eve@demo.test", name="Eve Moneypenny", password=PASSWORD)

    await accounts.sign_up(form)

    assert await found(admin, "money") == ["eve"]


async def test_who_was_invited_is_found_by_the_name_they_gave(admin):
    secret = await invited("ines@demo.test")

    await invitations.sign_up(secret, "Ines Weber", PASSWORD)

    assert await found(admin, "weber") == ["ines"]


async def test_who_changed_their_name_is_found_by_the_new_one_only(admin):
    ada = acting(await an_account(name="Ada Byron"))

    await my_account.rename(ada, "Ada King")

    assert await found(admin, "king") == ["ada"]
    assert await found(admin, "byron") == []


async def test_a_deleted_person_is_not_found_by_the_name_they_had(admin):
    ada = await signed_in(await an_account(name="Ada Lovelace"))

    await erasure.erase(ada, PASSWORD)

    assert await found(admin, "lovelace") == []
    assert await found(admin, "person") == []  # nor by the words that stand instead of a name
    [row] = await stored("accounts", _id=ada.id)
    assert row["name_words"] == []
