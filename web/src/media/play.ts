/** A Lit directive that gives a <video> its stream and starts it, sound included where the browser allows that. */
import { noChange } from "lit";
import { Directive, directive, type ElementPart, type PartInfo, PartType } from "lit/directive.js";

class PlayDirective extends Directive {
  #stream: MediaStream | null = null;

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error("play() belongs on the element");
  }

  render(_stream: MediaStream | null, _onBlocked?: (video: HTMLVideoElement) => void): typeof noChange {
    return noChange;
  }

  override update(
    part: ElementPart,
    [stream, onBlocked]: [MediaStream | null, ((video: HTMLVideoElement) => void)?],
  ): typeof noChange {
    if (stream === this.#stream) return noChange;
    this.#stream = stream;
    const video = part.element as HTMLVideoElement;
    video.srcObject = stream;
    if (stream) {
      video.play().catch((error: unknown) => {
        // Without a gesture sound is not allowed: show the picture silently and let the person tap.
        if (!(error instanceof DOMException) || error.name !== "NotAllowedError" || video.muted) return;
        video.muted = true;
        video.play().catch(() => undefined);
        onBlocked?.(video);
      });
    }
    return noChange;
  }
}

export const play = directive(PlayDirective);
