// Every operation of the unmodified @azure/communication-chat, in Node and in a browser.
//
// What differs between the two comes from outside: `assert` (of Node, or what is used of it), and `ok(name)`, called for
// each case; the first that fails throws.

import { ChatClient } from "@azure/communication-chat";
import { AzureCommunicationTokenCredential, getIdentifierRawId } from "@azure/communication-common";

const awkward = '100 % of "it" <b>&</b> \\ \u{1f600} مرحبا';

async function items(pages) {
  const found = [];
  for await (const item of pages) found.push(item);
  return found;
}

const rejecting = (assert) => async (status, promise) => {
  await assert.rejects(promise, (error) => {
    assert.equal(error.statusCode, status, `${error.statusCode} ${error.message}`);
    const body = JSON.parse(error.response.bodyAsText);
    assert.ok(body.error.code && body.error.message, error.response.bodyAsText);
    return true;
  });
};

// Everything a participant sees of a thread.
async function seen(chat, threadId) {
  const thread = chat.getChatThreadClient(threadId);
  const everything = {
    properties: await thread.getProperties(),
    threads: await items(chat.listChatThreads()),
    messages: await items(thread.listMessages({ maxPageSize: 3 })),
    participants: await items(thread.listParticipants()),
    receipts: await items(thread.listReadReceipts()),
  };
  return JSON.parse(JSON.stringify(everything));
}

