"""What operators fill in: ids and nothing else; the pages of Prefect make forms of these.

Prefect stores and shows them in clear, so nothing personal is ever among them: a spec or a
recipient list is handed over as an upload, and named here by its id. Prefect checks the patterns
before it stores anything; who gives an order is no part of it (`tasks.operators`).
"""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

import tasks.redaction  # noqa: F401  # before Prefect refuses an order, and logs it

_ID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_UNIT = "^[Ss][Ee][0-9]{10}-[A-Za-z0-9]{1,18}$"

Id = Annotated[UUID, Field(json_schema_extra={"pattern": _ID})]
"""Written in one way alone: nothing else can stand where an id is asked for."""


class IdsOnly(BaseModel):
    """Whatever is wrong with one, nothing that was typed is repeated: Prefect would keep it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_else(cls, fields: Any) -> Any:
        """The library would name the field that is not asked for."""
        if isinstance(fields, dict) and set(fields) - set(cls.model_fields):
            raise PydanticCustomError("not_asked_for", "Ett fält som inte finns")
        return fields


class UnitOrder(IdsOnly):
    """For which unit the operator acts: it goes into the unit's access log."""

    unit: str = Field(
        title="Enhet",
        description="Enhetens HSA-id",
        pattern=_UNIT,
        examples=["SE2321000131-E000000000101"],
    )


class UploadOrder(UnitOrder):
    """A spec that was uploaded with `utskick upload` or by REST."""

    model_config = ConfigDict(
        json_schema_extra={
            "description": "Ett utskick som har laddats upp med `utskick upload` eller REST."
        }
    )

    upload_id: Id = Field(title="Uppladdning", description="Uppladdningens id")


class DispatchOrder(UnitOrder):
    """A dispatch that has been started."""

    model_config = ConfigDict(json_schema_extra={"description": "Ett startat utskick."})

    dispatch_id: Id = Field(title="Utskick", description="Utskickets id")


class RecipientOrder(DispatchOrder):
    """One recipient of a dispatch, by id: the list is shown by `utskick show`."""

    model_config = ConfigDict(
        json_schema_extra={
            "description": "En mottagare i ett utskick; id:t visas av `utskick show`."
        }
    )

    recipient_id: Id = Field(title="Mottagare", description="Mottagarens id, inte personnummer")


class OccasionOrder(UnitOrder):
    """An occasion that was missed, or stopped in the middle."""

    model_config = ConfigDict(
        json_schema_extra={"description": "Ett tillfälle som missats eller stoppats mitt i."}
    )

    occasion_id: Id = Field(title="Tillfälle", description="Tillfällets id")


class RegionOrder(IdsOnly):
    """Whether the region's files have their way where they differ from what is kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "description": "Det som är nytt i filerna läses in, och det som skiljer visas."
        }
    )

    apply: bool = Field(
        default=False,
        title="Inför skillnaderna",
        description="Filerna gäller före det som är ändrat på sidorna: det som är arkiverat,"
        " avslutat eller ändrat där blir som i filerna. Se först tabellen från en körning utan.",
    )
