"""Samples made up for training: clouds with their shadows, ground, snow."""
