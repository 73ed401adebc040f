"""Send one occasion (utskickstillfälle) of a dispatch."""

import asyncio
from uuid import UUID

from prefect import State, flow, get_run_logger
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import BaseModel, Field

from tasks.check_templates import check_templates
from tasks.claim_occasion import claim_occasion
from tasks.close_occasion import close_occasion
from tasks.mail_errors import mail_errors
from tasks.render_message import render_message
from tasks.runs import run_of
from tasks.send_forms import send_forms
from tasks.send_inbox_messages import send_inbox_messages
from tasks.validate_recipients import validate_recipients
from tasks.wait_until_due import wait_until_due
from utskick.domain.occasions import OccasionState
from utskick.ports import TemporaryFailure
from utskick.use_cases.claim_occasion import ClaimResult
from utskick.use_cases.close_occasion import Closed
from utskick.wiring import services


class OccasionOrder(BaseModel):
    """Which occasion, and which version of it: a run made for an older one does nothing."""

    occasion_id: UUID = Field(title="Tillfälle", description="Tillfällets id")
    version: int = Field(default=1, title="Version", description="Ändras när tillfället flyttas")
