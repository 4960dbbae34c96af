"""Drives a running service with the unmodified azure-communication-identity.

Environment: CONNECTION_STRING and SECOND_CONNECTION_STRING (the resource's two keys), TOKENS (a folder that
gets tokens for the caller to try out), REQUESTS_CA_BUNDLE and SSL_CERT_FILE (the service's CA).
Prints `ok <what>` for each case; the first that fails ends the program with a traceback.
"""

import asyncio
import base64
import json
import os
import time
from datetime import datetime, timedelta
from pathlib import Path

from azure.communication.identity import (
    CommunicationIdentityClient,
    CommunicationTokenScope,
    CommunicationUserIdentifier,
)
from azure.communication.identity.aio import CommunicationIdentityClient as AsyncClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

FIRST = os.environ["CONNECTION_STRING"]
SECOND = os.environ["SECOND_CONNECTION_STRING"]
TOKENS = Path(os.environ["TOKENS"])
VOIP = CommunicationTokenScope.VOIP
CHAT = CommunicationTokenScope.CHAT


def parts(connection_string):
    endpoint, key = connection_string.split(";accesskey=")
    return endpoint.removeprefix("endpoint="), key


def claims(token):
    """As the SDKs for Python read a token: standard base64 of ASCII."""
    payload = token.split(".")[1]
    padded = payload + "=" * (-len(payload) % 4)
    return json.loads(base64.b64decode(padded, validate=True).decode("ascii"))


def minutes_left(access_token):
    """The SDK hands on what the service wrote: RFC 3339, with a `Z` that Python 3.10 does not read."""
    ends = datetime.fromisoformat(access_token.expires_on.replace("Z", "+00:00"))
    return (ends.timestamp() - time.time()) / 60


def refused(status, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except HttpResponseError as error:
        assert error.status_code == status, f"expected {status}, got {error.status_code}: {error}"
        assert error.error is None or error.error.code, error
        body = error.response.json()
        assert body["error"]["code"] and body["error"]["message"], body
        return error
    raise AssertionError(f"expected {status}, was accepted")


def case(name):
    print(f"ok {name}", flush=True)


def main():
    client = CommunicationIdentityClient.from_connection_string(FIRST)

    user = client.create_user()
    raw_id = user.properties["id"]
    assert raw_id.startswith("8:acs:") and raw_id.count("_") == 1, raw_id
    resource = raw_id.removeprefix("8:acs:").split("_")[0]
    assert client.create_user().properties["id"] != raw_id
    case("create a user")

    token = client.get_token(user, scopes=[VOIP, CHAT])
    said = claims(token.token)
    assert said["skypeid"] == raw_id.removeprefix("8:") and said["resourceId"] == resource, said
    assert set(said["acsScope"].split(",")) == {"voip", "chat"}, said
    assert said["exp"] - said["iat"] == 24 * 3600, said
    assert {"scp", "csi", "rgn", "resourceLocation"} <= said.keys(), said
    assert 1430 < minutes_left(token) <= 1441, token.expires_on
    case("issue a token")

    both, with_token = client.create_user_and_token(scopes=[VOIP])
    assert claims(with_token.token)["skypeid"] == both.properties["id"].removeprefix("8:")
    assert claims(with_token.token)["acsScope"] == "voip"
    case("create a user with a token")

    for minutes in (60, 61, 1439, 1440):
        token = client.get_token(user, scopes=[CHAT], token_expires_in=timedelta(minutes=minutes))
        said = claims(token.token)
        assert said["exp"] - said["iat"] == minutes * 60, (minutes, said)
    for minutes in (0, 1, 59, 1441, 100_000):
        refused(400, client.get_token, user, scopes=[CHAT], token_expires_in=timedelta(minutes=minutes))
        refused(400, client.create_user_and_token, scopes=[CHAT], token_expires_in=timedelta(minutes=minutes))
    case("60 to 1440 minutes")

    for scope in ("voip.join", "chat.join", "chat.join.limited"):
        assert claims(client.get_token(user, scopes=[scope]).token)["acsScope"] == scope
    refused(400, client.get_token, user, scopes=["everything"])
    refused(400, client.get_token, user, scopes=["directory.read"])
    refused(400, client.get_token, user, scopes=[])
    case("scopes")

    (TOKENS / "raw-id").write_text(raw_id)
    (TOKENS / "revoked").write_text(client.get_token(user, scopes=[VOIP]).token)
    client.revoke_tokens(user)
    # In the same second: what tells them apart is not the clock.
    (TOKENS / "fresh").write_text(client.get_token(user, scopes=[VOIP]).token)
    client.revoke_tokens(both)
    client.revoke_tokens(both)
    case("revoke")

    gone = client.create_user()
    (TOKENS / "deleted").write_text(client.get_token(gone, scopes=[VOIP]).token)
    client.delete_user(gone)
    refused(404, client.get_token, gone, scopes=[VOIP])
    client.delete_user(gone)
    case("delete")

    stranger = CommunicationUserIdentifier("8:acs:11111111-1111-1111-1111-111111111111_nobody")
    for call in (lambda: client.get_token(stranger, scopes=[VOIP]), lambda: client.revoke_tokens(stranger)):
        try:
            call()
        except (ResourceNotFoundError, HttpResponseError) as error:
            assert error.status_code in (403, 404), error
        else:
            raise AssertionError("another resource's user was served")
    case("another resource's user is not served")

    second = CommunicationIdentityClient.from_connection_string(SECOND)
    assert second.create_user().properties["id"].startswith(f"8:acs:{resource}_")
    endpoint, key = parts(FIRST)
    assert key != parts(SECOND)[1]
    # With and without the slash, which Python signs as part of the host.
    for form in (endpoint.rstrip("/"), endpoint.rstrip("/") + "/"):
        CommunicationIdentityClient(form, AzureKeyCredential(key)).create_user()
    case("both keys, every form of the endpoint")

    wrong = base64.b64encode(bytes(64)).decode()
    refused(401, CommunicationIdentityClient(endpoint.rstrip("/"), AzureKeyCredential(wrong)).create_user)
    case("a wrong key is refused")

    asyncio.run(asynchronous())
    case("the asynchronous client")


async def asynchronous():
    async with AsyncClient.from_connection_string(FIRST) as client:
        user, token = await client.create_user_and_token(scopes=[CHAT])
        assert claims(token.token)["skypeid"] == user.properties["id"].removeprefix("8:")
        await client.revoke_tokens(user)
        await client.delete_user(user)


main()
