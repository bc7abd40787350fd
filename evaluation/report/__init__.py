"""The audit report of one model version, what it explains and what it concludes."""
