"""Rasters: which band is which, reflectance, no data, windowed reading and safe writing."""
