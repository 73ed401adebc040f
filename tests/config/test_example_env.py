from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from config.settings import (
    FormServiceSettings,
    ResidentSettings,
    Settings,
    SignInSettings,
    SmtpSettings,
)
from utskick.files import EXAMPLE_ENV


def _names(model: type[BaseModel], prefix: str) -> set[str]:
    names = set()
    for name, field in model.model_fields.items():
        full = f"{prefix}{name}".upper()
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            names |= _names(kind, f"{full}__")
        else:
            names.add(full)
    return names


def _lines(path: Path) -> list[str]:
    return [line[1:] for line in path.read_text().splitlines() if line.startswith("#UTSKICK_")]


def test_the_example_lists_every_setting_and_no_other() -> None:
    listed = {line.partition("=")[0] for line in _lines(EXAMPLE_ENV)}

    assert listed == _names(Settings, "UTSKICK_")


def test_the_example_uncommented_is_what_the_program_starts_with(tmp_path: Path) -> None:
    filled = [line for line in _lines(EXAMPLE_ENV) if not line.endswith("=")]
    file = tmp_path / ".env"
    file.write_text("\n".join(filled))

    settings = Settings(_env_file=file)

    default = Settings(_env_file=None)
    assert settings.timing == default.timing
    assert settings.forms == default.forms


@pytest.mark.parametrize(
    "address",
    ["esb.ntjp.se/vp/x", "ftp://esb.ntjp.se/x", "/vp/x?wsdl", "vp/x", "https://a b/x", ""],
)
def test_a_contracts_address_is_a_url_or_a_path(address: str) -> None:
    assert FormServiceSettings(addresses={"GetForms": "/vp/x"}).addresses
    assert FormServiceSettings(addresses={"GetForms": "https://esb.ntjp.se/x"}).addresses

    with pytest.raises(ValidationError, match="addresses"):
        FormServiceSettings(addresses={"GetForms": address})


def test_a_contract_of_another_neighbour_has_no_address_here() -> None:
    with pytest.raises(ValidationError, match="addresses holds IsActiveUser: give Create"):
        FormServiceSettings(addresses={"IsActiveUser": "/vp/x"})


@pytest.mark.parametrize("path", ["/mallar/{form_id}", "/mallar", "/{template_id}/{}"])
def test_where_templates_are_looked_at_is_a_path_with_one_templates_id(path: str) -> None:
    with pytest.raises(ValidationError, match="preview_path"):
        ResidentSettings(preview_path=path)


@pytest.mark.parametrize(
    ("login", "fault"),
    [
        ({"user": "utskick"}, "set both, or neither"),
        ({"password": "secret"}, "set both, or neither"),
        ({"user": "utskick", "password": "lösenord"}, "are ASCII"),
        ({"user": "utskick", "password": "secret", "security": "none"}, "can be overheard"),
    ],
)
def test_a_login_at_the_relay_is_whole_and_never_in_clear(
    login: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ValidationError, match=fault):
        SmtpSettings(**login)


@pytest.mark.parametrize(
    ("choices", "fault"),
    [
        ({"scope": ("profile",)}, "scope must hold openid"),
        ({"client_authentication": "private_key_jwt"}, "set signing_key_file"),
        ({"client_authentication": "tls_client_auth"}, "set client_certificate"),
        ({"claims": {"staff_id": ""}}, "at least 1 character"),
        ({"accepted_acr": ()}, "at least 1 item"),
    ],
)
def test_a_sign_in_that_could_let_nobody_in_is_refused(
    choices: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ValidationError, match=fault):
        SignInSettings(**choices)


def test_claims_have_the_names_that_the_environment_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UTSKICK_SIGN_IN__CLAIMS__STAFF_ID", "hsaid")

    claims = Settings(_env_file=None).sign_in.claims

    assert (claims.staff_id, claims.all_commissions) == ("hsaid", "allCommissions")


def test_mail_is_secured_unless_it_is_set_otherwise() -> None:
    assert SmtpSettings().security == "starttls"
