"""What makes two submissions the same one, so that a double click sends once."""

from utskick.domain.specs import DispatchSpec, FormSpec
from utskick.records import Store


def submission_key(spec: DispatchSpec | FormSpec, *, given: str = "", store: Store) -> str:
    """The same content is the same submission, unless the caller names it: then the name is.

    A given key is the caller's, for this kind of submission.
    """
    content = f"{type(spec).__name__}: {given}" if given else spec.model_dump_json()
    return store.seal(content.encode())
