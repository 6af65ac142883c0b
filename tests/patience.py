"""How long is too long, on a machine that may have other things to do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

SPIN = 0.04  # seconds of work: long enough to be put aside for others on a busy machine


def slowness() -> float:
    """How many times longer than alone something takes just now; 1 when nobody else works."""
    began, worked = time.perf_counter(), time.thread_time()
    while time.thread_time() - worked < SPIN:
        pass
    return max((time.perf_counter() - began) / SPIN, 1.0)


def most(seconds: float, before: float = 1) -> float:
    """How long `seconds` of a quiet machine are on this one, as slow as it is or was `before`."""
    return seconds * max(before, slowness())


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is done here takes no longer than `seconds` would be on a quiet machine."""
    before, began = slowness(), time.perf_counter()
    yield
    took = time.perf_counter() - began
    longest = most(seconds, before)
    assert took < longest, f"It took {took:.2f} s, and {longest:.2f} s at most was right."
