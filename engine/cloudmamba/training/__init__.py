"""Training: data, augmentation, loss and loop."""
