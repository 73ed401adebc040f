"""Starting everything on one machine, on loopback, and seeing it work."""
