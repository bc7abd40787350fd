"""What the auditor and the manager are told, and the stop switch: over the desk, the ledger and published files."""
