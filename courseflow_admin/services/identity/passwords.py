"""Password hashes: bcrypt over SHA-256, in threads, because one costs a quarter of a second.

What waits for these threads is bounded: whoever would wait for longer than about a second is told
to come again (Busy), because later all would wait for longer than their browsers do.
"""

import asyncio
import base64
import hashlib
import os
import threading
import time
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import bcrypt

from courseflow_admin.config import settings
from courseflow_admin.errors import Busy

Result = TypeVar("Result")

LONGEST_WAIT = 1.0  # seconds, as far as can be foreseen
# One core stays free for the event loop, however many sign in at once.
THREADS = max(1, (os.cpu_count() or 2) - 1)


class Queue:
    """Threads that hash, and how much is waiting for them, in rounds of bcrypt."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="bcrypt")
        self._lock = threading.Lock()
        self._rounds = 0
        self._seconds_a_round = 0.25 / 2**12  # a guess, until some were measured

    @property
    def wait(self) -> float:
        """Seconds until another one would begin."""
        return self._rounds * self._seconds_a_round / THREADS

    async def run(self, cost: int, work: Callable[..., Result], *arguments: Any) -> Result:
        rounds = 2**cost
        with self._lock:
            if self.wait > LONGEST_WAIT:
                raise Busy
            self._rounds += rounds

        def measured() -> Result:
            began = time.thread_time()
            result = work(*arguments)
            took = (time.thread_time() - began) / rounds
            self._seconds_a_round += (took - self._seconds_a_round) / 4
            return result

        def over(_: Future[Result]) -> None:
            with self._lock:
                self._rounds -= rounds

        future = self._threads.submit(measured)
        future.add_done_callback(over)  # also of one that no one waits for any more
        return await asyncio.wrap_future(future)


_queue = Queue()


def normal(text: str) -> str:
    """What is hashed and judged of a password: keyboards differ in how they compose é."""
    return unicodedata.normalize("NFKC", text)


async def hash_of(password: str) -> str:
    """Busy when too many wait already."""
    cost = settings().bcrypt_cost
    return await _queue.run(cost, _hash, password, cost)


async def matches(password: str, password_hash: str, dearest: str = "") -> bool:
    """Whether it is the password; without a hash to compare with it takes as long and is False.

    Busy when too many wait already.

    `dearest` is the hash of anyone that takes most work: where a hash may or may not be there,
    each comparison takes as long as that one.
    """
    cost = max(settings().bcrypt_cost, _cost_of(dearest) if dearest else 0)
    return await _queue.run(cost, _check, password, password_hash, cost)


def outdated(password_hash: str) -> bool:
    """Whether the hash was made with another cost than is asked for now."""
    return _cost_of(password_hash) != settings().bcrypt_cost


def _hash(password: str, cost: int) -> str:
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(cost)).decode()


def _check(password: str, password_hash: str, cost: int) -> bool:
    digest = _digest(password)
    if not password_hash:
        bcrypt.checkpw(digest, _decoy_hash(cost))
        return False
    same = bcrypt.checkpw(digest, password_hash.encode())
    # Made when less was asked for, or others are dearer: the rest of the work is done too, or the
    # time it takes would tell who has an account. Each cost is twice the one before, so these add
    # up exactly.
    for missing in range(_cost_of(password_hash), cost):
        bcrypt.checkpw(digest, _decoy_hash(missing))
    return same


def _decoy_hash(cost: int) -> bytes:
    """Well-formed, so that bcrypt does all its work."""
    return f"$2b${cost:02d}${'.' * 53}".encode()


def _cost_of(password_hash: str) -> int:
    return int(password_hash.split("$")[2])


def _digest(password: str) -> bytes:
    """44 letters for a password of any length: bcrypt reads 72 bytes and stops at a zero byte."""
    return base64.b64encode(hashlib.sha256(normal(password).encode()).digest())
