"""The engine set-up page and what it shows."""
