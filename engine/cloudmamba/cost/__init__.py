"""What the network costs: operations and bytes counted from its code, and the times they imply."""
