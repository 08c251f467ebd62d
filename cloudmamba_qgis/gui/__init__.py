"""What the plugin shows beside the dialogs of its algorithms."""
