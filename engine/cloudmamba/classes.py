"""What the numbers in masks and labels mean, and the bands of an image in their order."""

CLEAR, CLOUD, SHADOW, SNOW, NO_DATA = 0, 1, 2, 4, 255
CLASS_NAMES = {CLEAR: "clear", CLOUD: "cloud", SHADOW: "cloud shadow", SNOW: "snow or ice"}

# An image may lack the last.
BANDS = ("blue", "green", "red", "nir")
