"""Money: whole minor units, each currency in its own habit."""

import pytest

from courseflow_admin.errors import Invalid
from courseflow_admin.models.core.amounts import CURRENCIES, Money, minimum_for


@pytest.mark.parametrize(
    ("minor", "currency", "shown", "plain"),
    [
        (12_345_650, "INR", "₹1,23,456.50", "123456.50"),
        (490_000, "USD", "$4,900.00", "4900.00"),
        (5_400, "EUR", "€54.00", "54.00"),
        (1, "GBP", "£0.01", "0.01"),
        (1_200, "JPY", "¥1,200", "1200"),
        (1_230, "KWD", "KWD\xa01.230", "1.230"),
    ],
)
def test_an_amount_is_shown_with_all_decimals_of_its_currency(minor, currency, shown, plain):
    money = Money(minor=minor, currency=currency)

    assert (str(money), money.plain()) == (shown, plain)
    assert Money.parse(plain, currency) == money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("499", "INR", 49_900),
        ("1,299.5", "INR", 129_950),
        ("0.05", "USD", 5),
        ("1 200", "JPY", 1200),
        ("1,23,456.5", "INR", 12_345_650),
        ("1,23,456", "INR", 12_345_600),
        ("₹1,23,456.50", "INR", 12_345_650),
        ("1,234.50", "EUR", 123_450),
        ("1.234,50", "EUR", 123_450),
        ("1\u202f234,50 €", "EUR", 123_450),
        ("EUR 1'234.50", "EUR", 123_450),
        ("12,50", "EUR", 1250),
        ("12,5", "EUR", 1250),
        ("1250.00", "EUR", 125_000),
        ("1,200", "JPY", 1200),
        ("¥1200", "JPY", 1200),
        ("9.330", "KWD", 9330),
        ("9,33", "KWD", 9330),
        ("1,234.560", "KWD", 1_234_560),
    ],
)
def test_what_people_write_becomes_minor_units_exactly(text, currency, minor):
    assert Money.parse(text, currency).minor == minor


@pytest.mark.parametrize(
    "text",
    [
        *("", "-1", "1e5", "1.234", "nan", "∞", "१२", "1_000", "0x10", "1.2.3", "9" * 12),
        *("1,2345", ",100", "1,,000", "1,234 567", "1000,000", "1,000,", "1,234,50", "1.234.50"),
        *("1.234.567.8", "€5", "5 USD", "12,34.50", "9" * 41),
    ],
)
def test_what_is_not_an_amount_is_refused_with_its_field(text):
    with pytest.raises(Invalid) as refused:
        Money.parse(text, "INR")

    assert refused.value.field == "amount"


def test_yen_have_no_decimals():
    with pytest.raises(Invalid):
        Money.parse("12.5", "JPY")


@pytest.mark.parametrize("minor", [1.5, "100", True, None, -1])
def test_a_float_a_text_or_a_negative_number_is_no_money(minor):
    with pytest.raises(ValueError, match="minor"):
        Money(minor=minor, currency="INR")


def test_a_currency_that_is_not_sold_is_refused():
    with pytest.raises(Invalid, match="XAU"):
        Money.of(100, "XAU")


def test_every_currency_has_the_decimals_of_iso_4217():
    assert {code: currency.decimals for code, currency in CURRENCIES.items()} == {
        "INR": 2, "USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3,
    }  # fmt: skip


def test_each_gateway_has_its_own_minimum():
    assert (minimum_for("stripe", "INR").minor, minimum_for("razorpay", "INR").minor) == (5000, 100)


@pytest.mark.parametrize(
    ("text", "currency", "sentence"),
    [
        ("1499.505", "INR", "An amount in INR has at most 2 decimal places."),
        ("12.5", "JPY", "An amount in JPY has no decimal places."),
        ("99999999999", "INR", "The largest amount a gateway accepts is ₹9,99,999.99."),
        ("1000000", "USD", "The largest amount a gateway accepts is $999,999.99."),
        ("much", "EUR", "Enter the amount as a number such as 1,299.55."),
        ("0,250", "EUR", "“0,250” could be €0.25 or €250.00. Enter 0.25 or 250.00."),
        ("1.250", "EUR", "“1.250” could be €1.25 or €1,250.00. Enter 1.25 or 1250.00."),
        ("€1.250", "EUR", "“1.250” could be €1.25 or €1,250.00. Enter 1.25 or 1250.00."),
        (
            *("1,234", "INR"),
            "“1,234” could be ₹1.234 or ₹1,234.00. Enter 1234.00 if you mean ₹1,234.00.",
        ),
        (
            *("18,600", "KWD"),
            "“18,600” could be KWD\xa018.600 or KWD\xa018,600.000. Enter 18.600 or 18600.000.",
        ),
        ("1.250", "JPY", "“1.250” could be ¥1.25 or ¥1,250. Enter 1250 if you mean ¥1,250."),
        ("9.335", "KWD", "Amounts in KWD go in steps of 0.010. Enter 9.330 or 9.340."),
        ("0.005", "KWD", "Amounts in KWD go in steps of 0.010. Enter 0.010."),
    ],
)
def test_a_number_that_does_not_fit_is_told_what_would(text, currency, sentence):
    with pytest.raises(Invalid) as refused:
        Money.parse(text, currency)

    assert refused.value.message == sentence


@pytest.mark.parametrize(("text", "currency"), [("0,250", "EUR"), ("18,600", "KWD")])
def test_both_readings_that_are_named_can_be_entered(text, currency):
    with pytest.raises(Invalid) as refused:
        Money.parse(text, currency)

    offered = refused.value.message.rpartition("Enter ")[2].rstrip(".").split(" or ")
    few, many = (Money.parse(one, currency) for one in offered)
    assert many.minor == 1000 * few.minor
