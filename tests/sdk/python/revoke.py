"""Revokes the tokens of the raw id given as the argument, with the unmodified SDK."""

import os
import sys

from azure.communication.identity import CommunicationIdentityClient, CommunicationUserIdentifier

client = CommunicationIdentityClient.from_connection_string(os.environ["CONNECTION_STRING"])
client.revoke_tokens(CommunicationUserIdentifier(sys.argv[1]))
print("ok revoked")
