"""Client flow through a service chain: stage-wise forecast, bottlenecks, what-if, conformance."""
