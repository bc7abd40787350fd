"""The planner's reports beside the forecast: realised, units, last year, capacity, attainment, case managers, euros."""
