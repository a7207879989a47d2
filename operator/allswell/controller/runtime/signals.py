"""Turn the signals that end a program into an event."""

import asyncio
import signal

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def set_on_signal(stop: asyncio.Event) -> None:
    """Set the event when a signal comes, whoever handled signals before."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)


def restore() -> None:
    """Handle signals no more."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.remove_signal_handler(number)
