// Drives a running service with the unmodified @azure/communication-chat.
//
//     node chat.js act|check
//
// `act` does every operation and reads each result with a second user's client; at the end it writes what that
// client sees to STATE. `check`, after a restart of the service, reads again and finds the same.
// Environment: CONNECTION_STRING, TEAMS_USER (an object id that the federation lets in), STATE (a file),
// NODE_EXTRA_CA_CERTS (the service's CA).
// Prints `ok <what>` for each case; the first that fails ends the program with an error.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { CommunicationIdentityClient } from "@azure/communication-identity";
import * as operations from "./operations.js";

// Debian 12's Node 18 has it, but not under the name that the SDK's newest parts call.
globalThis.crypto ??= webcrypto;

const connection = process.env.CONNECTION_STRING;
const [, endpoint] = /^endpoint=(.*);accesskey=/i.exec(connection);
const state = process.env.STATE;
const common = { assert, endpoint, ok: (name) => console.log(`ok ${name}`) };

async function act() {
  const identity = new CommunicationIdentityClient(connection);
  const people = [];
  for (let n = 0; n < 4; n += 1) people.push(await identity.createUserAndToken(["chat"]));
  const kept = await operations.act({ ...common, people, teamsUser: process.env.TEAMS_USER });
  writeFileSync(state, JSON.stringify(kept));
}

async function check() {
  await operations.check({ ...common, kept: JSON.parse(readFileSync(state, "utf8")) });
}

await { act, check }[process.argv[2]]();
