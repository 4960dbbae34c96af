// Pushes and pulls samples, 10 ms at a time, and notes when (microseconds since 1970, on the clock that never jumps).
'use strict';
const CHUNK = 480;
const nowUs = () => (performance.timeOrigin + performance.now()) * 1e3;
const saidTimes = [];
const heardTimes = [];
const heard = [];

function push(writable, speech, lead, length) {
  const writer = writable.getWriter();
  const all = new Int16Array(speech);
  const chunks = Math.floor(all.length / CHUNK);
  const start = performance.now();
  let count = 0;
  const tick = () => {
    while (performance.now() >= start + count * 10) {
      const index = count - lead;
      const data = new Int16Array(CHUNK);
      if (index >= 0 && index < length) {
        data.set(all.subarray((index % chunks) * CHUNK, (index % chunks + 1) * CHUNK));
        saidTimes.push(nowUs());
      }
      writer.write(new AudioData({
        format: 's16', sampleRate: 48000, numberOfFrames: CHUNK, numberOfChannels: 1, timestamp: count * 10000, data,
      }));
      if (index === length) postMessage({ played: true });
      count += 1;
    }
    setTimeout(tick, start + count * 10 - performance.now());
  };
  tick();
}

async function listen(readable) {
  const reader = readable.getReader();
  let rest = new Int16Array(0);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const us = nowUs();
    if (value.sampleRate !== 48000) throw new Error(`the sink gives ${value.sampleRate} Hz`);
    const plane = new Float32Array(value.numberOfFrames);
    value.copyTo(plane, { planeIndex: 0, format: 'f32-planar' });
    value.close();
    const samples = Int16Array.from(plane, (sample) => Math.max(-32768, Math.min(32767, Math.round(sample * 32768))));
    // Whole pieces of 10 ms, whatever comes.
    const joined = new Int16Array(rest.length + samples.length);
    joined.set(rest);
    joined.set(samples, rest.length);
    let at = 0;
    for (; at + CHUNK <= joined.length; at += CHUNK) {
      heard.push(joined.slice(at, at + CHUNK));
      heardTimes.push(us + (at - rest.length) / 0.048);
    }
    rest = joined.slice(at);
  }
}

onmessage = (event) => {
  const { data } = event;
  if (data.listen) listen(data.listen).catch((error) => { setTimeout(() => { throw error; }); });
  if (data.push) push(data.push, data.speech, data.lead, data.length);
  if (data.finish) {
    const joined = new Int16Array(heard.length * CHUNK);
    heard.forEach((chunk, index) => joined.set(chunk, index * CHUNK));
    const times = (list) => BigUint64Array.from(list, (us) => BigInt(Math.round(us))).buffer;
    postMessage({ heard: joined.buffer, saidTimes: times(saidTimes), heardTimes: times(heardTimes) });
  }
};
