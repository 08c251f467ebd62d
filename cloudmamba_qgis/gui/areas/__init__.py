"""The page of areas by date."""
