"""The product's own clients of 1177's neighbours, as the demo's settings make them."""

from typing import Any

from utskick.adapters.rivta_form_service import RivTaFormService
from utskick.adapters.rivta_inbox import InboxLink, RivTaInbox
from utskick.adapters.rivta_persons import RivTaPersons
from utskick.adapters.soap_client import Endpoint, SoapClient, endpoints_at
from utskick.local_1177.contracts import HANDLERS
from utskick.local_1177.platform import LOGICAL_ADDRESSES

CONSUMER = "SE2321000131-E000000000001"
PLATFORM = "LOCAL"


def a_client(url: str, **changes: Any) -> SoapClient:
    """Of all contracts that the local 1177 answers, with all of them on one host."""
    endpoints: dict[str, Endpoint] = {}
    for name, (neighbour, _) in HANDLERS.items():
        address = LOGICAL_ADDRESSES[neighbour]
        endpoints |= endpoints_at(url, contracts=[name], logical_address=address)
    given: dict[str, Any] = {"consumer_hsa_id": CONSUMER, "platform": PLATFORM}
    return SoapClient(endpoints, **given | changes)


def forms_of(client: SoapClient) -> RivTaFormService:
    return RivTaFormService(client)


def inbox_of(client: SoapClient) -> RivTaInbox:
    return RivTaInbox(client, source_system="LOCAL-UTSKICK", link=InboxLink())


def persons_of(client: SoapClient, *, batch: int = 100) -> RivTaPersons:
    return RivTaPersons(client, batch=batch)
