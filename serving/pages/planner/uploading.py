"""Forms with a file: read into memory within limits; who may send one is checked before a byte of it is read."""

from http import HTTPStatus

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from models.exchange import MOST_BYTES
from serving.pages.page import MAX_FORM_BYTES, same_origin
from serving.pages.planner.services import Upload

MULTIPART = "multipart/form-data"
MOST_FIELDS = 20


class _InMemory(MultiPartParser):
    """Never writes a sent file to disk."""

    spool_max_size = 4 * MOST_BYTES


async def read_upload(request: Request) -> tuple[dict[str, str], Upload | None]:
    """The fields and the file of a same-origin form.  Raises HTTPException 400, 403, 413 or 415."""
    if not same_origin(request):
        raise HTTPException(HTTPStatus.FORBIDDEN)
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != MULTIPART:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    try:
        parser = _InMemory(
            request.headers, request.stream(), max_files=1, max_fields=MOST_FIELDS, max_part_size=MAX_FORM_BYTES
        )
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError, AssertionError):
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None
    try:
        return _parts(form), await _file(form)
    finally:
        await form.close()


def _parts(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


async def _file(form: FormData) -> Upload | None:
    sent = next((value for _, value in form.multi_items() if isinstance(value, UploadFile)), None)
    if sent is None:
        return None
    content = await sent.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return Upload((sent.filename or "")[:200], content)
