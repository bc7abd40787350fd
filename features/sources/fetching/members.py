"""A member of a zip archive as a file of its own, with the same limits as any packed delivery."""

import zipfile
import zlib
from pathlib import Path

from configs.errors import DataError
from configs.loader import nearest
from features.sources.fetching.compressed import Limits, copy_within


def unpack_member(archive: Path, member: str, target: Path, limits: Limits) -> Path:
    """Unpack one member, block by block.  Raises DataError when it is missing, damaged, locked or passes a limit."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shown = f"{archive.name}#{member}"
    try:
        with zipfile.ZipFile(archive) as opened:
            info = _info(opened, archive, member)
            with opened.open(info) as stream, target.open("wb") as out:
                copy_within(stream, out, shown, info.compress_size, limits)
    except (zipfile.BadZipFile, EOFError, zlib.error):
        raise DataError(f"{archive.name} is not a whole zip archive. Deliver it again.") from None
    except (NotImplementedError, RuntimeError):
        raise DataError(f"{shown} is encrypted or packed in an unknown way. Deliver it as plain zip.") from None
    return target


def only_member(archive: Path) -> str:
    """The name of the one file in the archive.  Raises DataError when there is none or are several."""
    try:
        with zipfile.ZipFile(archive) as opened:
            names = [info.filename for info in opened.infolist() if not info.is_dir()]
    except zipfile.BadZipFile:
        raise DataError(f"{archive.name} is not a whole zip archive. Deliver it again.") from None
    if len(names) != 1:
        raise DataError(
            f"{archive.name} holds {len(names)} files. Deliver one file, or name the members in a mapping of "
            "`type: query`."
        )
    return names[0]


def _info(opened: zipfile.ZipFile, archive: Path, member: str) -> zipfile.ZipInfo:
    try:
        return opened.getinfo(member)
    except KeyError:
        guess = nearest(member, opened.namelist())
        hint = f" Did you mean `{guess}`?" if guess else " Check the mapping's `inputs`."
        raise DataError(f"{archive.name} has no member `{member}`.{hint}") from None
