"""Money: an integer of the currency's smallest unit and an ISO 4217 code; floats never."""

import re
from decimal import Decimal
from typing import NamedTuple, Self

from babel.numbers import format_currency
from pydantic import Field

from courseflow_admin.errors import Invalid
from courseflow_admin.models.core.base import Piece


class Currency(NamedTuple):
    """One currency we sell in; the minimums are minor units below which a gateway refuses."""

    code: str
    sign: str  # before or after an amount, as people write it
    decimals: int
    stripe_minimum: int
    razorpay_minimum: int
    step: int = 1  # minor units; gateways take no amount between two steps


# Decimals: ISO 4217 list one. Minimums: Stripe, "Minimum and maximum charge amounts";
# Razorpay, "International payments" (one unit of the currency, INR 1.00). Step: Stripe and Razorpay
# take three-decimal currencies with a 0 as the last digit only.
# Babel is used to show amounts only: its exponents are wrong for ISK, UGX, IQD.
CURRENCIES = {
    currency.code: currency
    for currency in (
        Currency("INR", "₹", 2, 5000, 100),
        Currency("USD", "$", 2, 50, 100),
        Currency("EUR", "€", 2, 50, 100),
        Currency("GBP", "£", 2, 30, 100),
        Currency("JPY", "¥", 0, 50, 1),
        Currency("KWD", "KD", 3, 500, 1000, step=10),
    )
}
# What is typed is never guessed: digits alone, or in groups (1,299 and 1,23,456, 1.299, 1 299),
# then, after the other of comma and point, the decimals.
WHOLE = r"\d+|\d{1,3}(?:,\d{2,3})*,\d{3}|\d{1,3}(?:\.\d{3})+|\d{1,3}(?: \d{3})+"
WRITTEN = re.compile(rf"(?P<whole>{WHOLE})(?:(?P<point>[.,])(?P<decimals>\d+))?", re.ASCII)
# One comma or point with three digits after it: a thousand and some, or decimals.
UNCLEAR = re.compile(r"(\d{1,3})([.,])(\d{3})", re.ASCII)
SPACES = re.compile("[\u00a0\u2009\u202f'’]")  # what else stands between groups
LONGEST_WRITTEN = 40
LARGEST_MINOR = 99_999_999  # eight digits: Stripe's own upper bound


