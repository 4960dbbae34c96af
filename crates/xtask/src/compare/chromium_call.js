// What both kinds of call in a page share: telling the program, and bringing the two ends together through it.
'use strict';
const post = async (path, body) => {
  const answer = await fetch(path, { method: 'POST', body });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer;
};
const fail = (error) => post('/failed', String((error && error.stack) || error));
window.onerror = (message) => { fail(message); };
window.onunhandledrejection = (event) => { fail(event.reason); };

const gathered = (pc) => new Promise((resolve) => {
  const look = () => { if (pc.iceGatheringState === 'complete') resolve(); };
  pc.addEventListener('icegatheringstatechange', look);
  look();
});
const connected = (pc) => new Promise((resolve, reject) => {
  const look = () => {
    if (pc.connectionState === 'connected') resolve();
    if (pc.connectionState === 'failed') reject(new Error('the connection failed'));
  };
  pc.addEventListener('connectionstatechange', look);
  look();
});

// The descriptions go through the program, which puts its relay between the ends.
async function connect(a, b) {
  await a.setLocalDescription(await a.createOffer());
  await gathered(a);
  const offer = await (await post('/offer', a.localDescription.sdp)).text();
  await b.setRemoteDescription({ type: 'offer', sdp: offer });
  await b.setLocalDescription(await b.createAnswer());
  await gathered(b);
  const answer = await (await post('/answer', b.localDescription.sdp)).text();
  await a.setRemoteDescription({ type: 'answer', sdp: answer });
  await Promise.all([connected(a), connected(b)]);
}

const inbound = async (pc) => [...(await pc.getStats()).values()].filter((report) => report.type === 'inbound-rtp');
