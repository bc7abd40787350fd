"""What a planner does with a forecast: scenarios, staffing, channels and overrides.  Pure functions only."""
