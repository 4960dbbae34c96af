# libwebrtc's audio processing, as PyPI's livekit brings it, on a far and a microphone recording of 16 bits at 48 kHz.
# Arguments: far, microphone, where to write, the echo's delay in ms, "echo" or "all". Out: one line of JSON.
import json
import sys
import time

import numpy as np
from livekit.rtc import AudioFrame
from livekit.rtc.apm import AudioProcessingModule

RATE, CHUNK = 48000, 480
far = np.fromfile(sys.argv[1], dtype="<i2")
mic = np.fromfile(sys.argv[2], dtype="<i2")
delay_ms, everything = int(sys.argv[4]), sys.argv[5] == "all"
apm = AudioProcessingModule(
    echo_cancellation=True, noise_suppression=everything, auto_gain_control=everything, high_pass_filter=True
)
out, times = [], []
for at in range(0, min(len(far), len(mic)) - CHUNK + 1, CHUNK):
    played = AudioFrame(bytearray(far[at : at + CHUNK].tobytes()), RATE, 1, CHUNK)
    heard = AudioFrame(bytearray(mic[at : at + CHUNK].tobytes()), RATE, 1, CHUNK)
    begun = time.perf_counter()
    apm.process_reverse_stream(played)
    apm.set_stream_delay_ms(delay_ms)
    apm.process_stream(heard)
    times.append((time.perf_counter() - begun) * 1e6)
    out.append(bytes(heard.data.cast("b")))
with open(sys.argv[3], "wb") as file:
    file.write(b"".join(out))
print(json.dumps({"mean_us": float(np.mean(times)), "p99_us": float(np.percentile(times, 99))}))