// Does everything as the first of four `people` ({user, token}), and reads each result as the second. `teamsUser` is an
// object id that the federation lets in. What the second sees at the end is returned, for `check`.
export async function act({ assert, ok, endpoint, people, teamsUser }) {
  const refused = rejecting(assert);
  const client = (token) => new ChatClient(endpoint, new AzureCommunicationTokenCredential(token));
  const [ada, bob, cyd] = people.map((person) => person.user);
  const [adaChat, bobChat, cydChat, outsider] = people.map((person) => client(person.token));
  const rawId = (user) => getIdentifierRawId({ ...user, kind: "communicationUser" });
  const members = async (thread) =>
    (await items(thread.listParticipants({ maxPageSize: 1 }))).map((p) => getIdentifierRawId(p.id)).sort();

  const options = {
    participants: [{ id: bob, displayName: "Bob", metadata: { desk: "3" } }],
    metadata: { k: "v" },
    retentionPolicy: { kind: "threadCreationDate", deleteThreadAfterDays: 60 },
    idempotencyToken: "one-and-the-same",
  };
  const created = await adaChat.createChatThread({ topic: "first topic" }, options);
  assert.equal(created.invalidParticipants, undefined);
  const threadId = created.chatThread.id;
  const again = await adaChat.createChatThread({ topic: "first topic" }, options);
  assert.equal(again.chatThread.id, threadId);
  assert.deepEqual((await items(bobChat.listChatThreads())).map((item) => item.id), [threadId]);
  ok("create a thread, once");

  const thread = adaChat.getChatThreadClient(threadId);
  const bobs = bobChat.getChatThreadClient(threadId);
  let properties = await bobs.getProperties();
  assert.equal(properties.topic, "first topic");
  assert.deepEqual(properties.metadata, { k: "v" });
  assert.deepEqual(properties.retentionPolicy, { kind: "threadCreationDate", deleteThreadAfterDays: 60 });
  assert.equal(getIdentifierRawId(properties.createdBy), rawId(ada));
  ok("get properties");

  await thread.updateTopic("second topic");
  await thread.updateProperties({ metadata: { n: "w" }, retentionPolicy: { kind: "none" } });
  properties = await bobs.getProperties();
  assert.equal(properties.topic, "second topic");
  assert.equal(properties.metadata.n, "w");
  assert.equal(properties.retentionPolicy.kind, "none");
  ok("update the topic and the properties");

  const sent = await thread.sendMessage(
    { content: awkward },
    { senderDisplayName: "Ada", metadata: { k: "v" } },
  );
  let read = await bobs.getMessage(sent.id);
  assert.equal(read.content.message, awkward);
  assert.equal(read.senderDisplayName, "Ada");
  assert.equal(read.type, "text");
  assert.deepEqual(read.metadata, { k: "v" });
  assert.equal(getIdentifierRawId(read.sender), rawId(ada));
  assert.ok(Math.abs(read.createdOn.getTime() - Date.now()) < 60e3);
  ok("send and get a message");

  const html = await thread.sendMessage({ content: "<b>bold</b><script>x()</script>" }, { type: "html" });
  assert.equal((await bobs.getMessage(html.id)).content.message, "<b>bold</b>");
  ok("send html");

  await thread.updateMessage(html.id, { content: "<i>edited</i>", metadata: { n: "1" } });
  read = await bobs.getMessage(html.id);
  assert.equal(read.content.message, "<i>edited</i>");
  assert.ok(read.editedOn);
  await refused(403, bobs.updateMessage(html.id, { content: "mine now" }));
  ok("update a message");

  const gone = await thread.sendMessage({ content: "regretted" });
  await refused(403, bobs.deleteMessage(gone.id));
  await thread.deleteMessage(gone.id);
  await thread.deleteMessage(gone.id);
  read = await bobs.getMessage(gone.id);
  assert.ok(read.deletedOn && !read.content?.message);
  ok("delete a message, twice");

  for (const content of ["one", "two", "three"]) await thread.sendMessage({ content });
  const listed = await items(bobs.listMessages({ maxPageSize: 2 }));
  const texts = listed.filter((m) => m.type === "text" && !m.deletedOn).map((m) => m.content.message);
  assert.deepEqual(texts.slice(0, 4), ["three", "two", "one", awkward]);
  assert.deepEqual(listed.map((m) => Number(m.sequenceId)), listed.map((_, n) => listed.length - n));
  assert.deepEqual(await items(bobs.listMessages({ startTime: new Date(Date.now() + 86400e3) })), []);
  ok("list messages, page by page");

  const added = await thread.addParticipants({ participants: [{ id: cyd, displayName: "Cyd" }] });
  assert.equal(added.invalidParticipants, undefined);
  assert.deepEqual(await members(bobs), [ada, bob, cyd].map(rawId).sort());
  assert.equal((await items(bobs.listParticipants({ skip: 2 }))).length, 1);
  ok("add and list participants");

  const cyds = cydChat.getChatThreadClient(threadId);
  await bobs.removeParticipant(cyd);
  assert.deepEqual(await members(thread), [ada, bob].map(rawId).sort());
  await refused(403, cyds.sendMessage({ content: "still there?" }));
  assert.ok((await items(cyds.listMessages())).some((m) => m.content?.message === "three"));
  await thread.sendMessage({ content: "without Cyd" });
  assert.ok(!(await items(cyds.listMessages())).some((m) => m.content?.message === "without Cyd"));
  ok("remove a participant");

  const [second, first] = (await items(bobs.listMessages())).map((m) => m.id);
  await bobs.sendReadReceipt({ chatMessageId: first });
  await bobs.sendReadReceipt({ chatMessageId: second });
  await thread.sendReadReceipt({ chatMessageId: second });
  const receipts = await items(thread.listReadReceipts());
  assert.equal(receipts.length, 2);
  assert.deepEqual(receipts.map((r) => r.chatMessageId), [second, second]);
  assert.deepEqual(receipts.map((r) => getIdentifierRawId(r.sender)).sort(), [ada, bob].map(rawId).sort());
  ok("send and list read receipts");

  assert.equal(await thread.sendTypingNotification({ senderDisplayName: "Ada" }), true);
  ok("send a typing notification");

  const out = outsider.getChatThreadClient(threadId);
  await refused(403, out.getProperties());
  await refused(403, out.sendMessage({ content: "x" }));
  await refused(403, out.updateTopic("x"));
  await refused(403, outsider.deleteChatThread(threadId));

  const mona = { microsoftTeamsUserId: teamsUser };
  const nobody = { microsoftTeamsUserId: "00000000-0000-4000-8000-000000000000" };
  const withTeams = await adaChat.createChatThread(
    { topic: "with Teams" },
    { participants: [{ id: mona, displayName: "Mona" }, { id: nobody }] },
  );
  assert.equal(withTeams.invalidParticipants.length, 1);
  assert.equal(withTeams.invalidParticipants[0].code, "403");
  assert.equal(withTeams.invalidParticipants[0].target, `8:orgid:${nobody.microsoftTeamsUserId}`);
  const hers = await members(adaChat.getChatThreadClient(withTeams.chatThread.id));
  assert.deepEqual(hers, [rawId(ada), `8:orgid:${mona.microsoftTeamsUserId}`]);
  ok("a Teams user in a thread, and one who may not be");

  const doomed = (await adaChat.createChatThread({ topic: "doomed" })).chatThread.id;
  await adaChat.deleteChatThread(doomed);
  await adaChat.deleteChatThread(doomed);
  assert.ok(!(await items(adaChat.listChatThreads())).some((item) => item.id === doomed));
  await refused(404, adaChat.getChatThreadClient(doomed).getProperties());
  ok("delete a thread, twice");

  return { threadId, token: people[1].token, seen: await seen(bobChat, threadId) };
}

// After a restart of the service: reads again and finds what `act` returned.
export async function check({ assert, ok, endpoint, kept }) {
  const chat = new ChatClient(endpoint, new AzureCommunicationTokenCredential(kept.token));
  assert.deepEqual(await seen(chat, kept.threadId), kept.seen);
  assert.ok(kept.seen.messages.length > 8 && kept.seen.receipts.length === 2);
  await chat.getChatThreadClient(kept.threadId).sendMessage({ content: "and on it goes" });
  ok("the same after a restart");
}
