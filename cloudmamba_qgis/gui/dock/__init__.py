"""The dock: an image, how it is read, its mask, and thresholds that act at once."""
