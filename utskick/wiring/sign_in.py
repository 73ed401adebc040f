"""Settings → how staff sign in."""

import ssl
from datetime import timedelta

from config.settings import SignInSettings
from utskick.adapters.oidc_asking import Asking
from utskick.adapters.oidc_claims import ClaimNames, ClaimReader
from utskick.adapters.oidc_client import OidcClient, signing_with
from utskick.adapters.oidc_provider import OidcProvider
from utskick.adapters.oidc_sign_in import OidcSignIn


def sign_in_of(settings: SignInSettings, tls: ssl.SSLContext | None) -> OidcSignIn:
    """Raises `RefusedToStart` for a key that cannot sign."""
    names = ClaimNames(**settings.claims.model_dump())
    picked_there = settings.commissions == "picked"
    return OidcSignIn(
        OidcProvider(settings.issuer, client=_client(settings), tls=tls),
        asking=Asking(
            scope=settings.scope,
            by_name=settings.ask_by_name,
            claims_from=settings.claims_from,
            names=names,
            picked_there=picked_there,
            accepted_acr=settings.accepted_acr,
            acr_by=settings.acr_asked_by,
        ),
        reader=ClaimReader(
            names=names, picked_there=picked_there, separator=settings.claims_separator
        ),
        max_age=timedelta(minutes=settings.max_age_minutes),
    )


def _client(settings: SignInSettings) -> OidcClient:
    method = settings.client_authentication
    if method == "private_key_jwt":
        signing = signing_with(
            settings.signing_key.get_secret_value(),
            key_id=settings.signing_key_id,
            algorithm=settings.signing_algorithm,
            audience=settings.signing_audience,
        )
        return OidcClient(client_id=settings.client_id, method=method, signing=signing)
    secret = settings.client_secret.get_secret_value()
    return OidcClient(client_id=settings.client_id, method=method, secret=secret)
