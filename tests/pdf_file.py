"""A tagged PDF read by nothing but its own grammar: what a screen reader is told, in the tree's order."""

import re
import zlib

OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
STREAM = re.compile(rb"stream\n(.*?)\nendstream", re.DOTALL)
TEXT = rb"(?:[^()\\]|\\.)*"
for _ in range(8):  # brackets in pairs need no backslash inside a text
    TEXT = rb"(?:[^()\\]|\\.|\(" + TEXT + rb"\))*"
INK = re.compile(
    rb"/MCID (\d+)[^>]*>>\s*BDC|\bEMC\b|/(f\d+) [\d.]+ Tf|<([0-9a-fA-F]+)>|\((" + TEXT + rb")\)",
    re.DOTALL,
)
ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
KID = re.compile(rb"(\d+) 0 R|(<<.*?>>)|(\d+)")
LAYOUT = ("Lbl",)


class PdfFile:
    """The objects of one file."""

    def __init__(self, content: bytes) -> None:
        self.objects = {int(found[1]): found[2] for found in OBJECT.finditer(content)}
        self.catalog = next(one for one in self.objects.values() if b"/Type/Catalog" in one)
        self._inks: dict[int, dict[int, str]] = {}

    def leaves(self) -> list[tuple[str, str]]:
        """(tag, words) of every element that holds text itself, in reading order, bullets left out."""
        return [leaf for leaf in self._below(self._number(self.catalog, b"StructTreeRoot")) if leaf[0] not in LAYOUT]

    def _below(self, number: int) -> list[tuple[str, str]]:
        element = self.objects[number]
        kids, tag = re.search(rb"/K\[(.*?)\]", element), re.search(rb"/S/(\w+)", element)
        if not kids or not tag:  # the root of the tree, an empty cell
            return self._below(int(kids[1].split()[0])) if kids else []
        told: list[tuple[str, str]] = []
        words = [self._words(kid, element) for kid in KID.finditer(kids[1]) if not kid[1]]
        for child in (int(kid[1]) for kid in KID.finditer(kids[1]) if kid[1]):
            told += self._below(child)
        return [(tag[1].decode(), "".join(words).strip()), *told] if words else told

    def _words(self, kid: re.Match[bytes], element: bytes) -> str:
        """Text on the element's page, or on the page that the kid names when an element runs on."""
        own = self._ink(self._number(kid[2] if kid[2] else element, b"Pg"))
        place = re.search(rb"/MCID (\d+)", kid[2]) if kid[2] else None
        return own[int(place[1] if place else kid[3])]

    def _ink(self, page: int) -> dict[int, str]:
        if page not in self._inks:
            self._inks[page] = dict(self._read(page))
        return self._inks[page]

    def _read(self, page: int) -> list[tuple[int, str]]:
        resources = self.objects[self._number(self.objects[page], b"Resources")]
        fonts = {name.decode(): self._unicode(int(at)) for name, at in re.findall(rb"/(f\d+) (\d+) 0 R", resources)}
        found, place, font = [], -1, ""
        for mark in INK.finditer(self._stream(self._number(self.objects[page], b"Contents"))):
            if mark[1] or mark[0] == b"EMC":
                place = int(mark[1]) if mark[1] else -1
                found += [(place, "")] if mark[1] else []
            elif mark[2]:
                font = mark[2].decode()
            elif place >= 0:
                glyphs = bytes.fromhex(mark[3].decode()) if mark[3] else _plain(mark[4])
                codes = [int.from_bytes(glyphs[at : at + 2]) for at in range(0, len(glyphs), 2)]
                found[-1] = (place, found[-1][1] + "".join(fonts[font][code] for code in codes))
        return found

    def _unicode(self, font: int) -> dict[int, str]:
        cmap = self._stream(self._number(self.objects[font], b"ToUnicode"))
        cmap = cmap.partition(b"endcodespacerange")[2]
        pairs = re.findall(rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]+)>", cmap)
        return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}

    def _stream(self, number: int) -> bytes:
        found = STREAM.search(self.objects[number])
        assert found, number
        return zlib.decompress(found[1]) if b"/FlateDecode" in self.objects[number] else found[1]

    def _number(self, element: bytes, name: bytes) -> int:
        """The element's own reference stands last, after those of its kids."""
        found = re.findall(rb"/" + name + rb" (\d+) 0 R", element)
        assert found, (name, element)
        return int(found[-1])


def _plain(text: bytes) -> bytes:
    return ESCAPED.sub(lambda one: bytes([int(one[1], 8)]) if one[1].isdigit() else NAMED.get(one[1], one[1]), text)
