"""What every process under attack would do first, done once in the server that they fork from."""

from sqlalchemy import create_engine
from sqlalchemy.orm import configure_mappers

from tests.chaos import worker
from utskick.adapters.http_client import HttpClient

__all__ = ["worker"]

configure_mappers()
# Neither connects: the one imports the driver, the other reads the system's certificates.
create_engine("postgresql+psycopg://").dispose()
HttpClient("http://127.0.0.1", consumer_hsa_id="")
