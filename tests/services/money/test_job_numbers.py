"""The waits that bench/jobs.py measures, in short."""

from tests import job_numbers
from tests.patience import most, slowness


async def test_with_stripe_hanging_nobody_waits_for_it_who_does_not_need_it(database, sandbox):
    before = slowness()

    waited = await job_numbers.with_stripe_hanging(sandbox, events=30)

    assert max(waited) < most(3, before), waited


async def test_a_returning_buyer_passes_the_looks_of_routine(database, sandbox):
    before = slowness()

    waited = await job_numbers.of_a_returning_buyer(sandbox, routine=150)

    assert waited < most(2, before)


async def test_nobody_waits_for_what_fails_always(database, sandbox):
    before = slowness()

    waited = await job_numbers.beside_poison(sandbox, 15)

    assert waited < most(5, before)  # a second in bench/jobs.py; their tracebacks are written here
