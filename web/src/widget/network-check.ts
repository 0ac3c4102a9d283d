/**
 * A look at the network before a call. The page sends a picture that it draws itself to the media server, which
 * sends it back; what the browser measures on the way tells how a call would be. No camera and no microphone is used.
 */
import type { components } from "../api/types";
import { iceConfiguration } from "../media/ice";

export type NetworkCheck = components["schemas"]["NetworkCheck"];

export interface NetworkResult {
  /** How the packets go: straight to the server, through a relay, or not at all. */
  path: "direct" | "relay" | "none";
  protocol: "udp" | "tcp" | "tls" | null;
  roundTripMs: number | null;
  jitterMs: number | null;
  /** There and back again. */
  lossPercent: number | null;
  /** What the way to the server and back can carry, as far as it was tried. */
  kilobitsPerSecond: number | null;
  verdict: "good" | "fair" | "poor" | "blocked";
}

export interface CheckOptions {
  about: () => Promise<NetworkCheck>;
  /** Posts the offer; the answer of the media server. */
  answer: (sdp: string) => Promise<string>;
  signal?: AbortSignal;
}

/** As much of the browser's statistics as is read. */
export type Report = ReadonlyMap<string, Record<string, unknown>>;

const CONNECT_WITHIN_MS = 10_000;
const BLOCKED: NetworkResult = {
  path: "none",
  protocol: null,
  roundTripMs: null,
  jitterMs: null,
  lossPercent: null,
  kilobitsPerSecond: null,
  verdict: "blocked",
};

/**
 * Measures for as long as the server says, about five seconds. That nothing gets through is a result; what rejects is a
 * server that refuses the check, or `signal`.
 */
export async function checkNetwork(options: CheckOptions): Promise<NetworkResult> {
  const about = await options.about();
  options.signal?.throwIfAborted();
  const connection = new RTCPeerConnection(iceConfiguration(about));
  const source = testPicture();
  try {
    for (const track of source.stream.getTracks()) connection.addTrack(track, source.stream);
    await connection.setLocalDescription();
    await gathered(connection, options.signal);
    const sdp = await options.answer(connection.localDescription?.sdp ?? "");
    await connection.setRemoteDescription({ type: "answer", sdp });
    if (!(await connected(connection, options.signal))) return BLOCKED;
    // What happens in the first second is the start of the encoder, not the network.
    await pause(1000, options.signal);
    const before = await connection.getStats();
    await pause((about.seconds - 1) * 1000, options.signal);
    return measured(before as Report, (await connection.getStats()) as Report);
  } finally {
    connection.close();
    source.stop();
  }
}

/** What lies between two reports of one connection. */
export function measured(before: Report, after: Report): NetworkResult {
  let received = 0;
  let lost = 0;
  let bytes = 0;
  let seconds = 0;
  const jitters: number[] = [];
  const trips: number[] = [];
  for (const [id, entry] of after) {
    const earlier = before.get(id);
    if (entry.type === "inbound-rtp" && earlier) {
      received += number(entry, "packetsReceived") - number(earlier, "packetsReceived");
      lost += Math.max(0, number(entry, "packetsLost") - number(earlier, "packetsLost"));
      bytes += number(entry, "bytesReceived") - number(earlier, "bytesReceived");
      seconds = Math.max(seconds, (number(entry, "timestamp") - number(earlier, "timestamp")) / 1000);
      if (typeof entry.jitter === "number") jitters.push(entry.jitter * 1000);
    } else if (entry.type === "remote-inbound-rtp" && typeof entry.roundTripTime === "number") {
      // Reports go to the server and back, and come as if from a far end: the way there and back, twice.
      trips.push((entry.roundTripTime * 1000) / 2);
    }
  }
  const pair = selectedPair(after);
  if (!pair || received + lost === 0) return BLOCKED;
  if (typeof pair.currentRoundTripTime === "number") trips.push(pair.currentRoundTripTime * 1000);
  const result = {
    ...way(after.get(String(pair.localCandidateId))),
    roundTripMs: trips.length > 0 ? Math.round(Math.min(...trips)) : null,
    jitterMs: jitters.length > 0 ? Math.round(Math.max(...jitters)) : null,
    lossPercent: Math.round((1000 * lost) / (received + lost)) / 10,
    kilobitsPerSecond: seconds > 0 ? Math.round((bytes * 8) / seconds / 1000) : null,
  };
  return { ...result, verdict: judged(result) };
}

