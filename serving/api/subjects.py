"""How FHIR answers name a client: a handle that means something to one caller only, the same every time."""

import hashlib
import hmac

from serving.api.fhir import Subject
from serving.desk.requests import Caller
from serving.settings import ServingSettings
from serving.users.handles import handle_of
from serving.users.keys import load_or_create_key

KEY_FILE = "fhir_handles.key"


def subjects_of(settings: ServingSettings) -> Subject:
    """The handle of a client for a caller: the pseudonym enciphered under a key of the caller's own."""

    def subject(caller: Caller, client_id: str) -> str:
        secret = load_or_create_key(settings.workspace.keys / KEY_FILE)
        own = hmac.new(secret, caller.user.user_id.encode("utf-8"), hashlib.sha256).digest()
        return handle_of(client_id, own)

    return subject
