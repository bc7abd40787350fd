"""Sensitive reasons are left out of what a role is told (until the explaining room does it)."""

from collections.abc import Collection
from dataclasses import replace
from typing import TypeVar

from models.answers import Likelihood, NeedAnswer, SegmentAnswer

A = TypeVar("A", SegmentAnswer, NeedAnswer)


def hide_sensitive(answer: A, allowed: Collection[str]) -> A:
    """The answer without the sensitive reasons that are not allowed."""
    if isinstance(answer, SegmentAnswer):
        return replace(answer, axes=tuple(_told(one, allowed) for one in answer.axes))
    likelihood = _told(answer.likelihood, allowed) if answer.likelihood else None
    return replace(answer, likelihood=likelihood)


def _told(likelihood: Likelihood, allowed: Collection[str]) -> Likelihood:
    kept = tuple(one for one in likelihood.reasons if one.sensitivity in ("normal", *allowed))
    return replace(likelihood, reasons=kept)
