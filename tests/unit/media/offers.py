"""Offers as browsers make them, with every part that matters adjustable."""

from dataclasses import dataclass, field

from media.negotiation import ABS_SEND_TIME_URI, AUDIO_LEVEL_URI, MID_URI, TRANSPORT_CC_URI
from media.policy import RoomPolicy, Rule, Rules


def camera_rule(rule: Rule) -> RoomPolicy:
    """A room in which only the rule for the visitor's camera matters."""
    return RoomPolicy(visitor=Rules(camera=rule))


FINGERPRINT = "sha-256 " + ":".join(["AB"] * 32)


@dataclass
class Offer:
    """Text of an offer; each field replaces one thing."""

    audio: bool = True
    video: bool = True
    screen: bool = False
    """A second m=video, with the camera's numbers."""
    opus: int = 111
    vp8: int = 96
    rtx: int | None = 97
    mids: tuple[str, str] = ("0", "1")
    direction: str = "sendrecv"
    audio_extensions: dict[str, int] = field(
        default_factory=lambda: {AUDIO_LEVEL_URI: 1, ABS_SEND_TIME_URI: 2, TRANSPORT_CC_URI: 3, MID_URI: 4}
    )
    video_extensions: dict[str, int] = field(
        default_factory=lambda: {ABS_SEND_TIME_URI: 2, TRANSPORT_CC_URI: 3, MID_URI: 4}
    )
    ssrc: int | None = 1000
    rtx_ssrc: int = 1001
    screen_ssrcs: tuple[int, ...] = (1010, 1011)
    screen_mid: str = "2"
    bundle: str | None = None
    setup: str = "actpass"
    fingerprint: str = FINGERPRINT
    ufrag: str = "abcd"
    password: str = "abcdefghijklmnopqrstuv"
    extra_session: tuple[str, ...] = ()
    extra_audio: tuple[str, ...] = ()
    extra_video: tuple[str, ...] = ()
    extra_sections: tuple[str, ...] = ()
    video_port: int = 9

    def __str__(self) -> str:
        places = zip((*self.mids, self.screen_mid), (self.audio, self.video, self.screen), strict=True)
        mids = [mid for mid, there in places if there]
        bundle = f"a=group:BUNDLE {' '.join(mids)}" if self.bundle is None else self.bundle
        lines = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", bundle, *self.extra_session]
        if self.audio:
            lines += [f"m=audio 9 UDP/TLS/RTP/SAVPF {self.opus} 0", *self._common(self.mids[0])]
            lines += [f"a=extmap:{number} {uri}" for uri, number in self.audio_extensions.items()]
            lines += [f"a=rtpmap:{self.opus} opus/48000/2", f"a=rtcp-fb:{self.opus} transport-cc"]
            lines += [
                "a=rtpmap:0 PCMU/8000",
                f"a=fmtp:{self.opus} minptime=10;useinbandfec=1",
                *self.extra_audio,
            ]
        if self.video:
            lines += self._picture(self.mids[1], () if self.ssrc is None else (self.ssrc, self.rtx_ssrc))
            lines += self.extra_video
        if self.screen:
            lines += self._picture(self.screen_mid, self.screen_ssrcs)
        lines += self.extra_sections
        return "\r\n".join(lines) + "\r\n"

    def _picture(self, mid: str, ssrcs: tuple[int, ...]) -> list[str]:
        rtx = f" {self.rtx}" if self.rtx is not None else ""
        lines = [f"m=video {self.video_port} UDP/TLS/RTP/SAVPF {self.vp8}{rtx} 102", *self._common(mid)]
        lines += [f"a=extmap:{number} {uri}" for uri, number in self.video_extensions.items()]
        lines += ["a=rtcp-rsize", f"a=rtpmap:{self.vp8} VP8/90000", "a=rtpmap:102 H264/90000"]
        lines += [
            f"a=rtcp-fb:{self.vp8} {what}" for what in ("goog-remb", "transport-cc", "nack", "nack pli")
        ]
        if self.rtx is not None:
            lines += [f"a=rtpmap:{self.rtx} rtx/90000", f"a=fmtp:{self.rtx} apt={self.vp8}"]
        if ssrcs:
            lines += [f"a=ssrc-group:FID {' '.join(map(str, ssrcs))}"]
            lines += [f"a=ssrc:{ssrc} cname:x" for ssrc in ssrcs]
        return lines

    def _common(self, mid: str) -> list[str]:
        return [
            "c=IN IP4 0.0.0.0",
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.password}",
            f"a=fingerprint:{self.fingerprint}",
            f"a=setup:{self.setup}",
            f"a=mid:{mid}",
            f"a={self.direction}",
            "a=rtcp-mux",
        ]
