"""What can be set of the sign-in while it runs."""

from typing import Any, Literal

from fastapi import APIRouter, Request, status
from pydantic import BaseModel, ConfigDict

from utskick.local_1177.oidc_clients import KnownClient, ProofMethod
from utskick.local_1177.oidc_released import Many

router = APIRouter(prefix="/control/sign-in", tags=["control"])


class ProviderSettings(BaseModel):
    """What is left out is as at the start. `tls_url`: where it listens for certificates."""

    model_config = ConfigDict(extra="forbid")

    client_authentication: tuple[ProofMethod, ...] = KnownClient().methods
    client_keys: dict[str, Any] | None = None
    tls_url: str = ""
    many_valued: Many = "list"
    userinfo: Literal["json", "signed"] = "json"


@router.put("", status_code=status.HTTP_204_NO_CONTENT)
async def set_sign_in(chosen: ProviderSettings, request: Request) -> None:
    state = request.app.state
    state.sign_in = chosen
    state.client = KnownClient(chosen.client_authentication, chosen.client_keys)
