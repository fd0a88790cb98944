"""A run's events handed to a listener in the same process, in the place of the console log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg

EVENTS = "events"
"""Name of the logger; a run configured with it alone prints nothing."""
WAITING, WAITING_FOR = "WAITING", "waiting for another run"
"""Kind under which listeners are told that the run waits for the lock, and how its message begins."""
Listener = Callable[[str, str], None]
_listeners: list[Listener] = []


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith(WAITING_FOR):
            _tell(WAITING, record.getMessage())
        event = (getattr(record, "dagster_meta", None) or {}).get("dagster_event")
        if event is not None:
            _tell(event.event_type_value, event.step_key or "")


def _tell(kind: str, text: str) -> None:
    for listener in _listeners:
        listener(kind, text)


def _make_logger(_: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger("ccdata.events", logging.DEBUG)
    logger.addHandler(_Handler())
    return logger


events_logger = dg.LoggerDefinition(
    _make_logger, description="Hands the run's events to the process that runs it and prints nothing."
)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call `listener` with the type and step of every event, or WAITING and a message, while the block runs."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
