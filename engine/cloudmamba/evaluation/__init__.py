"""Scores of masks against reference labels."""
