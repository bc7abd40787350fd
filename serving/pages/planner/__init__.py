"""The planner's further pages: scenarios, staffing, overrides, uploaded sheets and service chains."""
