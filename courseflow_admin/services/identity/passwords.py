"""Password hashes: bcrypt over SHA-256, in threads, because one costs a quarter of a second."""

import asyncio
import base64
import hashlib
import os
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import bcrypt

from courseflow_admin.config import settings

# One core stays free for the event loop, however many sign in at once.
_threads = ThreadPoolExecutor(max(1, (os.cpu_count() or 2) - 1), thread_name_prefix="bcrypt")


def normal(text: str) -> str:
    """What is hashed and judged of a password: keyboards differ in how they compose é."""
    return unicodedata.normalize("NFKC", text)


async def hash_of(password: str) -> str:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, _hash, password, settings().bcrypt_cost)


async def matches(password: str, password_hash: str, dearest: str = "") -> bool:
    """Whether it is the password; without a hash to compare with it takes as long and is False.

    `dearest` is the hash of anybody that takes most work: where a hash may or may not be there,
    each comparison takes as long as that one.
    """
    loop = asyncio.get_running_loop()
    cost = max(settings().bcrypt_cost, _cost_of(dearest) if dearest else 0)
    return await loop.run_in_executor(_threads, _check, password, password_hash, cost)


def outdated(password_hash: str) -> bool:
    """Whether the hash was made with another cost than is asked for now."""
    return _cost_of(password_hash) != settings().bcrypt_cost


def _hash(password: str, cost: int) -> str:
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(cost)).decode()


def _check(password: str, password_hash: str, cost: int) -> bool:
    digest = _digest(password)
    if not password_hash:
        bcrypt.checkpw(digest, _nobodys(cost))
        return False
    same = bcrypt.checkpw(digest, password_hash.encode())
    # Made when less was asked for, or others are dearer: the rest of the work is done too, or the
    # time it takes would tell who has an account. Each cost is twice the one before, so these add
    # up exactly.
    for missing in range(_cost_of(password_hash), cost):
        bcrypt.checkpw(digest, _nobodys(missing))
    return same


def _nobodys(cost: int) -> bytes:
    """Well-formed, so that bcrypt does all its work."""
    return f"$2b${cost:02d}${'.' * 53}".encode()


def _cost_of(password_hash: str) -> int:
    return int(password_hash.split("$")[2])


def _digest(password: str) -> bytes:
    """44 letters for a password of any length: bcrypt reads 72 bytes and stops at a zero byte."""
    return base64.b64encode(hashlib.sha256(normal(password).encode()).digest())
