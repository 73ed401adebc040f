"""What operators see: each file one flow, read from top to bottom."""
