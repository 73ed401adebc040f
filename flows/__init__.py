"""What operators see: each file one flow, told from top to bottom."""
