// Does every operation with the unmodified @azure/communication-chat, from a page of another origin, and tells whoever
// served this page how it went.
//
// GET /order gives {phase: "act", endpoint, people, teamsUser} or {phase: "check", endpoint, kept}; each case goes to
// POST /heard as {name: "ok", event: <what>}, the end as {name: "done", event: <what to check>}.

import * as operations from "./operations.js";

let telling = Promise.resolve();
const tell = (name, event) => {
  const body = JSON.stringify({ name, event: event ?? null });
  telling = telling.then(() => fetch("/heard", { method: "POST", body }));
};

const text = (value) => JSON.stringify(value);
const fail = (message) => {
  throw new Error(message);
};
const same = (a, b) => {
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return Object.is(a, b);
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && same(a[name], b[name]));
};
// What the operations use of node:assert/strict.
const assert = {
  ok: (value, message) => value || fail(message ?? "not true"),
  equal: (a, b, message) => Object.is(a, b) || fail(message ?? `${text(a)} is not ${text(b)}`),
  deepEqual: (a, b) => same(a, b) || fail(`${text(a)} is not ${text(b)}`),
  rejects: async (promise, check) => {
    const error = await promise.then(
      () => fail("not rejected"),
      (error) => error,
    );
    check(error);
  },
};

try {
  const { phase, ...order } = await (await fetch("/order")).json();
  const kept = await operations[phase]({ ...order, assert, ok: (name) => tell("ok", name) });
  tell("done", kept);
} catch (error) {
  tell("error", `${error.message} ${error.stack}`);
}
