"""Razorpay's amounts: the smallest, the step, the fee with its tax, foreign ones in INR."""

from courseflow_admin.development.sandbox.store import Body

HOME = "INR"  # what Razorpay settles in, whatever was paid
LEAST = 100  # the smallest order and refund: one rupee, one dollar
NO_DECIMALS = {"JPY", "KRW", "VND", "CLP", "XAF", "XOF", "UGX", "ISK"}
THREE_DECIMALS = {"KWD", "BHD", "OMR", "JOD", "TND", "IQD"}
FEE = 200  # of 10,000
FOREIGN_FEE = 300  # of an international payment
TAX = 18  # GST on the fee, in percent
RATES = {"USD": 8_312, "EUR": 9_045, "GBP": 10_570, "AED": 2_263, "KWD": 27_015, "JPY": 56}
OTHER_RATE = 5_000  # paise for one unit of any other currency


def decimals(currency: str) -> int:
    return 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2


def in_words(amount: int, currency: str) -> str:
    """`INR 1.00`, as Razorpay's messages have it."""
    places = decimals(currency)
    whole, part = divmod(amount, 10**places)
    return f"{currency} {whole}" + (f".{part:0{places}d}" if places else "")


def step_broken(amount: int, currency: str) -> bool:
    """Cards know two decimals: the third of a three-decimal currency has to be 0."""
    return currency in THREE_DECIMALS and amount % 10 != 0


def in_home(amount: int, currency: str) -> int:
    """In paise, at a rate that never moves: a refund takes back what the payment brought."""
    if currency == HOME:
        return amount
    return _rounded(amount * RATES.get(currency, OTHER_RATE), 10 ** decimals(currency))


def conversion(amount: int, currency: str) -> Body:
    """What a payment says of it; nothing when there is nothing to convert."""
    if currency == HOME:
        return {}
    return {"base_amount": in_home(amount, currency), "base_currency": HOME}


def charged(payment: Body) -> tuple[int, int]:
    """The fee and the tax in it, both in INR."""
    base = in_home(payment["amount"], payment["currency"])
    fee = _rounded(base * (FOREIGN_FEE if payment["international"] else FEE), 10_000)
    tax = _rounded(fee * TAX, 100)
    return fee + tax, tax


def _rounded(above: int, below: int) -> int:
    """Half up."""
    return (2 * above + below) // (2 * below)
