"""Reads `configs/county/<county>.yaml`; a simulated county's settings beside it are told apart by their `kind`."""

from pathlib import Path

from configs.errors import ConfigError
from configs.loader import PROJECT_ROOT, read_yaml, validate_config
from features.county_profile.checks import profile_faults
from features.county_profile.profile import Profile

KIND = "profile"
FOLDER = PROJECT_ROOT / "configs" / "county"


def profile_files() -> list[Path]:
    """Every profile in the project, by name."""
    return [file for file in sorted(FOLDER.glob("*.yaml")) if read_yaml(file).get("kind") == KIND]


def load_profile(path: str | Path) -> Profile:
    """Read and check a county profile.  Raises ConfigError with every fault."""
    values = read_yaml(path)
    if values.pop("kind", "simulation") != KIND:
        raise ConfigError(
            f"{path} describes a simulated county, not a county profile. "
            "Simulate it with `python -m features.simulator`, or give a file with `kind: profile`."
        )
    profile = validate_config(values, Profile, str(path))
    faults = profile_faults(profile)
    if profile.id != Path(path).stem:
        faults.insert(0, f"its id is `{profile.id}`, its file {Path(path).name}; use the same name.")
    if faults:
        raise ConfigError(f"{path}: {' '.join(faults)}")
    return profile
