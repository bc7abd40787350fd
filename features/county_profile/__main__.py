"""`python -m features.county_profile --config configs/county/<county>.yaml`: check a profile and show it.

With `--catalogue` it writes the county's first source catalogue to stdout instead.
"""

import sys
from collections.abc import Sequence

from configs.command import parse_config_path, run_command, say
from configs.loader import PROJECT_ROOT
from features.county_profile.load import load_profile, profile_files
from features.county_profile.skeleton import skeleton
from features.county_profile.summary import summary_lines


def main(argv: Sequence[str] | None = None) -> int:
    """Show the profile, or with `--catalogue` the source catalogue to begin with."""
    given = list(sys.argv[1:] if argv is None else argv)
    begin = "--catalogue" in given
    rest = [word for word in given if word != "--catalogue"]
    purpose = "Shows a county profile; with --catalogue, begins its source catalogue."
    first = str(profile_files()[0].relative_to(PROJECT_ROOT))
    path = parse_config_path(rest, "features.county_profile", purpose, first)
    return run_command(lambda: _show(path, begin))


def _show(path: str, begin: bool) -> None:
    profile = load_profile(path)
    for line in [skeleton(profile).rstrip("\n")] if begin else summary_lines(profile):
        say(line)


if __name__ == "__main__":
    raise SystemExit(main())
