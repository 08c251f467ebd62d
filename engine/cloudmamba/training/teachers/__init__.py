"""Teachers: open cloud maskers that label images, each run in an environment of its own."""
