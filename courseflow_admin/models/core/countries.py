"""The countries a receipt can be made out to, by their ISO 3166-1 code, as the CLDR names them."""

from babel import Locale

_REGIONS = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}  # regions and tests in the same list
NAMES: dict[str, str] = {
    code: name
    for code, name in Locale("en").territories.items()
    if len(code) == 2 and code.isalpha() and code not in _REGIONS
}
# Where a currency is that of one country, most who pay in it live there.
HOME_OF = {"INR": "IN", "GBP": "GB", "JPY": "JP", "KWD": "KW"}


def named(code: str) -> str:
    """`IN` -> `India`; what is no code of a country comes back as it is."""
    return NAMES.get(code, code)
