"""CloudMamba: uncertainty-guided, dual-scale Mamba cloud detection for satellite images."""

__version__ = "0.1.0"
