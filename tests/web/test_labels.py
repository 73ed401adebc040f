"""What 1177 calls things in English, in the words of staff."""

import pytest

from utskick.web.labels import channels_in_words


@pytest.mark.parametrize(
    ("channels", "words"),
    [
        (["SMS"], "Sms"),
        (["Email"], "E-post"),
        (["SMS", "Email"], "Sms, e-post"),
        (["Email", "Other"], "E-post, annat"),
        (["Other"], "Annat"),
        ([], ""),
    ],
)
def test_how_somebody_is_notified_is_said_in_swedish(channels: list[str], words: str) -> None:
    said = channels_in_words(channels)

    assert said == words
