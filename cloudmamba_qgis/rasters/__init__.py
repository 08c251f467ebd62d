"""Rasters in blocks: grids, reading, safe writing and the shapes of clouds. No network here."""
