"""What planners keep, and what evaluation published of it."""
