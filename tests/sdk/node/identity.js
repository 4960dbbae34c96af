// Drives a running service with the unmodified @azure/communication-identity.
//
// Environment: CONNECTION_STRING and SECOND_CONNECTION_STRING (the resource's two keys), TOKENS (a folder that
// gets tokens for the caller to try out), NODE_EXTRA_CA_CERTS (the service's CA).
// Prints `ok <what>` for each case; the first that fails ends the program with an error.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AzureCommunicationTokenCredential,
  createIdentifierFromRawId,
} from "@azure/communication-common";
import { CommunicationIdentityClient } from "@azure/communication-identity";
import { AzureKeyCredential } from "@azure/core-auth";

// Debian 12's Node 18 has it, but not under the name that the SDK's newest parts call.
globalThis.crypto ??= webcrypto;

const first = process.env.CONNECTION_STRING;
const second = process.env.SECOND_CONNECTION_STRING;
const keep = (name, text) => writeFileSync(join(process.env.TOKENS, name), text);
const ok = (name) => console.log(`ok ${name}`);
const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString("utf8"));
const parts = (connectionString) => /^endpoint=(.*);accesskey=(.*)$/i.exec(connectionString.trim()).slice(1);

async function refused(status, promise) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.statusCode, status, `${error.statusCode} ${error.message}`);
    const body = JSON.parse(error.response.bodyAsText);
    assert.ok(body.error.code && body.error.message, error.response.bodyAsText);
    return true;
  });
}

const client = new CommunicationIdentityClient(first);

const user = await client.createUser();
const rawId = user.communicationUserId;
assert.match(rawId, /^8:acs:[^_]+_[^_]+$/);
assert.deepEqual(createIdentifierFromRawId(rawId), { kind: "communicationUser", communicationUserId: rawId });
ok("create a user");

const { token, expiresOn } = await client.getToken(user, ["voip", "chat"]);
assert.equal(claims(token).skypeid, rawId.slice(2));
assert.deepEqual(new Set(claims(token).acsScope.split(",")), new Set(["voip", "chat"]));
assert.equal(claims(token).exp * 1000, expiresOn.getTime());
assert.ok(Math.abs(expiresOn.getTime() - Date.now() - 24 * 3600e3) < 60e3);
const credential = new AzureCommunicationTokenCredential(token);
assert.equal((await credential.getToken()).expiresOnTimestamp, claims(token).exp * 1000);
ok("issue a token");

const created = await client.createUserAndToken(["chat"]);
assert.equal(claims(created.token).skypeid, created.user.communicationUserId.slice(2));
ok("create a user with a token");

for (const tokenExpiresInMinutes of [60, 61, 1439, 1440]) {
  const issued = await client.getToken(user, ["chat"], { tokenExpiresInMinutes });
  assert.equal(claims(issued.token).exp - claims(issued.token).iat, tokenExpiresInMinutes * 60);
}
for (const tokenExpiresInMinutes of [0, 59, 1441, -60]) {
  await refused(400, client.getToken(user, ["chat"], { tokenExpiresInMinutes }));
  await refused(400, client.createUserAndToken(["chat"], { tokenExpiresInMinutes }));
}
ok("60 to 1440 minutes");

await refused(400, client.getToken(user, ["everything"]));
await refused(400, client.getToken(user, []));
ok("scopes");

keep("raw-id", rawId);
keep("revoked", (await client.getToken(user, ["voip"])).token);
await client.revokeTokens(user);
keep("fresh", (await client.getToken(user, ["voip"])).token);
ok("revoke");

const gone = await client.createUser();
keep("deleted", (await client.getToken(gone, ["voip"])).token);
await client.deleteUser(gone);
await refused(404, client.getToken(gone, ["voip"]));
ok("delete");

const [endpoint, key] = parts(first);
const [, secondKey] = parts(second);
assert.notEqual(key, secondKey);
for (const [form, its] of [
  [endpoint.replace(/\/$/, ""), key],
  [endpoint.replace(/\/?$/, "/"), secondKey],
]) {
  await new CommunicationIdentityClient(form, new AzureKeyCredential(its)).createUser();
}
ok("both keys, every form of the endpoint");

const wrong = new AzureKeyCredential(Buffer.alloc(64).toString("base64"));
await refused(401, new CommunicationIdentityClient(endpoint, wrong).createUser());
ok("a wrong key is refused");
