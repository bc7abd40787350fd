"""What the service must be able to prove later: the audit log, the decision log, and the sessions that are open now."""
