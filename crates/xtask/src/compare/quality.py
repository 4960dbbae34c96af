# PESQ-WB (ITU-T P.862.2) and STOI of pairs of cuts. In: lines of JSON {said, heard, said_from, heard_from, count}:
# files of 16-bit samples at 48 kHz, and where in each the cut begins. Out: a line of JSON {pesq, stoi} for each.
import json
import sys

import numpy as np
from pesq import NoUtterancesError, pesq
from pystoi import stoi
from scipy.signal import resample_poly


def cut(path, start, count):
    samples = np.fromfile(path, dtype="<i2").astype(np.float64) / 32768.0
    out = np.zeros(count)
    have = samples[max(start, 0) : max(start + count, 0)]
    at = max(-start, 0)
    out[at : at + len(have)] = have[: count - at]
    return resample_poly(out, 1, 3)


for line in sys.stdin:
    pair = json.loads(line)
    said = cut(pair["said"], pair["said_from"], pair["count"])
    heard = cut(pair["heard"], pair["heard_from"], pair["count"])
    try:
        score = float(pesq(16000, said, heard, "wb"))
    except NoUtterancesError:
        score = None
    print(json.dumps({"pesq": score, "stoi": float(stoi(said, heard, 16000))}), flush=True)
