import { describe, expect, test } from "vitest";
import { judged, measured, type NetworkResult, type Report } from "../src/widget/network-check";

interface Numbers {
  received: number;
  lost: number;
  bytes: number;
  at: number;
}

const WAY = { candidateType: "srflx", protocol: "udp" };

/** A report as browsers give it, after so much was received. */
function report(
  video: Numbers,
  extra: { way?: object; trip?: number; pairTrip?: number; jitter?: number; transport?: boolean } = {},
): Report {
  const entries: Record<string, unknown>[] = [
    {
      id: "in",
      type: "inbound-rtp",
      kind: "video",
      timestamp: video.at,
      packetsReceived: video.received,
      packetsLost: video.lost,
      bytesReceived: video.bytes,
      jitter: extra.jitter ?? 0.004,
    },
    { id: "pair", type: "candidate-pair", nominated: true, state: "succeeded", localCandidateId: "here" },
    { id: "other", type: "candidate-pair", nominated: false, state: "failed", localCandidateId: "nowhere" },
    { id: "here", type: "local-candidate", ...(extra.way ?? WAY) },
  ];
  if (extra.pairTrip !== undefined) Object.assign(entries[1] ?? {}, { currentRoundTripTime: extra.pairTrip });
  if (extra.trip !== undefined) {
    entries.push({ id: "remote", type: "remote-inbound-rtp", roundTripTime: extra.trip });
  }
  if (extra.transport) entries.push({ id: "t", type: "transport", selectedCandidatePairId: "pair" });
  return new Map(entries.map((entry) => [String(entry.id), entry]));
}

const START: Numbers = { received: 50, lost: 5, bytes: 40_000, at: 1000 };

describe("what is read from the browser's statistics", () => {
  test("rate, loss and jitter between the two reports, whatever was before", () => {
    const after = report(
      { received: 440, lost: 15, bytes: 540_000, at: 5000 },
      { jitter: 0.012, trip: 0.08 },
    );
    expect(measured(report(START), after)).toEqual({
      path: "direct",
      protocol: "udp",
      roundTripMs: 40,
      jitterMs: 12,
      lossPercent: 2.5,
      kilobitsPerSecond: 1000,
      verdict: "good",
    });
  });

  test("packets that came late after all do not make the loss negative", () => {
    const after = report({ received: 440, lost: 2, bytes: 540_000, at: 5000 });
    expect(measured(report(START), after).lossPercent).toBe(0);
  });

  test("a relay, and how it is reached", () => {
    const numbers = { received: 440, lost: 5, bytes: 540_000, at: 5000 };
    for (const protocol of ["udp", "tcp", "tls"] as const) {
      const relay = { candidateType: "relay", protocol: "udp", relayProtocol: protocol };
      const found = measured(report(START), report(numbers, { way: relay, transport: true }));
      expect([found.path, found.protocol]).toEqual(["relay", protocol]);
    }
    expect(measured(report(START), report(numbers, { way: { candidateType: "host" } })).protocol).toBeNull();
  });

  test("the shorter round trip counts; without one it is unknown", () => {
    const numbers = { received: 440, lost: 5, bytes: 540_000, at: 5000 };
    expect(measured(report(START), report(numbers, { trip: 0.2, pairTrip: 0.03 })).roundTripMs).toBe(30);
    expect(measured(report(START), report(numbers)).roundTripMs).toBeNull();
  });

  test("nothing that came back is no network", () => {
    expect(measured(report(START), report({ ...START, at: 5000 })).verdict).toBe("blocked");
    expect(measured(new Map(), new Map()).path).toBe("none");
  });
});

describe("the verdict", () => {
  const fine: Omit<NetworkResult, "verdict"> = {
    path: "direct",
    protocol: "udp",
    roundTripMs: 30,
    jitterMs: 5,
    lossPercent: 0,
    kilobitsPerSecond: 900,
  };

  test.each([
    [{}, "good"],
    [{ roundTripMs: null, jitterMs: null, kilobitsPerSecond: null }, "good"],
    [{ lossPercent: 3 }, "good"],
    [{ lossPercent: 3.1 }, "fair"],
    [{ lossPercent: 10.1 }, "poor"],
    [{ roundTripMs: 251 }, "fair"],
    [{ roundTripMs: 601 }, "poor"],
    [{ jitterMs: 51 }, "fair"],
    [{ jitterMs: 151 }, "poor"],
    [{ kilobitsPerSecond: 349 }, "fair"],
    [{ kilobitsPerSecond: 119 }, "poor"],
    [{ path: "relay", protocol: "tcp" }, "good"],
    [{ path: "none" }, "blocked"],
  ] as const)("%j is %s", (change, verdict) => {
    expect(judged({ ...fine, ...change } as typeof fine)).toBe(verdict);
  });
});
