"""The step boundary: no error, log line or metadata of a step carries a personal value out of it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import dagster as dg

from ccdata_assets.errors import BlockingCheckFailed, clean_error

Compute = TypeVar("Compute", bound=Callable[..., Any])
BLOCKED = "blocking check failed"
"""Metadata of a failure by which `ccdata run` tells a failed blocking check from another failure."""


def _failure(error: Exception, where: str) -> dg.Failure:
    clean = clean_error(error, where)
    return dg.Failure(
        description=str(clean), metadata={BLOCKED: isinstance(clean, BlockingCheckFailed)}, allow_retries=False
    )


def step(compute: Compute) -> Compute:
    """Make a function an asset's compute function whose errors are clean: ours as they are, a library's masked.

    The failure replaces the error and all that caused it, for the event log keeps the whole chain.
    """
    where = compute.__name__
    if inspect.isgeneratorfunction(compute):

        @functools.wraps(compute)
        def generator(*args: Any, **kwargs: Any) -> Iterator[Any]:
            try:
                yield from compute(*args, **kwargs)
            except dg.Failure:
                raise
            except Exception as error:
                raise _failure(error, where) from None

        return generator  # type: ignore[return-value]

    @functools.wraps(compute)
    def plain(*args: Any, **kwargs: Any) -> Any:
        try:
            return compute(*args, **kwargs)
        except dg.Failure:
            raise
        except Exception as error:
            raise _failure(error, where) from None

    return plain  # type: ignore[return-value]
