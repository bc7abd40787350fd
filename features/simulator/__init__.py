"""A simulated county: register extracts as files, and the truth that only benchmarks may read."""
