"""Where delivered files lie: the data folder, or the folder of public input files."""

import os
from pathlib import Path

from configs.loader import PROJECT_ROOT
from features.sources.mapping import SourceMapping

DATA_VARIABLE = "LUOTAIN_DATA"
DATA_DEFAULT = "../shared/data"
MARKER = ".complete"
MEMBER = "#"
"""Stands between an archive and its member: `cdm.zip#PERSON.csv`."""


def data_folder() -> Path:
    """Where public input files lie: LUOTAIN_DATA, else beside the project."""
    given = Path(os.environ.get(DATA_VARIABLE) or DATA_DEFAULT).expanduser()
    return given if given.is_absolute() else PROJECT_ROOT / given


def files_at(pattern: str, root: Path) -> list[Path]:
    """The files of a path or glob, sorted: below `root`, below ${LUOTAIN_DATA}, or absolute."""
    base = root
    if pattern.startswith("${" + DATA_VARIABLE + "}"):
        base, pattern = data_folder(), pattern.removeprefix("${" + DATA_VARIABLE + "}").lstrip("/")
    if Path(pattern).is_absolute():
        base, pattern = Path("/"), pattern.lstrip("/")
    return [file for file in sorted(base.glob(pattern)) if file.is_file() and not file.name.endswith(MARKER)]


def archive_and_member(place: str) -> tuple[str, str | None]:
    """The two sides of `archive.zip#member`; a plain place has no member."""
    archive, mark, member = place.partition(MEMBER)
    return archive, member if mark else None


def marker_of(file: Path) -> Path:
    """The file that says that `file` is complete."""
    return file.with_name(file.name + MARKER)


def none_found(mapping: SourceMapping, place: str) -> str:
    """What is said when no file lies at a place that a mapping names."""
    name = place.rsplit("/", 1)[-1]
    if mapping.origin:
        return (
            f"The file {name} is missing: it comes from {mapping.origin} (sha256 {mapping.sha256}); put it into the "
            f"folder that {DATA_VARIABLE} names (default {DATA_DEFAULT})."
        )
    return (
        f"No file matches `{place}` of the source {mapping.source}. Deliver it, or type "
        "`python -m features.simulator` for the demo's extracts."
    )
