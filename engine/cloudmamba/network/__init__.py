"""The network of the paper, a module a figure."""
