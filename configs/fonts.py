"""Where the font of PDFs lies: it has every letter of Finland's languages, the Sámi ones too."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from configs.errors import ConfigError

FAMILY = "DejaVu"
FILES = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}


@cache
def font_folder() -> Path:
    """Where the fonts lie: among those that the plotting library brings.  Raises ConfigError when there are none."""
    found = find_spec("matplotlib")
    folders = (
        [Path(place) / "mpl-data" / "fonts" / "ttf" for place in (found.submodule_search_locations or ())]
        if found
        else []
    )
    for folder in (*folders, Path("/usr/share/fonts/truetype/dejavu")):
        if all((folder / file).is_file() for file in FILES.values()):
            return folder
    raise ConfigError("The font DejaVu Sans is missing, so no PDF can be made. Install the package `fonts-dejavu`.")
