"""Ports for servers that are told theirs before they listen."""

import contextlib
import os
import random
import socket

OURS = range(20_000, 30_000)
"""Below those that the system gives to clients: any of them could take a port between its choice and its use."""
_draw = random.Random(os.getpid())  # not the seeded one of a test: two processes of the suite would draw alike


def free_port() -> int:
    """A port of this machine's loopback address on which nobody listens."""
    while True:
        port = _draw.choice(OURS)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