class Money(Piece):
    minor: int = Field(ge=0, le=10**15, strict=True)
    currency: str

    @classmethod
    def of(cls, minor: int, currency: str) -> Self:
        if currency not in CURRENCIES:
            raise Invalid(f"'{currency}' is not a supported currency.", "currency")
        return cls(minor=minor, currency=currency)

    @classmethod
    def parse(cls, text: str, currency: str, field: str = "amount") -> Self:
        """`"1,299.50"`, `"INR"` -> 129950 minor units; Invalid when not such an amount.

        What could be two amounts is refused with both named, because no one sees the wrong guess
        until the money has moved.
        """
        known = _known(currency)
        clean = _without_sign(SPACES.sub(" ", text.strip()), known)
        if len(clean) > LONGEST_WRITTEN:
            raise Invalid(f"Use at most {LONGEST_WRITTEN} characters for the amount.", field)
        clean = _require_clear(clean, known, field)
        number = WRITTEN.fullmatch(clean)
        if not number or (number["point"] and number["point"] in number["whole"]):
            example = f"{1299:,}.{'5' * known.decimals}" if known.decimals else "1,299"
            raise Invalid(f"Enter the amount as a number such as {example}.", field)
        decimals = number["decimals"] or ""
        if len(decimals) > known.decimals:
            places = (
                f"at most {known.decimals} decimal places"
                if known.decimals
                else "no decimal places"
            )
            raise Invalid(f"An amount in {currency} has {places}.", field)
        whole = re.sub(r"\D", "", number["whole"])
        minor = int(whole + decimals.ljust(known.decimals, "0"))
        money = cls(minor=min(minor, LARGEST_MINOR + 1), currency=currency)
        money.require_payable(field)
        return money

    def require_payable(self, field: str) -> None:
        """Invalid when it is more than a gateway takes at once, or between two of its steps."""
        if self.minor > LARGEST_MINOR:
            largest = Money(minor=LARGEST_MINOR, currency=self.currency)
            raise Invalid(f"The largest amount a gateway accepts is {largest}.", field)
        if sentence := self.between_steps():
            raise Invalid(sentence, field)

    def between_steps(self) -> str:
        """Why no gateway takes this amount; "" when it is a multiple of the currency's step."""
        step = _known(self.currency).step
        below = self.minor - self.minor % step
        if below == self.minor:
            return ""
        near = [Money(minor=minor, currency=self.currency) for minor in (below, below + step)]
        choices = " or ".join(one.plain() for one in near if one.minor)
        size = Money(minor=step, currency=self.currency).plain()
        return f"Amounts in {self.currency} go in steps of {size}. Enter {choices}."

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.minor).scaleb(-_known(self.currency).decimals)

    def plain(self) -> str:
        """`1299.50`: for an input field."""
        return f"{self.decimal:f}"

    def __str__(self) -> str:
        """`₹1,23,456.50`: in the currency's own habit, all its decimals shown."""
        currency = _known(self.currency)
        digits = f".{'0' * currency.decimals}" if currency.decimals else ""
        grouping = "#,##,##0" if currency.code == "INR" else "#,##0"
        gap = "\xa0" if currency.code == "KWD" else ""
        return format_currency(
            self.decimal,
            self.currency,
            format=f"¤{gap}{grouping}{digits}",
            locale="en_US",
            currency_digits=False,
        )


def signed(minor: int, currency: str) -> str:
    """`−₹20.00`: a sum that may be below zero, which an amount never is."""
    shown = Money(minor=abs(minor), currency=currency)
    return f"−{shown}" if minor < 0 else str(shown)


def _known(currency: str) -> Currency:
    if currency not in CURRENCIES:
        raise Invalid(f"'{currency}' is not a supported currency.", "currency")
    return CURRENCIES[currency]


def _without_sign(text: str, currency: Currency) -> str:
    """`₹1,299.50`, `1299.50 INR`: without the currency it is known to be in."""
    for sign in (currency.code, currency.sign):
        if text.upper().startswith(sign):
            return text[len(sign) :].strip()
        if text.upper().endswith(sign):
            return text[: -len(sign)].strip()
    return text


def _require_clear(text: str, currency: Currency, field: str) -> str:
    """`text` when it has one reading; Invalid, with both, for `0,250`.

    Our own way to write an amount has one: `9.330` where there are three decimals, and `1,200`
    where there are none.
    """
    unclear = UNCLEAR.fullmatch(text)
    if not unclear or (currency.decimals, unclear[2]) == (3, "."):
        return text
    if (currency.decimals, unclear[2]) == (0, ","):
        return unclear[1] + unclear[3]
    minor = int(unclear[1] + unclear[3]) * 10**currency.decimals
    many = Money(minor=minor, currency=currency.code)
    decimals = unclear[3].rstrip("0").ljust(currency.decimals, "0")
    few = f"{int(unclear[1])}.{decimals}"
    shown = re.sub(r"\d[\d,.]*", few, str(many))
    enter = f"Enter {many.plain()} if you mean {many}."
    if len(decimals) <= currency.decimals:
        enter = f"Enter {few} or {many.plain()}."
    raise Invalid(f"“{text}” could be {shown} or {many}. {enter}", field)


def minimum_for(provider: str, currency: str) -> Money:
    """The smallest amount the gateway takes in this currency."""
    known = _known(currency)
    minor = known.stripe_minimum if provider == "stripe" else known.razorpay_minimum
    return Money(minor=minor, currency=currency)
