"""The neighbours of `utskick.ports`, each over one technology, and their in-memory twins."""
