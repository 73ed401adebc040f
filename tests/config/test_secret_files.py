"""A secret may be in a file that a setting names, so that no environment shows it."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from config.settings import DatabaseSettings, Group, Settings, SignInSettings, SmtpSettings

URL = "postgresql+psycopg://utskick:secret@db.region.se/utskick"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("a-long-secret\n")
    return path


def test_a_secret_is_read_from_its_file_without_the_lines_end(secret: Path) -> None:
    assert SmtpSettings(user="me", password_file=secret).password.get_secret_value() == (
        "a-long-secret"
    )
    read = SignInSettings(client_secret_file=secret).client_secret
    assert read.get_secret_value() == "a-long-secret"


def test_the_databases_address_is_a_secret_too(tmp_path: Path) -> None:
    path = tmp_path / "url"
    path.write_text(URL)

    assert DatabaseSettings(url_file=path).url == URL
    assert DatabaseSettings(owner_url_file=path).owner_url.get_secret_value() == URL


def test_the_environment_names_the_file(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UTSKICK_SIGN_IN__CLIENT_SECRET_FILE", str(secret))

    read = Settings(_env_file=None).sign_in.client_secret

    assert read.get_secret_value() == "a-long-secret"


def test_an_empty_name_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UTSKICK_SIGN_IN__CLIENT_SECRET_FILE", "")

    assert Settings(_env_file=None).sign_in.client_secret_file is None


def test_one_secret_is_not_set_in_two_places(secret: Path) -> None:
    with pytest.raises(ValidationError, match="client_secret and client_secret_file are set"):
        SignInSettings(client_secret="other", client_secret_file=secret)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ValidationError, match=r"password_file \(/nowhere\) cannot be read"):
        SmtpSettings(user="me", password_file=Path("/nowhere"))


def test_every_secret_and_address_with_a_password_may_be_in_a_file() -> None:
    groups = [
        field.annotation
        for field in Settings.model_fields.values()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Group)
    ]

    read = {name for group in groups for name in group.read_from_files()}
    assert read == {
        "url",
        "owner_url",
        "password",
        "client_secret",
        "client_key_password",
        "signing_key",
    }
