/** Whether this page can do video at all: plain http, in-app browsers and old engines cannot. */
export function canVideo(): boolean {
  return (
    window.isSecureContext &&
    typeof RTCPeerConnection === "function" &&
    typeof navigator.mediaDevices?.getUserMedia === "function"
  );
}

export function deviceClass(): "desktop" | "mobile" | "tablet" {
  const agent = navigator.userAgent;
  // iPadOS calls itself a Mac; no Mac has a touch screen.
  const iPad = /Macintosh/.test(agent) && navigator.maxTouchPoints > 1;
  if (iPad || /iPad|Tablet|Android(?!.*Mobile)/.test(agent)) return "tablet";
  return /Mobi|Android|iPhone/.test(agent) ? "mobile" : "desktop";
}
