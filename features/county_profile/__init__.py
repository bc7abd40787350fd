"""County profiles: whose registers, under which definitions.  The same code for every county."""

from features.county_profile.load import load_profile
from features.county_profile.profile import Profile

__all__ = ["Profile", "load_profile"]
