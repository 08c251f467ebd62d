"""What is read, a raster or a product: its pixels, its bands and its units."""
