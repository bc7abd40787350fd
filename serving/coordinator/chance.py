"""Chance that can be repeated: the same seed and words give the same number, on every machine and in every process."""

import hashlib

WHOLE = 2**64


def chance(seed: int, *words: str) -> float:
    """A number in [0, 1) that nobody can steer: the first 64 bits of SHA-256 over the seed and the words."""
    digest = hashlib.sha256("|".join((str(seed), *words)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / WHOLE
