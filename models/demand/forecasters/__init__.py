"""The members of a demand forecast, and how they are combined."""
