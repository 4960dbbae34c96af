// Listens with the unmodified @azure/communication-chat, and tells whoever served this page what it hears.
//
// GET /order gives {endpoint, token}; each thing heard goes to POST /heard as {name, event}, in order.

import { ChatClient } from "@azure/communication-chat";
import { AzureCommunicationTokenCredential } from "@azure/communication-common";

let telling = Promise.resolve();
const tell = (name, event) => {
  const body = JSON.stringify({ name, event: event ?? null });
  telling = telling.then(() => fetch("/heard", { method: "POST", body }));
};

window.addEventListener("error", (event) => tell("error", String(event.message)));
window.addEventListener("unhandledrejection", (event) => tell("error", String(event.reason)));

const { endpoint, token } = await (await fetch("/order")).json();
const client = new ChatClient(endpoint, new AzureCommunicationTokenCredential(token));
for (const name of ["realTimeNotificationConnected", "realTimeNotificationDisconnected"]) {
  client.on(name, () => tell(name));
}
await client.startRealtimeNotifications();
// The SDK takes these only now.
for (const name of [
  "chatMessageReceived",
  "chatMessageEdited",
  "chatMessageDeleted",
  "typingIndicatorReceived",
  "readReceiptReceived",
  "chatThreadCreated",
  "chatThreadDeleted",
  "chatThreadPropertiesUpdated",
  "participantsAdded",
  "participantsRemoved",
]) {
  client.on(name, (event) => tell(name, event));
}
