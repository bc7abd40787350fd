"""The slow, readable truth about features: one client, one date, plain Python.  Shares no code with the kernel.

Read this package to learn what a feature means; `client.py` first.  A property test holds the kernel equal to it.
"""

from features.reference.client import client_features, reference_features

__all__ = ["client_features", "reference_features"]
