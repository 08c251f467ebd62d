"""A preview of the clouds in what is seen of a layer."""
