"""Receives a webhook's requests over HTTPS and checks their signatures with the README's own code.

    webhook.py LIAISON DATA ENDPOINT TOKEN CERTIFICATE KEY

LIAISON is the program, DATA the service's folder, ENDPOINT its address, TOKEN a file with the token of a user who may
chat; CERTIFICATE and KEY are the receiver's. Environment: VERIFIED (the README's code).
Prints `ok <what>` for each case; the first that fails ends the program with a traceback.
"""

import json
import os
import queue
import ssl
import subprocess
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

LIAISON, DATA, ENDPOINT, TOKEN, CERTIFICATE, KEY = sys.argv[1:]
PATIENCE = 60
readme = {}
exec(os.environ["VERIFIED"], readme)
verified = readme["verified"]
requests = queue.Queue()


def case(name):
    print(f"ok {name}", flush=True)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        requests.put((self.headers, self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def admin(*arguments):
    command = [LIAISON, "admin", "webhook", *arguments, "--data", DATA]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def post(path, body):
    headers = {"Authorization": "Bearer " + Path(TOKEN).read_text().strip(), "Content-Type": "application/json"}
    url = f"{ENDPOINT}{path}?api-version=2025-03-15"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    trust = ssl.create_default_context(cafile=f"{DATA}/ca.pem")
    with urllib.request.urlopen(request, context=trust, timeout=PATIENCE) as answer:
        return json.load(answer)


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(CERTIFICATE, KEY)
server.socket = tls.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()

url = f"https://localhost:{server.server_port}/hook?key=x"
added = json.loads(admin("add", "--url", url, "--events", "ChatThreadCreated,ChatMessageReceivedInThread", "--json"))
assert added["url"] == url and added["secret"] not in admin("list", "--json")
case("added, with its secret shown once")

awkward = 'it\'s 100 % "off" \U0001f600'
thread = post("/chat/threads", {"topic": "told", "participants": []})["chatThread"]["id"]
sent = post(f"/chat/threads/{quote(thread, safe='')}/messages", {"content": awkward})
told = []
while len(told) < 2:
    headers, body = requests.get(timeout=PATIENCE)
    signature, secret = headers["liaison-signature"], added["secret"]
    assert verified(secret, signature, body)
    assert not verified(secret, signature, body + b" ")
    assert not verified(secret[:-1], signature, body)
    at, hexadecimal = signature.split(",")
    assert not verified(secret, f"t={int(at[2:]) - 1},{hexadecimal}", body)
    assert headers["liaison-webhook-id"] == added["id"]
    told += json.loads(body)
case("every delivery verifies, and nothing else does")

created, received = told
assert created["eventType"] == "Microsoft.Communication.ChatThreadCreated"
assert created["data"]["properties"] == {"topic": "told"}
assert received["eventType"] == "Microsoft.Communication.ChatMessageReceivedInThread"
assert received["data"]["messageId"] == sent["id"] and received["data"]["messageBody"] == awkward
case("in order, with what was written")

admin("remove", added["id"])
case("removed")
