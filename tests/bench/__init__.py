"""Benchmarks: `python -m tests.bench.NAME` prints a table and, as its last line, one JSON object of figures."""
