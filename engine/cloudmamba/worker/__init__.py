"""The engine as a long-lived process that speaks JSON lines on its standard streams."""
