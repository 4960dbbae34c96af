"""A token backend: the part of your own server that gives your app its Liaison tokens.

The connection string is the resource's secret. It stays here; the app gets tokens only, each for one user and for
a limited time. This example uses Microsoft's own identity SDK, unmodified:

    pip install azure-communication-identity
    export CONNECTION_STRING="$(cat DIR/connection-string)"
    export REQUESTS_CA_BUNDLE=DIR/ca.pem          # unless your service has a public certificate
    python backend.py 8080

    curl -H "Authorization: Bearer demo-session-of-ada" http://localhost:8080/token

What is yours to replace: `SESSIONS` (how your server knows who asks) and `USERS` (a table of your database, so that
a user keeps the same raw id). Serve it over HTTPS, as the rest of your server.
"""

import json
import os
import sys
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

from azure.communication.identity import (
    CommunicationIdentityClient,
    CommunicationTokenScope,
    CommunicationUserIdentifier,
)

SESSIONS = {"demo-session-of-ada": "ada", "demo-session-of-grace": "grace"}
USERS = {}  # your user -> raw id
LOCK = Lock()

client = CommunicationIdentityClient.from_connection_string(os.environ["CONNECTION_STRING"])


def token_for(user):
    with LOCK:
        if user not in USERS:
            USERS[user] = client.create_user().properties["id"]
    identity = CommunicationUserIdentifier(USERS[user])
    issued = client.get_token(identity, [CommunicationTokenScope.VOIP], token_expires_in=timedelta(hours=1))
    return {"identity": USERS[user], "token": issued.token, "expiresOn": issued.expires_on}


class Backend(BaseHTTPRequestHandler):
    def do_GET(self):
        user = SESSIONS.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if self.path != "/token":
            return self.answer(404, {"error": "there is only /token"})
        if user is None:
            return self.answer(401, {"error": "sign in to the app first"})
        self.answer(200, token_for(user))

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *arguments):
        pass  # nothing about tokens in a log


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
    server = ThreadingHTTPServer(("127.0.0.1", port), Backend)
    print(f"tokens at http://127.0.0.1:{server.server_address[1]}/token", flush=True)
    server.serve_forever()
