"""The auditor's first screen and acts, the manager's groups, and the stop switch."""
