"""The audit report of each live model: sixteen sections, filled from the registry, stored predictions and the logs."""
