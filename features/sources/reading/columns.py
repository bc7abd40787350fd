"""The columns of a delivered file against those of its mapping.

A file that comes without its header line, or with a damaged one, has a person's cells where the names should be.  So a
message repeats delivered names only when every one of them looks like a name, and some are the mapping's.
"""

import re
from collections.abc import Sequence

from configs.errors import DataError
from configs.loader import nearest
from features.sources.mapping import SourceMapping

_NAME = re.compile(r"[^\W\d][\w.\- ()/%#]{0,39}")
_MANY_DIGITS = re.compile(r"\d{5}")


def check_columns(name: str, header: Sequence[str], mapping: SourceMapping) -> None:
    """Columns are found by name, in any order.  Raises DataError when one is missing, unexpected or doubled."""
    wanted = mapping.file_columns
    missing = [column for column in wanted if column not in header]
    if wanted and len(missing) == len(wanted):
        raise DataError(
            f"{name}: none of the mapping's columns is in its first line. Deliver it with its header line "
            f"({', '.join(wanted)}), or check `separator` in the mapping."
        )
    known = {*wanted, *mapping.ignored_columns}
    extra = [] if "*" in mapping.ignored_columns else [column for column in header if column not in known]
    doubled = sorted({column for column in header if list(header).count(column) > 1})
    names = header if all(map(_is_name, header)) else []
    faults = [_missing(column, names) for column in missing]
    if names:
        faults += [f"column `{column}` is not in the mapping (name it under `ignored_columns`)" for column in extra]
        faults += [f"column `{column}` is there twice" for column in doubled]
    elif extra or doubled:
        faults.append("its first line holds what is no column's name. Check that the header line is whole")
    if faults:
        raise DataError(f"{name}: {'; '.join(faults)}.")


def _is_name(cell: str) -> bool:
    return bool(_NAME.fullmatch(cell)) and not _MANY_DIGITS.search(cell)


def _missing(name: str, names: Sequence[str]) -> str:
    guess = nearest(name, names)
    return f"column `{name}` is missing" + (f" (the nearest is `{guess}`)" if guess else "")
