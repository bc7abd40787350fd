"""Whole-number noise of differential privacy, drawn exactly: no floating point, so that no rounding tells the truth.

Source: Canonne, Kamath & Steinke 2020, "The Discrete Gaussian for Differential Privacy", algorithms 1 and 2.
"""

from collections.abc import Callable
from fractions import Fraction

Draw = Callable[[int], int]
"""A whole number from 0 to n - 1, every one as likely; `secrets.randbelow` outside tests."""


def discrete_laplace(epsilon: Fraction, draw: Draw) -> int:
    """Noise z with probability proportional to exp(-epsilon |z|): protects a count that one person moves by 1."""
    whole, part = epsilon.denominator, epsilon.numerator  # the scale 1 / epsilon
    while True:
        rest = draw(whole)
        if not _exp_minus(Fraction(rest, whole), draw):
            continue
        times = 0
        while _exp_minus(Fraction(1), draw):
            times += 1
        size = (rest + whole * times) // part
        negative = draw(2) == 1
        if not (negative and size == 0):
            return -size if negative else size


def _exp_minus(gamma: Fraction, draw: Draw) -> bool:
    """True with probability exp(-gamma), for 0 ≤ gamma ≤ 1."""
    turn = 1
    while draw(gamma.denominator * turn) < gamma.numerator:
        turn += 1
    return turn % 2 == 1
