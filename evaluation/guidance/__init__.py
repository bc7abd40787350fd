"""Where clients were guided, what began and when, and who moved to lighter and heavier services."""
