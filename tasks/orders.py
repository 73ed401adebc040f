"""What operators fill in: ids and nothing else; the pages of Prefect make forms of these.

Prefect stores and shows them in clear, so nothing personal is ever among them: a spec or a
recipient list is handed over as an upload, and named here by its id. Prefect checks the patterns
before it stores anything; who gives an order is no part of it (`tasks.operators`).
"""

from enum import StrEnum
from typing import Annotated, Any, Self
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


class StartOrder(UploadOrder):
    """A package dispatch that was uploaded, to be started or only tried."""

    dry_run: bool = Field(
        default=False,
        title="Prova bara",
        description="Kontrollera allt som vid start, visa tillfällena i en tabell, starta inget.",
    )


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


class StandardCause(StrEnum):
    """Why a brake is pulled. Prefect keeps what is filled in: there is nothing to type freely."""

    WRONG_FORM = "Fel i ett formulär"
    WRONG_MESSAGE = "Fel i ett meddelande"
    WRONG_RECIPIENTS = "Fel mottagare"
    TROUBLE = "Störning hos 1177"
    INTRUSION = "Misstänkt intrång"
    OTHER = "Annat skäl, fråga den regionala förvaltningen"


class BrakeOrder(IdsOnly):
    """What a brake is on, and why. On everything, if neither unit nor template is named."""

    model_config = ConfigDict(
        json_schema_extra={
            "description": "Nödbroms för en enhet eller en mall; för alla utskick om inget anges."
        }
    )

    of_unit: Annotated[str, Field(pattern=_UNIT)] | None = Field(
        default=None, title="Enhet", description="Bara det som enheten med detta HSA-id skickar"
    )
    form_template_id: Id | None = Field(
        default=None, title="Formulärmall", description="Bara det som innehåller mallen, dess id"
    )
    cause: StandardCause = Field(title="Skäl", description="Alla enheter som berörs läser det")
    pull: bool = Field(
        default=False,
        title="Dra nödbromsen",
        description="Utan kryss visas bara vad som berörs, i en tabell.",
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.of_unit is not None and self.form_template_id is not None:
            raise PydanticCustomError("one_scope", "Ange enhet eller formulärmall, inte båda")
        return self


class ReleaseOrder(IdsOnly):
    """A brake that is pulled."""

    model_config = ConfigDict(
        json_schema_extra={
            "description": "En dragen nödbroms; id:t visas av `utskick brake list`."
        }
    )

    brake_id: Id = Field(title="Nödbroms", description="Nödbromsens id")
    release: bool = Field(
        default=False,
        title="Släpp nödbromsen",
        description="Utan kryss visas bara vad som går vidare, i en tabell.",
    )


class TemplatesOrder(IdsOnly):
    """Whether losses that look like a fault of the answer are let in all the same."""

    model_config = ConfigDict(
        json_schema_extra={
            "description": "Namn, versioner och arkiveringar hämtas från 1177, och visas."
        }
    )

    confirm: bool = Field(
        default=False,
        title="Inför även det som hålls",
        description="Arkiveringar hålls när många mallar saknas på en gång, eller när någon enhets"
        " lista inte gick att hämta. Se först tabellen från en körning utan.",
    )


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
