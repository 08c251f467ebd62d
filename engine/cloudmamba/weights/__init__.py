"""Trained models that come with the package: a safetensors file and a model card each."""
