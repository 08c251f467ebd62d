"""Labelled images: their index, what their codes mean, and how other layouts are taken in."""
