"""The source catalogue: who owns each register, from when it covers each municipality, and where its practice broke."""

from features.source_catalogue.entries import Period, Source, SourceBreak
from features.source_catalogue.load import SourceCatalogue, load_source_catalogue

__all__ = ["Period", "Source", "SourceBreak", "SourceCatalogue", "load_source_catalogue"]
