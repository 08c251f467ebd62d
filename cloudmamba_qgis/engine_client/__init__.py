"""Finds the engine, starts it and talks to it."""
