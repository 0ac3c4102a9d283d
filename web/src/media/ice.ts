import type { components } from "../api/types";

type Given = Pick<components["schemas"]["CallToken"], "ice_servers" | "ice_transport_policy">;

/** How a connection is to find its way, as the server says. */
export function iceConfiguration(given: Given): RTCConfiguration {
  return {
    iceServers: given.ice_servers.map(({ urls, username, credential }) => ({
      urls,
      ...(username ? { username } : {}),
      ...(credential ? { credential } : {}),
    })),
    iceTransportPolicy: given.ice_transport_policy,
    bundlePolicy: "max-bundle",
  };
}
