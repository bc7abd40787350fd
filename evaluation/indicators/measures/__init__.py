"""One function per kind of measure: known rows of some clients → who, num, den, missing; value = Σ num / Σ den."""
