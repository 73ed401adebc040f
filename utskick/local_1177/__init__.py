"""A 1177 of one's own on loopback: form service, inbox, persons, residents' pages, sign-in.

It stands in for the national services with the same limits: no idempotency key, an inbox that
cannot be read back, times in whole seconds without zone. It is a stranger to the rest of the
system and imports nothing of it. Start it with `python -m utskick.local_1177`, and the mailbox
for mail and SMS with `python -m utskick.local_1177.mailbox`. For test persons only.
"""
