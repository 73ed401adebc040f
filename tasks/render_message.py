from tasks.redaction import stage
from tasks.runs import stages_of_run


@stage("Skriv inkorgsmeddelande")
async def render_message() -> None:
    """Fill in the inbox message; it stays in our own store."""
    await stages_of_run().render_message()