/** In one word: whether a conversation by video will be a pleasure, a conversation, or neither. */
export function judged(result: Omit<NetworkResult, "verdict">): NetworkResult["verdict"] {
  if (result.path === "none") return "blocked";
  const loss = result.lossPercent ?? 0;
  const trip = result.roundTripMs ?? 0;
  const jitter = result.jitterMs ?? 0;
  const rate = result.kilobitsPerSecond ?? Number.POSITIVE_INFINITY;
  if (loss > 10 || trip > 600 || jitter > 150 || rate < 120) return "poor";
  if (loss > 3 || trip > 250 || jitter > 50 || rate < 350) return "fair";
  return "good";
}

function selectedPair(report: Report): Record<string, unknown> | undefined {
  for (const entry of report.values()) {
    if (entry.type === "transport" && entry.selectedCandidatePairId) {
      return report.get(String(entry.selectedCandidatePairId));
    }
  }
  // Firefox has no transport entry.
  for (const entry of report.values()) {
    if (entry.type === "candidate-pair" && entry.nominated && entry.state === "succeeded") return entry;
  }
  return undefined;
}

function way(local: Record<string, unknown> | undefined): Pick<NetworkResult, "path" | "protocol"> {
  const relayed = local?.candidateType === "relay";
  const protocol = relayed ? local?.relayProtocol : local?.protocol;
  const known = protocol === "udp" || protocol === "tcp" || protocol === "tls";
  return { path: relayed ? "relay" : "direct", protocol: known ? protocol : null };
}

function number(entry: Record<string, unknown>, key: string): number {
  const value = entry[key];
  return typeof value === "number" ? value : 0;
}

function testPicture(): { stream: MediaStream; stop: () => void } {
  const canvas = document.createElement("canvas");
  canvas.width = 640;
  canvas.height = 360;
  const pen = canvas.getContext("2d");
  // Much that moves: a picture that compresses well would not try the network.
  const draw = () => {
    for (let spot = 0; pen && spot < 400; spot++) {
      pen.fillStyle = `hsl(${Math.random() * 360} 70% 50%)`;
      pen.fillRect(Math.random() * 640, Math.random() * 360, 24, 24);
    }
  };
  draw();
  const timer = setInterval(draw, 1000 / 25);
  const stream = canvas.captureStream(25);
  return {
    stream,
    stop: () => {
      clearInterval(timer);
      for (const track of stream.getTracks()) track.stop();
    },
  };
}

function gathered(connection: RTCPeerConnection, signal?: AbortSignal): Promise<boolean> {
  return until(
    connection,
    "icegatheringstatechange",
    () => connection.iceGatheringState === "complete",
    () => false,
    3000,
    signal,
  );
}

function connected(connection: RTCPeerConnection, signal?: AbortSignal): Promise<boolean> {
  return until(
    connection,
    "connectionstatechange",
    () => connection.connectionState === "connected",
    () => connection.connectionState === "failed" || connection.connectionState === "closed",
    CONNECT_WITHIN_MS,
    signal,
  );
}

/** Resolves to whether `done` came to be true in time, and before `over`. */
function until(
  target: EventTarget,
  event: string,
  done: () => boolean,
  over: () => boolean,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      target.removeEventListener(event, look);
      signal?.removeEventListener("abort", abort);
    };
    const look = () => {
      if (!done() && !over()) return;
      end();
      resolve(done());
    };
    const abort = () => {
      end();
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      end();
      resolve(done());
    }, milliseconds);
    target.addEventListener(event, look);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    else look();
  });
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<boolean> {
  return until(
    new EventTarget(),
    "never",
    () => false,
    () => false,
    milliseconds,
    signal,
  );
}
