"""The stylesheet, the script and the mark: the only files that browsers may keep."""

from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

from utskick.web.pages.frame import FOLDER

_SHOWN = (".css", ".js", ".svg")
_NOT_FOUND = 404


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        """The folder holds the pages' texts too; those are not for reading."""
        if not path.endswith(_SHOWN):
            return Response(status_code=_NOT_FOUND)
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


files = _Files(directory=FOLDER)
