"""Seeds from any words: different words give unrelated numbers, the same ones always the same."""

import hashlib


def seed_of(*words: int | str) -> int:
    """A seed of 63 bits, for torch's generators."""
    return int.from_bytes(_digest(words), "big") >> 1


def key_of(*words: int | str) -> int:
    """A key of 64 bits, for counter-based random numbers (`data.order`)."""
    return int.from_bytes(_digest(words), "little")


def _digest(words: tuple[int | str, ...]) -> bytes:
    return hashlib.blake2b(repr(words).encode(), digest_size=8).digest()
