"""Alembic's entry: runs on the connection that `utskick.store.engine.migrate` hands over."""

from alembic import context

from utskick.store.tables import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
