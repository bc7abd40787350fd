"""What a planner asks: forecasts with overrides, scenarios, staffing, sheets and service chains; checked and logged."""
