"""What is taken for a key, and what is refused with a word about what to do."""

import json
import stat
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from utskick.store.key_file import make_key_file, new_key, read_key_file
from utskick.store.keys import KeyRing, KeysRefused, read_ring

GOOD, OTHER = new_key(), new_key()


def written(key: bytes) -> str:
    return b64encode(key).decode()


def ring(*, key: str = GOOD, index_key: str = OTHER, current: str = "1") -> KeyRing:
    return read_ring(
        keys={"1": key}, current=current, index_key=index_key, index_keys={}, place="here"
    )


WEAK = {
    "nothing": "",
    "empty in base64": "====",
    "no base64": "not base64 at all, but as long as one",
    "16 bytes": written(sha256(b"key").digest()[:16]),
    "31 bytes": written(sha256(b"key").digest()[:31]),
    "64 bytes": written(sha256(b"key").digest() * 2),
    "zeros": written(bytes(32)),
    "ones": written(b"\xff" * 32),
    "two bytes in turn": written(b"\x17\xe9" * 16),
    "16 bytes twice": written(sha256(b"key").digest()[:16] * 2),
    "a row": written(bytes(range(32))),
    "a row backwards": written(bytes(range(200, 168, -1))),
    "a sentence": written(b"correct horse battery staple 123"),
    "hexadecimal": written(sha256(b"key").hexdigest()[:32].encode()),
}


@pytest.mark.parametrize("weak", WEAK.values(), ids=WEAK)
def test_nothing_but_32_random_bytes_is_a_key_that_seals(weak: str) -> None:
    with pytest.raises(KeysRefused, match=r"here: key 1 .*openssl rand -base64 32"):
        ring(key=weak)


@pytest.mark.parametrize("weak", WEAK.values(), ids=WEAK)
def test_nothing_but_32_random_bytes_is_an_index_key(weak: str) -> None:
    with pytest.raises(KeysRefused, match=r"here: index key of 1 .*openssl rand -base64 32"):
        ring(index_key=weak)


def test_a_refusal_shows_no_key() -> None:
    with pytest.raises(KeysRefused) as caught:
        ring(key=WEAK["16 bytes"], index_key=WEAK["31 bytes"])

    assert len(caught.value.faults) == 2
    assert WEAK["16 bytes"] not in str(caught.value)
    assert WEAK["31 bytes"] not in str(caught.value)


def test_every_random_key_is_one() -> None:
    for _ in range(2000):
        assert ring(key=new_key(), index_key=new_key()).current == "1"


def test_one_secret_does_not_serve_twice() -> None:
    with pytest.raises(KeysRefused, match="a key is an index key as well"):
        ring(key=GOOD, index_key=GOOD)
    with pytest.raises(KeysRefused, match="two ids have the same key"):
        read_ring(
            keys={"1": GOOD, "2": GOOD}, current="1", index_key=OTHER, index_keys={}, place="here"
        )


def test_the_current_key_is_one_of_the_keys() -> None:
    with pytest.raises(KeysRefused, match="the current key, '2', is none of the keys"):
        ring(current="2")


def test_a_ring_shows_nothing_of_its_keys() -> None:
    assert "sealing" not in repr(ring()) + repr(ring().keys["1"])


def test_a_new_file_has_a_ring_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"

    make_key_file(path)

    assert read_key_file(path).current == "1"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_from_before_index_keys_had_ids_is_read(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": {"1": GOOD}, "current": "1", "index_key": OTHER}))

    assert b64encode(read_key_file(path).keys["1"].finding).decode() == OTHER


@pytest.mark.parametrize("content", ["", "[]", '{"keys": []}', '{"keys": {"1": 1}}', "{}"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)

    with pytest.raises(KeysRefused, match=r"keys\.json: "):
        read_key_file(path)
