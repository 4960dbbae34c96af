// One end of a one-way call by @roamhq/wrtc: a process of its own, told what to do by lines of JSON.
//
// in:  {role: "sender"|"receiver", samples, times, lead_ms, push_ms}, then the other side's description, then the end
// out: {sdp}, {connected}, {figures} each second, {played}, {failed}
//
// Samples are 16 bits, 48 kHz, mono; times are 64-bit microseconds of CLOCK_MONOTONIC, one for each 10 ms.
'use strict';
const fs = require('fs');
const readline = require('readline');
const wrtc = require(process.argv[2]);
const { RTCAudioSource, RTCAudioSink } = wrtc.nonstandard;

const CHUNK = 480;
const nowUs = () => process.hrtime.bigint() / 1000n; // libuv reads CLOCK_MONOTONIC
const say = (word) => process.stdout.write(JSON.stringify(word) + '\n');
const fail = (error) => { say({ failed: String((error && error.stack) || error) }); process.exit(1); };
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

const pc = new wrtc.RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' });
let order = null;
let timer = null;
const times = [];
const heard = [];
let heardRate = 0;
let fits = false;

const gathered = () => new Promise((resolve) => {
  if (pc.iceGatheringState === 'complete') return resolve();
  pc.addEventListener('icegatheringstatechange', () => {
    if (pc.iceGatheringState === 'complete') resolve();
  });
});

let announced = false;
const connected = () => {
  if (pc.connectionState !== 'connected' || announced) return;
  announced = true;
  say({ connected: true });
  if (order.role === 'sender') push();
  setInterval(figures, 1000);
};
pc.addEventListener('connectionstatechange', connected);

const source = new RTCAudioSource();

function push() {
  const bytes = fs.readFileSync(order.samples);
  const all = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
  const chunks = Math.floor(all.length / CHUNK);
  const lead = order.lead_ms / 10;
  const length = order.push_ms / 10;
  const start = process.hrtime.bigint();
  let count = 0;
  const tick = () => {
    for (;;) {
      const due = start + BigInt(count) * 10000000n;
      const wait = Number(due - process.hrtime.bigint()) / 1e6;
      if (wait > 0) {
        // Timers here are good to 1 ms: the last part is waited for awake.
        timer = wait > 1.5 ? setTimeout(tick, wait - 1.5) : setImmediate(tick);
        return;
      }
      const index = count - lead;
      const samples = new Int16Array(CHUNK);
      if (index >= 0 && index < length) {
        samples.set(all.subarray((index % chunks) * CHUNK, (index % chunks + 1) * CHUNK));
        times.push(nowUs());
      }
      source.onData({ samples, sampleRate: 48000, bitsPerSample: 16, channelCount: 1, numberOfFrames: CHUNK });
      if (index === length) say({ played: true });
      count += 1;
    }
  };
  tick();
}

function listen(track) {
  const sink = new RTCAudioSink(track);
  sink.ondata = (data) => {
    times.push(nowUs());
    // The first come at another rate, before anything is said: silence of the same length stands for them.
    fits = data.sampleRate === 48000 && data.samples.length === CHUNK;
    heard.push(fits ? Int16Array.from(data.samples) : new Int16Array(CHUNK));
    heardRate = data.sampleRate;
  };
}

async function figures() {
  const usage = process.resourceUsage();
  const out = { us: Number(nowUs()), cpu_us: usage.userCPUTime + usage.systemCPUTime, inbound: null, outbound: null };
  for (const report of (await pc.getStats()).values()) {
    if (report.type === 'inbound-rtp') out.inbound = report;
    if (report.type === 'outbound-rtp') out.outbound = report;
  }
  say({ figures: out });
}

function writeTimes() {
  fs.writeFileSync(order.times, Buffer.from(BigUint64Array.from(times).buffer));
  if (order.role === 'receiver') {
    if (!fits) fail(`the sink gives ${heardRate} Hz`);
    fs.writeFileSync(order.samples, Buffer.concat(heard.map((chunk) => Buffer.from(chunk.buffer))));
  }
}

async function onLine(line) {
  const word = JSON.parse(line);
  if (word.role) {
    order = word;
    if (order.role === 'sender') {
      const track = source.createTrack();
      pc.addTransceiver(track, { direction: 'sendonly' });
      await pc.setLocalDescription(await pc.createOffer());
      await gathered();
      say({ sdp: pc.localDescription.sdp });
    } else {
      pc.addEventListener('track', (event) => listen(event.track));
    }
  } else if (word.sdp) {
    const type = order.role === 'sender' ? 'answer' : 'offer';
    await pc.setRemoteDescription({ type, sdp: word.sdp });
    if (order.role === 'receiver') {
      await pc.setLocalDescription(await pc.createAnswer());
      await gathered();
      say({ sdp: pc.localDescription.sdp });
    }
  }
}

const lines = readline.createInterface({ input: process.stdin });
lines.on('line', (line) => onLine(line).catch(fail));
lines.on('close', () => {
  writeTimes();
  process.exit(0);
});
