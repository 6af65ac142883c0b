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
    decimals: int
    stripe_minimum: int
    razorpay_minimum: int


# Decimals: ISO 4217 list one. Minimums: Stripe, "Minimum and maximum charge amounts";
# Razorpay, "International payments" (one unit of the currency, INR 1.00).
# Babel is used to show amounts only: its exponents are wrong for ISK, UGX, IQD.
CURRENCIES = {
    currency.code: currency
    for currency in (
        Currency("INR", 2, 5000, 100),
        Currency("USD", 2, 50, 100),
        Currency("EUR", 2, 50, 100),
        Currency("GBP", 2, 30, 100),
        Currency("JPY", 0, 50, 1),
        Currency("KWD", 3, 500, 1000),
    )
}
# Digits alone, or in groups as people write them: 1,299.50 and 1,23,456 but never 1,50, which half
# the world reads as one and a half.
WRITTEN = re.compile(r"(\d+|\d{1,3}([, ])(\d{2,3}\2)*\d{3})(\.\d+)?", re.ASCII)
LARGEST_MINOR = 99_999_999  # eight digits: Stripe's own upper bound


class Money(Piece):
    minor: int = Field(ge=0, le=10**15, strict=True)
    currency: str

    @classmethod
    def of(cls, minor: int, currency: str) -> Self:
        if currency not in CURRENCIES:
            raise Invalid(f"We do not sell in '{currency}'.", "currency")
        return cls(minor=minor, currency=currency)

    @classmethod
    def parse(cls, text: str, currency: str, field: str = "amount") -> Self:
        """`"1,299.50"`, `"INR"` -> 129950 minor units; Invalid when not such an amount."""
        decimals = _known(currency).decimals
        clean = re.sub(r"[, ]", "", text.strip())
        number = re.fullmatch(r"(\d{1,60})(?:\.(\d{1,60}))?", clean, re.ASCII)
        if not number or not WRITTEN.fullmatch(text.strip()):
            example = f"{1299:,}.{'5' * decimals}" if decimals else "1,299"
            raise Invalid(f"Write the amount as a number such as {example}.", field)
        if len(number[2] or "") > decimals:
            places = f"at most {decimals} decimal places" if decimals else "no decimal places"
            raise Invalid(f"An amount in {currency} has {places}.", field)
        minor = int(Decimal(clean).scaleb(decimals)) if len(number[1]) < 10 else LARGEST_MINOR + 1
        money = cls(minor=minor, currency=currency)
        money.require_payable(field)
        return money

    def require_payable(self, field: str) -> None:
        """Invalid when it is more than a gateway takes at once."""
        if self.minor > LARGEST_MINOR:
            largest = Money(minor=LARGEST_MINOR, currency=self.currency)
            raise Invalid(f"The largest amount a gateway accepts is {largest}.", field)

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


def _known(currency: str) -> Currency:
    if currency not in CURRENCIES:
        raise Invalid(f"We do not sell in '{currency}'.", "currency")
    return CURRENCIES[currency]


def minimum_for(provider: str, currency: str) -> Money:
    """The smallest amount the gateway takes in this currency."""
    known = _known(currency)
    minor = known.stripe_minimum if provider == "stripe" else known.razorpay_minimum
    return Money(minor=minor, currency=currency)
