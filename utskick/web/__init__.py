"""What staff and their systems reach over HTTP."""
