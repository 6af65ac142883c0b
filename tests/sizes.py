"""How large a proof is: a short form in `make test`, a long one in `make long`."""

import os

LONG = "COURSEFLOW_LONG" in os.environ


def sized(short: int, long: int) -> int:
    return long if LONG else short
