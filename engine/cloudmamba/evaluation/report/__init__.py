"""What was measured, as tables, plots, pictures and pages."""
