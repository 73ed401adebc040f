"""Twins of the neighbours that live in memory, for tests and demos.

They keep the same promises as the real ones, and the same contract tests see to it. A call that
shall go wrong is set beforehand, in the lists that each twin has for it.
"""

from utskick.adapters.in_memory.certificates import InMemoryCertificates
from utskick.adapters.in_memory.clock import FakeClock
from utskick.adapters.in_memory.form_service import InMemoryFormService
from utskick.adapters.in_memory.inbox import InMemoryInbox
from utskick.adapters.in_memory.kept_forms import KeptForm
from utskick.adapters.in_memory.log_heads import InMemoryLogHeads
from utskick.adapters.in_memory.mail import InMemoryMailer, InMemorySmsGateway
from utskick.adapters.in_memory.persons import InMemoryPersons
from utskick.adapters.in_memory.scheduler import InMemoryScheduler
from utskick.adapters.in_memory.sign_in import InMemorySignIn

__all__ = [
    "FakeClock",
    "InMemoryCertificates",
    "InMemoryFormService",
    "InMemoryInbox",
    "InMemoryLogHeads",
    "InMemoryMailer",
    "InMemoryPersons",
    "InMemoryScheduler",
    "InMemorySignIn",
    "InMemorySmsGateway",
    "KeptForm",
]
