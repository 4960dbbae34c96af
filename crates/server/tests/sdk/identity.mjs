// The unmodified JavaScript SDK against the service, over TLS with its own CA.
// CONNECTION_STRING says where, NODE_EXTRA_CA_CERTS whom to trust.

import assert from "node:assert/strict";
import { CommunicationIdentityClient } from "@azure/communication-identity";

const connection = process.env.CONNECTION_STRING;
const client = new CommunicationIdentityClient(connection);

const user = await client.createUser();
assert.match(user.communicationUserId, /^8:acs:/);
const token = await client.getToken(user, ["voip", "chat"]);
assert.equal(token.token.split(".").length, 3);
const short = await client.getToken(user, ["voip"], { tokenExpiresInMinutes: 60 });
assert.ok(short.expiresOn < token.expiresOn);
await client.revokeTokens(user);
await client.deleteUser(user);
await assert.rejects(client.getToken(user, ["voip"]), { statusCode: 404, code: "NotFound" });

const both = await client.createUserAndToken(["chat"], { tokenExpiresInMinutes: 1440 });
assert.ok(both.token && both.user.communicationUserId);
for (const tokenExpiresInMinutes of [59, 1441]) {
  await assert.rejects(client.createUserAndToken(["chat"], { tokenExpiresInMinutes }), { statusCode: 400 });
}
const foreign = { communicationUserId: "8:acs:6d9d6d6f-0000-4000-8000-000000000001_x" };
await assert.rejects(client.deleteUser(foreign), { statusCode: 403, code: "Forbidden" });

const endpoint = connection.match(/endpoint=([^;]*)/)[1];
const wrong = new CommunicationIdentityClient(endpoint, { key: "AAECAwQFBgcICQoLDA0ODw==" });
await assert.rejects(wrong.createUser(), { statusCode: 401 });
console.log("node: ok");
