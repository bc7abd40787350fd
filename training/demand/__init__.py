"""Training of demand forecasts: panel, back-test, members, coherent sums, intervals, one bundle each."""
