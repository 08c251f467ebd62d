"""What the benchmarks share: scenes, measured processes, environments of peers, results."""
