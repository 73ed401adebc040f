"""What makes two submissions the same one, so that a double click sends once: in every face."""

from utskick.domain.specs import Sending
from utskick.records import Store


def content_seal(spec: Sending, store: Store) -> str:
    """What distinguishes a spec from others; a field that is added later changes no seal."""
    return store.seal(spec.model_dump_json(exclude_defaults=True).encode())


def submission_key(spec: Sending, store: Store, *, given: str = "") -> str:
    """The same content is the same submission, unless the caller names it: then the name is.

    A given key is the caller's, for this kind of submission.
    """
    if given:
        return store.seal(f"{type(spec).__name__}: {given}".encode())
    return content_seal(spec, store)
