"""Fictional henkilötunnus: individual numbers 900–999 only, which are never given to anybody."""

import numpy as np

CHECK_CHARACTERS = np.array(list("0123456789ABCDEFHJKLMNPRSTUVWXY"))
OLD_SEPARATORS = {18: "+", 19: "-", 20: "A"}
NEW_SEPARATORS = {19: np.array(list("YXWVU")), 20: np.array(list("BCDEF"))}
"""Taken into use in 2023 for persons who got their identifier after that."""
OFFICIAL_PERSONS = ("010594Y9032", "010516B903X")
"""The fictional persons that the authorities use in their own examples."""
NUMBERS_PER_SEX = 50


def make_identifiers(
    birth: np.ndarray, female: np.ndarray, new_style: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """One unique identifier per person: right date, sex parity and check character."""
    text = np.datetime_as_string(birth.astype("datetime64[D]"))
    year, month, day = (np.array([part[a:b] for part in text]) for a, b in ((0, 4), (5, 7), (8, 10)))
    rank = _rank_within(birth.astype("datetime64[D]").astype(np.int64) * 2 + female)
    if (rank >= NUMBERS_PER_SEX).any():
        raise ValueError("More than 50 persons of one sex on one birth date: the range 900-999 is used up.")
    shift = birth.astype("datetime64[D]").astype(np.int64) * 7 % NUMBERS_PER_SEX
    number = 900 + 2 * ((rank + shift) % NUMBERS_PER_SEX) + np.where(female, 0, 1)
    separators = _separators(year, new_style, rng)
    date_part = np.char.add(np.char.add(day, month), np.array([value[2:] for value in year]))
    digits = np.char.add(date_part, number.astype(str))
    return np.char.add(
        np.char.add(np.char.add(date_part, separators), number.astype(str)),
        CHECK_CHARACTERS[digits.astype(np.int64) % 31],
    )


def _rank_within(key: np.ndarray) -> np.ndarray:
    """0, 1, 2 … among equal keys, in the order given."""
    order = np.argsort(key, kind="stable")
    first = np.concatenate([[True], key[order][1:] != key[order][:-1]])
    starts = np.flatnonzero(first)
    rank = np.empty(len(key), dtype=np.int64)
    rank[order] = np.arange(len(key)) - np.repeat(starts, np.diff(np.append(starts, len(key))))
    return rank


def _separators(year: np.ndarray, new_style: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    century = np.array([int(value[:2]) for value in year])
    result = np.array([OLD_SEPARATORS[value] for value in century])
    for value, choices in NEW_SEPARATORS.items():
        chosen = new_style & (century == value)
        result[chosen] = rng.choice(choices, size=int(chosen.sum()))
    return result


def break_check_character(identifier: str) -> str:
    """The same identifier with a check character that is wrong."""
    position = CHECK_CHARACTERS.tolist().index(identifier[-1])
    return identifier[:-1] + str(CHECK_CHARACTERS[(position + 7) % len(CHECK_CHARACTERS)])
