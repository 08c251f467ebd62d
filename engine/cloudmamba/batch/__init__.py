"""Many scenes: which, what was done before, side by side in processes or on a cluster."""
