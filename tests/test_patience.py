import threading
import time

import pytest

from tests.patience import SPIN, within


def test_what_takes_too_long_fails_and_what_does_not_passes():
    with within(5):
        time.sleep(0.01)
    with pytest.raises(AssertionError, match=r"It took 2\.\d+ s"), within(0.02):
        time.sleep(2)


def test_among_others_that_work_more_time_is_right():
    over = threading.Event()

    def busy() -> None:
        while not over.is_set():
            pass

    others = [threading.Thread(target=busy) for _ in range(4)]
    for other in others:
        other.start()
    try:
        began = time.perf_counter()
        with within(20 * SPIN):
            while time.perf_counter() - began < 25 * SPIN:  # too long, if nobody else worked
                pass
    finally:
        over.set()
        for other in others:
            other.join()
