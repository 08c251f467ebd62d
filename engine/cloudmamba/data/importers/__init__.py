"""Labelled images of other layouts become data folders, see ``data.index``."""
