"""The hash chain names the first bad entry, whatever was done to it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from models.chain import GENESIS, ChainedEntry, Checkpoint, append, canonical_json, head, link, verify


def chain(length: int) -> list[ChainedEntry]:
    entries: list[ChainedEntry] = []
    for number in range(length):
        entries.append(append(head(entries[-1]) if entries else GENESIS, {"act": f"act {number + 1}", "ok": True}))
    return entries


def rechained(entries: list[ChainedEntry]) -> list[ChainedEntry]:
    """What a forger with the file does: compute every hash anew."""
    forged: list[ChainedEntry] = []
    for chained in entries:
        forged.append(append(head(forged[-1]) if forged else GENESIS, chained.entry))
    return forged


def edited(entries: list[ChainedEntry]) -> list[ChainedEntry]:
    entries[2] = replace(entries[2], entry={**entries[2].entry, "act": "something else"})
    return entries


def renumbered(entries: list[ChainedEntry]) -> list[ChainedEntry]:
    entries[2] = replace(entries[2], entry={**entries[2].entry, "seq": True})
    return entries


def rehashed(entries: list[ChainedEntry]) -> list[ChainedEntry]:
    changed = {**entries[2].entry, "act": "something else"}
    entries[2] = ChainedEntry(changed, entries[2].prev_hash, link(entries[2].prev_hash, changed))
    return entries


@pytest.mark.parametrize(
    "damage,                                                  first_bad",
    [
        (lambda entries: entries, None),
        (lambda entries: [], None),  # an empty chain is whole; only a checkpoint can tell that it was cut
        (edited, 3),  # L1
        (renumbered, 3),
        (rehashed, 4),  # L1, the entry's own hash made anew: the next one still remembers the old
        (lambda entries: entries[:2] + entries[3:], 3),  # L2
        (lambda entries: [entries[1], entries[0], *entries[2:]], 1),  # L4
        (lambda entries: [*entries[:3], entries[2], *entries[3:]], 4),  # L5, L7
        (lambda entries: entries[1:], 1),
    ],
)
def test_L1_L2_L4_L5_L7_the_first_bad_number_is_named(
    damage: Callable[[list[ChainedEntry]], list[ChainedEntry]], first_bad: int | None
) -> None:
    assert verify(damage(chain(5))) == first_bad


@pytest.mark.parametrize(
    "damage,                                                      first_bad",
    [
        (lambda entries: entries, None),
        (lambda entries: entries[:4], 5),  # L3: the tail is cut
        (lambda entries: entries[:2], 3),
        (lambda entries: rechained(edited(entries)), 5),  # L6: all rewritten; the checkpoint at 5 tells
    ],
)
def test_L3_L6_a_checkpoint_shows_a_cut_tail_and_a_rewritten_chain(
    damage: Callable[[list[ChainedEntry]], list[ChainedEntry]], first_bad: int | None
) -> None:
    entries = chain(6)
    checkpoints = [head(entries[4])]
    assert verify(damage(entries), checkpoints=checkpoints) == first_bad


def test_L11_a_later_segment_goes_on_from_the_earlier_ones_head() -> None:
    entries = chain(6)
    assert verify(entries[4:], after=head(entries[3])) is None
    assert verify(entries[4:], after=Checkpoint(4, "f" * 64)) == 5


def test_every_changed_character_of_an_entry_is_found() -> None:
    entries = chain(3)
    text = str(entries[1].entry["act"])
    for place in range(len(text)):
        other = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
        changed = replace(entries[1], entry={**entries[1].entry, "act": other})
        assert verify([entries[0], changed, entries[2]]) == 2


@pytest.mark.parametrize(
    "value,                      text",
    [
        ({"b": 1, "a": [1.5, None]}, b'{"a":[1.5,null],"b":1}'),
        ({"nimi": "Häme"}, b'{"nimi":"H\\u00e4me"}'),
    ],
)
def test_canonical_json_has_one_spelling(value: object, text: bytes) -> None:
    assert canonical_json(value) == text


@pytest.mark.parametrize(
    "value", [{"x": float("nan")}, {"x": float("inf")}, {1: "one"}, {"x": [{2: 3}]}, {"x": {1, 2}}]
)
def test_canonical_json_refuses_what_has_no_single_spelling(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical_json(value)
