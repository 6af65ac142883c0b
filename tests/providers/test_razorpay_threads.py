"""Razorpay's SDK is synchronous: its calls wait in threads of their own, and few of them."""

import asyncio
import threading

from courseflow_admin.providers.gateways import gateway
from courseflow_admin.providers.razorpay import CONCURRENCY
from tests.patience import within


def threads_of_razorpay():
    return [thread for thread in threading.enumerate() if thread.name.startswith("razorpay")]


async def test_forty_calls_that_hang_hold_up_nobody_else_and_stay_few(sandbox):
    sandbox.switch("razorpay", outage="slow")
    razorpay = gateway("razorpay")
    calls = [asyncio.create_task(razorpay.check_keys()) for _ in range(40)]
    await asyncio.sleep(0.1)  # the first ones wait for their answers

    loop = asyncio.get_running_loop()
    with within(0.25):  # in the default threads, where names are looked up
        await asyncio.gather(*(loop.getaddrinfo("localhost", 80) for _ in range(8)))

    still_waiting = sum(not call.done() for call in calls)
    running = threads_of_razorpay()
    await asyncio.gather(*calls)
    assert still_waiting > 20
    assert len(running) <= CONCURRENCY


async def test_each_thread_has_connections_of_its_own(sandbox):
    sandbox.switch("razorpay", outage="slow")
    razorpay = gateway("razorpay")

    await asyncio.gather(*(razorpay.check_keys() for _ in range(20)))

    sessions = [client.session for client in razorpay._clients]
    assert 1 < len(sessions) <= CONCURRENCY
    assert len({id(session) for session in sessions}) == len(sessions)


async def test_closing_ends_its_threads(sandbox):
    razorpay = gateway("razorpay")
    await asyncio.gather(*(razorpay.check_keys() for _ in range(5)))
    running = threads_of_razorpay()

    await razorpay.close()

    for thread in running:
        thread.join(30)
    assert not any(thread.is_alive() for thread in running)
