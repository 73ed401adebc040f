"""What staff call the fields that a spec names in English."""

FIELD_LABELS = {
    "unit": "Enhet",
    "package": "Paketutskickets namn",
    "title": "Titel som visas för invånaren",
    "form": "Formulärmall",
    "forms": "Ingående formulär",
    "recipients": "Mottagarlista",
    "occasions": "Utskickstillfällen",
    "start": "Första tillfället",
    "answer_by": "Besvaras senast",
    "purge_after": "Gallras efter",
    "inbox_message": "Inkorgsmeddelande",
    "form_banner": "Formulärmeddelande",
    "error_addresses": "E-postavisering vid eventuella fel",
}
