"""Clients as MEDS subjects: a number made of the pseudonym, and the split that follows from it."""

import hashlib
from collections.abc import Iterable, Sequence

import pyarrow as pa
from meds import SubjectSplitSchema, held_out_split, train_split, tuning_split

from configs.errors import DataError
from features.exports.meds.settings import Splits

DIGITS = 16
"""Hexadecimal characters of the pseudonym that are used; one bit of them is given up for the sign."""

STEPS = 1 << 32


def subject_id(client_id: str) -> int:
    """The number of a client: always the same for the same pseudonym, never negative."""
    return int(client_id[:DIGITS], 16) >> 1


def subject_ids(clients: Iterable[str]) -> dict[str, int]:
    """The numbers of all clients of a bucket.  Raises DataError when two share one.

    Clients of different buckets never share a number: both are made of the same first characters.
    """
    numbers = {client: subject_id(client) for client in clients}
    if len(set(numbers.values())) < len(numbers):
        raise DataError("Two clients would share one MEDS subject number. Pseudonymise under another key.")
    return numbers


def split_of(subject: int, splits: Splits) -> str:
    """Where a subject belongs; another draw than any of ours, and the same in every export."""
    drawn = int.from_bytes(hashlib.sha256(f"meds split|{subject}".encode()).digest()[:4]) / STEPS
    if drawn < splits.train:
        return str(train_split)
    return str(tuning_split if drawn < splits.train + splits.tuning else held_out_split)


def split_table(subjects: Sequence[int], splits: Splits) -> pa.Table:
    """The file `subject_splits.parquet`."""
    ordered = sorted(subjects)
    rows = {"subject_id": ordered, "split": [split_of(subject, splits) for subject in ordered]}
    return SubjectSplitSchema.align(pa.table(rows, schema=SubjectSplitSchema.schema()))
