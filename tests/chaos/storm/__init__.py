"""A storm over the real local 1177 and PostgreSQL, judged by what the neighbour holds (L2)."""
