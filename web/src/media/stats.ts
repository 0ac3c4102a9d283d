/** Counters of a connection, summed over its streams. */
export interface CallStats {
  framesDecoded: number;
  framesSent: number;
  audioPacketsReceived: number;
  audioPacketsSent: number;
  bytesReceived: number;
  bytesSent: number;
  connectionState: RTCPeerConnectionState;
  /** How many connections the call has had: 1, plus one for every reconnection. */
  connections: number;
}

export async function callStats(connection: RTCPeerConnection, connections: number): Promise<CallStats> {
  const sum: CallStats = {
    framesDecoded: 0,
    framesSent: 0,
    audioPacketsReceived: 0,
    audioPacketsSent: 0,
    bytesReceived: 0,
    bytesSent: 0,
    connectionState: connection.connectionState,
    connections,
  };
  const report = await connection.getStats();
  report.forEach((entry: Record<string, unknown>) => {
    const count = (key: string) => (typeof entry[key] === "number" ? entry[key] : 0);
    if (entry.type === "inbound-rtp") {
      sum.bytesReceived += count("bytesReceived");
      if (entry.kind === "video") sum.framesDecoded += count("framesDecoded");
      else sum.audioPacketsReceived += count("packetsReceived");
    } else if (entry.type === "outbound-rtp") {
      sum.bytesSent += count("bytesSent");
      if (entry.kind === "video") sum.framesSent += count("framesSent");
      else sum.audioPacketsSent += count("packetsSent");
    }
  });
  return sum;
}
