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


async def matches(password: str, password_hash: str) -> bool:
    """Whether it is the password; without a hash to compare with it takes as long and is False."""
    loop = asyncio.get_running_loop()
    cost = settings().bcrypt_cost
    return await loop.run_in_executor(_threads, _check, password, password_hash, cost)


def outdated(password_hash: str) -> bool:
    """Whether the hash was made with another cost than is asked for now."""
    return not password_hash.startswith(f"$2b${settings().bcrypt_cost:02d}$")


def _hash(password: str, cost: int) -> str:
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(cost)).decode()


def _check(password: str, password_hash: str, cost: int) -> bool:
    nobodys = f"$2b${cost:02d}${'.' * 53}"  # well-formed, so that bcrypt does all its work
    same = bcrypt.checkpw(_digest(password), (password_hash or nobodys).encode())
    return same and bool(password_hash)


def _digest(password: str) -> bytes:
    """44 letters for a password of any length: bcrypt reads 72 bytes and stops at a zero byte."""
    return base64.b64encode(hashlib.sha256(normal(password).encode()).digest())
