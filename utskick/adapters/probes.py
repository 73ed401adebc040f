"""Reading a neighbour where no port of ours does: to see whether it is there, and knows us."""

import ssl
from typing import Any

import aiohttp
import httpx

from utskick.ports import TemporaryFailure

_TIMEOUT_S = 10


async def any_answer(url: str, *, tls: ssl.SSLContext | None) -> int:
    """Ask for the page there, whatever it is; its status. Raises `TemporaryFailure`.

    Whoever answers has taken our certificate: with TLS 1.3 a handshake alone does not show it.
    """
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S, sock_connect=_TIMEOUT_S)
    connector = aiohttp.TCPConnector(ssl=tls or True)
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            return response.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise TemporaryFailure(f"no answer: {type(error).__name__}") from error


async def provider_keys(issuer: str, *, tls: ssl.SSLContext | None) -> int:
    """How many keys an OpenID provider signs with, by its own description.

    Raises `TemporaryFailure`.
    """
    issuer = issuer.rstrip("/")
    try:
        async with httpx.AsyncClient(
            timeout=_TIMEOUT_S, trust_env=False, verify=tls or True
        ) as client:
            described = await _json(client, f"{issuer}/.well-known/openid-configuration")
            if str(described["issuer"]).rstrip("/") != issuer:
                raise TemporaryFailure("the provider calls itself something else than ISSUER")
            keys = await _json(client, described["jwks_uri"])
            return len(keys["keys"])
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise TemporaryFailure(f"the provider is away: {type(error).__name__}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise TemporaryFailure("the provider's description is not readable") from error


async def _json(client: httpx.AsyncClient, url: str) -> Any:
    answer = await client.get(url)
    return answer.raise_for_status().json()
