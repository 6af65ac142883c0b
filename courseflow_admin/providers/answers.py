"""Answers of a company that are not in its own words, so that they say nothing."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, TypeVar, cast

from loguru import logger

from courseflow_admin.errors import ProviderUnreachable

Call = TypeVar("Call", bound=Callable[..., Coroutine[Any, Any, Any]])


def understood(provider: str) -> Callable[[Call], Call]:
    """Take an answer that lacks what it always has for silence: we do not know what happened."""

    def around(call: Call) -> Call:
        @wraps(call)
        async def asked(*arguments: Any, **options: Any) -> Any:
            try:
                return await call(*arguments, **options)
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                logger.opt(exception=error).error("provider.not_understood", provider=provider)
                raise ProviderUnreachable(provider) from error

        return cast("Call", asked)

    return around
