"""What the benchmarks are run on."""
