"""What every process under attack would do first, done once in the server that they fork from."""

from sqlalchemy import create_engine
from sqlalchemy.orm import configure_mappers

from tests.chaos import worker
from utskick.adapters.soap_client import SoapClient

__all__ = ["worker"]

configure_mappers()
# Neither connects: the one imports the driver, the other reads the system's certificates.
create_engine("postgresql+psycopg://").dispose()
SoapClient({}, consumer_hsa_id=None, platform="")
