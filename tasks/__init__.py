"""One stage of an occasion each: a use case, and what Prefect is for. Ids in, counts out."""
