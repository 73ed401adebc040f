"""What operators fill in: ids, choices and dates; the pages of Prefect make forms of these.

Prefect stores and shows them in clear, so nothing personal is ever among them: a spec or a
recipient list is handed over as an upload, and named here by its id.
"""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from utskick.domain.units import Actor, parse_hsa_id


class UnitOrder(BaseModel):
    """For which unit the operator acts, and who the operator is: both go into the access log."""

    unit: str = Field(
        title="Enhet", description="Enhetens HSA-id", examples=["SE2321000131-E000000000101"]
    )
    operator: str = Field(title="Operatör", description="Ditt HSA-id", min_length=1, max_length=40)

    @property
    def actor(self) -> Actor:
        """Raises `InvalidHsaId`."""
        return Actor(f"operatör {self.operator}", parse_hsa_id(self.unit))


class UploadOrder(UnitOrder):
    """A spec that was uploaded with `utskick upload` or by REST."""

    model_config = ConfigDict(
        json_schema_extra={
            "description": "Ett utskick som har laddats upp med `utskick upload` eller REST."
        }
    )

    upload_id: UUID = Field(title="Uppladdning", description="Uppladdningens id")


class DispatchOrder(UnitOrder):
    """A dispatch that has been started."""

    model_config = ConfigDict(json_schema_extra={"description": "Ett startat utskick."})

    dispatch_id: UUID = Field(title="Utskick", description="Utskickets id")


class RecipientOrder(DispatchOrder):
    """One recipient of a dispatch, by id: the list is shown by `utskick show`."""

    model_config = ConfigDict(
        json_schema_extra={
            "description": "En mottagare i ett utskick; id:t visas av `utskick show`."
        }
    )

    recipient_id: UUID = Field(title="Mottagare", description="Mottagarens id, inte personnummer")


class OccasionOrder(UnitOrder):
    """An occasion that was missed, or stopped in the middle."""

    model_config = ConfigDict(
        json_schema_extra={"description": "Ett tillfälle som missats eller stoppats mitt i."}
    )

    occasion_id: UUID = Field(title="Tillfälle", description="Tillfällets id")
