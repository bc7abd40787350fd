"""What the service exports beside the canonical tables: declared, checked on reading, never edited by hand."""

from features.side_files.declared import ANSWERS, DECISIONS, REVIEWS, SIDE_FILES, SideFile
from features.side_files.reading import Checked, read_side_file

__all__ = ["ANSWERS", "DECISIONS", "REVIEWS", "SIDE_FILES", "Checked", "SideFile", "read_side_file"]
