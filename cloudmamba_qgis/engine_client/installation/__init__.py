"""Sets an engine up in a Python environment of its own, in the profile folder of QGIS.

mamba-ssm is left out: its package has no ready-made builds for the PyTorch versions that are
installed here, nor any for Windows, so that installing it would need a CUDA compiler.
"""
