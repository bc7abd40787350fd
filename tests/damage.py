"""Ways in which a model's file may be damaged: on a disk, on a wire, by an editor, by a careless script."""

import json
import random
import re
from collections.abc import Callable, Mapping
from typing import Any

Damage = Callable[[bytes, random.Random], bytes]


def flipped(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]


def cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def beheaded(content: bytes, chance: random.Random) -> bytes:
    return content[chance.randrange(1, len(content)) :]


def holed(content: bytes, chance: random.Random) -> bytes:
    start, stop = _span(content, chance)
    return content[:start] + content[stop:]


def zeroed(content: bytes, chance: random.Random) -> bytes:
    start, stop = _span(content, chance)
    return content[:start] + bytes(stop - start) + content[stop:]


def doubled(content: bytes, chance: random.Random) -> bytes:
    start, stop = _span(content, chance)
    return content[:stop] + content[start:]


def inserted(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return content[:place] + chance.randbytes(chance.randrange(1, 9)) + content[place:]


def rewritten(content: bytes, chance: random.Random) -> bytes:
    """One digit of one number is another: nearly always something that still parses."""
    digits = [found.start() for found in re.finditer(rb"\d", content)]
    if not digits:
        return flipped(content, chance)
    place = chance.choice(digits)
    other = chance.choice([digit for digit in b"0123456789" if digit != content[place]])
    return content[:place] + bytes([other]) + content[place + 1 :]


def line_lost(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\n")
    del lines[chance.randrange(len(lines))]
    return b"\n".join(lines)


def lines_swapped(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\n")
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines)


def value_changed(content: bytes, chance: random.Random) -> bytes:
    """Somewhere in a JSON file stands another value, or none; text that is no JSON loses a digit instead."""
    try:
        values = json.loads(content)
    except ValueError:
        return rewritten(content, chance)
    places = list(_places(values))
    if not places:
        return flipped(content, chance)
    holder, key = chance.choice(places)
    if chance.random() < 0.3:
        del holder[key]
    else:
        holder[key] = chance.choice([None, "", 0, -1, 1e300, True, [], {}, "x", float("nan")])
    return json.dumps(values).encode()


DAMAGES: tuple[Damage, ...] = (
    flipped, cut, beheaded, holed, zeroed, doubled, inserted, rewritten, line_lost, lines_swapped, value_changed,
)  # fmt: skip


def damaged(files: Mapping[str, bytes], chance: random.Random) -> tuple[str, dict[str, bytes]]:
    """How, and the files with one of them damaged, missing or another's; never the same files again."""
    names = sorted(files)
    while True:
        name, draw = chance.choice(names), chance.random()
        if draw < 0.04:
            return "lost", {other: content for other, content in files.items() if other != name}
        if draw < 0.08:
            changed, how = {**files, name: files[chance.choice(names)]}, "exchanged"
        else:
            damage = chance.choice(DAMAGES)
            changed, how = {**files, name: damage(files[name], chance)}, damage.__name__
        if changed != files:
            return how, changed


def _span(content: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(content))
    return start, min(len(content), start + chance.choice([1, 2, 16, 256, 4096]))


def _places(values: Any) -> list[tuple[Any, Any]]:
    """Every (holder, key) in a tree of dictionaries and lists."""
    keys = list(values) if isinstance(values, dict) else range(len(values)) if isinstance(values, list) else ()
    return [place for key in keys for place in ((values, key), *_places(values[key]))]
