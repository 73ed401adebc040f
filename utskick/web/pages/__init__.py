"""The staff pages: one module for each heading of the manual."""

from fastapi import FastAPI

from utskick.web.pages import (
    access_log,
    add_visits,
    administration,
    administration_brakes,
    administration_catalogue,
    administration_forms,
    administration_links,
    administration_packages,
    administration_people,
    administration_rights,
    administration_units,
    calendar,
    change_dispatch,
    copy_dispatch,
    drafts,
    follow_up,
    followed_up,
    form_links,
    ongoing,
    own_sessions,
    punctuality,
    recipients_so_far,
    send_form,
    sign_in,
    standing,
    start,
    start_package,
    start_standing,
    tokens,
    visits,
)
from utskick.web.pages.files import files

ROUTERS = (
    start.router,
    sign_in.router,
    own_sessions.router,
    send_form.router,
    drafts.router,
    recipients_so_far.router,
    start_package.router,
    ongoing.router,
    calendar.router,
    change_dispatch.router,
    copy_dispatch.router,
    add_visits.router,
    start_standing.router,
    standing.router,
    visits.router,
    follow_up.router,
    followed_up.router,
    form_links.router,
    access_log.router,
    tokens.router,
    administration.router,
    administration_brakes.router,
    administration_catalogue.router,
    administration_units.router,
    administration_forms.router,
    administration_links.router,
    administration_packages.router,
    administration_people.router,
    administration_rights.router,
    punctuality.router,
)


def add_to(app: FastAPI) -> None:
    """All pages, and the files that they are shown with."""
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", files)
