"""Prints tables of PESQ for NETWORK.RUN.SENTENCE.{said,heard,opus}.wav in a folder, and for
both-ROOM.{reference,heard,cancelled,processed}.wav in another; fails when a target is missed."""

import glob
import sys
from collections import defaultdict
from statistics import mean

from pesq import pesq
from scipy.io import wavfile
from scipy.signal import resample_poly

# The mean that what is heard must reach, and what the network does.
NETWORKS = {
    "clean": (4.0, "nothing"),
    "loss-10": (3.0, "10 % lost"),
    "loss-20": (2.4, "20 % lost"),
    "jitter-40-loss-1": (3.3, "40 ms of jitter, 1 % lost"),
}


def load(path):
    """48 kHz to the 16 kHz that wideband PESQ wants."""
    rate, samples = wavfile.read(path)
    assert rate == 48_000, f"{path} has {rate} Hz"
    return resample_poly(samples.astype(float), 1, 3)


# The mean that is left of the nearer of two who speak at once must reach, after the canceller of echo.
BOTH_SPEAK = 2.5


def main(networks, voices):
    missed = judge_networks(networks)
    print()
    missed |= judge_both_speaking(voices)
    sys.exit(missed)


def judge_both_speaking(folder):
    print("| Room | Heard by the microphone | After the echo canceller | After all processing |")
    print("|---|---|---|---|")
    cancelled = []
    for path in sorted(glob.glob(f"{glob.escape(folder)}/both-*.reference.wav")):
        reference = load(path)
        other = lambda what: pesq(16_000, reference, load(path.removesuffix("reference.wav") + f"{what}.wav"), "wb")
        heard, left, processed = other("heard"), other("cancelled"), other("processed")
        cancelled.append(left)
        room = path.rsplit("/", 1)[1].removeprefix("both-").removesuffix(".reference.wav").replace("ms-", " ms, RT60 ")
        print(f"| {room} | {heard:.2f} | {left:.2f} | {processed:.2f} |")
    if not cancelled:
        sys.exit("nobody spoke at once")
    return mean(cancelled) < BOTH_SPEAK


def judge_networks(folder):
    scores = defaultdict(lambda: defaultdict(list))
    for path in sorted(glob.glob(f"{glob.escape(folder)}/*.said.wav")):
        network = path.rsplit("/", 1)[1].split(".")[0]
        said = load(path)
        for what in ("heard", "opus"):
            other = load(path.removesuffix("said.wav") + f"{what}.wav")
            scores[network][what].append(pesq(16_000, said, other, "wb"))
    if missing := NETWORKS.keys() - scores.keys():
        sys.exit(f"nothing was heard over {', '.join(sorted(missing))}")

    print("| What the network does | Target | Heard | Worst sentence | Opus alone | Worst sentence |")
    print("|---|---|---|---|---|---|")
    missed = False
    for network, (target, does) in NETWORKS.items():
        heard, opus = scores[network]["heard"], scores[network]["opus"]
        missed |= mean(heard) < target
        print(f"| {does} | ≥ {target} | {mean(heard):.2f} | {min(heard):.2f} | {mean(opus):.2f} | {min(opus):.2f} |")
    return missed


main(*sys.argv[1:])
