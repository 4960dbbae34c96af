"""The unmodified Python SDK against the service, over TLS with its own CA.

CONNECTION_STRING says where; REQUESTS_CA_BUNDLE and SSL_CERT_FILE say whom to trust.
"""

import asyncio
import os
from datetime import timedelta

from azure.communication.identity import (
    CommunicationIdentityClient,
    CommunicationTokenScope,
    CommunicationUserIdentifier,
)
from azure.communication.identity.aio import CommunicationIdentityClient as AsyncClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError

connection = os.environ["CONNECTION_STRING"]
parts = dict(part.split("=", 1) for part in connection.split(";"))


def whole_life(client):
    user = client.create_user()
    assert user.raw_id.startswith("8:acs:"), user.raw_id
    token = client.get_token(user, [CommunicationTokenScope.VOIP, CommunicationTokenScope.CHAT])
    assert token.token.count(".") == 2
    short = client.get_token(user, ["voip"], token_expires_in=timedelta(hours=1))
    assert short.expires_on < token.expires_on
    client.revoke_tokens(user)
    client.delete_user(user)
    refused(404, lambda: client.get_token(user, ["voip"]))
    both, token = client.create_user_and_token([CommunicationTokenScope.CHAT])
    client.delete_user(both)
    refused(400, lambda: client.create_user_and_token(["chat"], token_expires_in=timedelta(minutes=59)))
    refused(400, lambda: client.create_user_and_token(["chat"], token_expires_in=timedelta(hours=25)))
    foreign = CommunicationUserIdentifier("8:acs:6d9d6d6f-0000-4000-8000-000000000001_x")
    refused(403, lambda: client.get_token(foreign, ["voip"]))


def refused(status, call):
    try:
        call()
    except HttpResponseError as error:
        assert error.status_code == status, (status, error)
        assert error.error is not None and error.error.code, "the error's body is understood"
    else:
        raise AssertionError(f"not refused with {status}")


async def asynchronous():
    async with AsyncClient.from_connection_string(connection) as client:
        user, token = await client.create_user_and_token(["voip"])
        await client.revoke_tokens(user)
        await client.delete_user(user)


whole_life(CommunicationIdentityClient.from_connection_string(connection))
for endpoint in [parts["endpoint"], parts["endpoint"].rstrip("/")]:
    whole_life(CommunicationIdentityClient(endpoint, AzureKeyCredential(parts["accesskey"])))
wrong = AzureKeyCredential("AAECAwQFBgcICQoLDA0ODw==")
try:
    CommunicationIdentityClient(parts["endpoint"], wrong).create_user()
except ClientAuthenticationError:
    pass
else:
    raise AssertionError("a wrong key is refused")
asyncio.run(asynchronous())
print("python: ok")
