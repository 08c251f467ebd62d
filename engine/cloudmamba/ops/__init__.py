"""Fast operators: what the network and its inference compute with, and their kernels."""
