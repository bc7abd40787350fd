"""Refuses what is no small, plain workbook before anything of it is parsed."""

import re
import zipfile
from io import BytesIO

from configs.errors import DataError
from configs.phrases import Phrase

MOST_BYTES = 2_000_000
MOST_UNPACKED = 30_000_000
MOST_RATIO = 200
"""Unpacked over packed size of the whole file; a sheet of ten thousand equal rows reaches about 30."""
MOST_MEMBERS = 200
MACROS = ("vbaproject", "macrosheets", "activex", "externallinks", "embeddings", "connections.xml", "querytables")


def too_large(size: int) -> DataError:
    """The fault of a file with too many bytes."""
    return DataError(
        Phrase(
            f"The file has {size:,} bytes; at most {MOST_BYTES:,} are read.", "file_large", size=size, most=MOST_BYTES
        )
    )


def check_packed(content: bytes) -> None:
    """Refuse what is no small, plain workbook before anything is parsed."""
    if len(content) > MOST_BYTES:
        raise too_large(len(content))
    try:
        packed = zipfile.ZipFile(BytesIO(content))
    except zipfile.BadZipFile:
        raise DataError(
            Phrase(
                "The file is not an .xlsx workbook. Save it in Excel as .xlsx (not .xls or .xlsm).", "file_no_workbook"
            )
        ) from None
    with packed:
        members = packed.infolist()
        size = sum(member.file_size for member in members)
        if len(members) > MOST_MEMBERS or size > MOST_UNPACKED or size > MOST_RATIO * max(len(content), 1):
            raise DataError(
                Phrase(
                    "The workbook unpacks to more than is read. Remove other sheets, pictures and styles.",
                    "file_unpacks",
                )
            )
        for member in members:
            _check_member(packed, member)


def _check_member(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    name = member.filename.lower()
    if any(word in name for word in MACROS):
        raise DataError(
            Phrase(
                "The workbook holds macros or links to other files. Save it as a plain .xlsx with values only.",
                "file_macros",
            )
        )
    if member.flag_bits & 1:
        raise DataError(Phrase("The workbook is protected by a password. Save it without one.", "file_password"))
    try:
        with packed.open(member) as stream:
            body = stream.read(member.file_size + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise DataError(
            Phrase("The file is damaged. Save it in Excel as .xlsx and send it again.", "file_damaged")
        ) from None
    if len(body) > member.file_size or (name.endswith((".xml", ".rels", ".vml")) and not _is_plain_xml(body)):
        raise DataError(
            Phrase("The workbook holds what no workbook of values holds. Save it in Excel as .xlsx.", "file_not_values")
        )


def _is_plain_xml(body: bytes) -> bool:
    """True for UTF-8 XML without a document type, the only place where entities can be declared.

    Any other encoding could hide one from this look, so it is refused: zero bytes (UTF-16), a first byte that is no
    `<` (EBCDIC), or another name in the declaration.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    declared = re.match(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)", text[:200])
    utf8 = declared is None or declared[1].lower() in (b"utf-8", b"us-ascii", b"utf8")
    return text.startswith(b"<") and utf8 and b"\x00" not in text and b"<!doctype" not in text.lower()
