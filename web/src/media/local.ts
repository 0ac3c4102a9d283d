/** The person's own camera and microphone: asked for together, used as far as they were granted. */

const CAMERA: MediaTrackConstraints = {
  width: { ideal: 640 },
  height: { ideal: 480 },
  frameRate: { ideal: 30, max: 30 },
  facingMode: "user",
};
const MICROPHONE: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

export class LocalMedia {
  audio: MediaStreamTrack | null = null;
  video: MediaStreamTrack | null = null;
  muted = false;
  /** For the preview: the picture alone, so that nobody hears themselves. */
  preview: MediaStream | null = null;
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Never fails: what was denied or is missing is simply not there afterwards. */
  async acquire(want: { audio: boolean; video: boolean }): Promise<void> {
    const tries = [
      { audio: want.audio && !this.audio, video: want.video && !this.video },
      { audio: want.audio && !this.audio, video: false },
      { audio: false, video: want.video && !this.video },
    ];
    const tried = new Set<string>();
    for (const ask of tries) {
      const key = `${ask.audio}${ask.video}`;
      if ((!ask.audio && !ask.video) || tried.has(key)) continue;
      tried.add(key);
      if (await this.#ask(ask)) break;
    }
    this.#onChange();
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
    if (this.audio) this.audio.enabled = !muted;
    this.#onChange();
  }

  /** Stops the device too: the camera's light must go out when the camera is said to be off. */
  dropCamera(): void {
    this.video?.stop();
    this.#setVideo(null);
    this.#onChange();
  }

  stop(): void {
    this.audio?.stop();
    this.video?.stop();
    this.audio = null;
    this.muted = false;
    this.#setVideo(null);
  }

  async #ask(ask: { audio: boolean; video: boolean }): Promise<boolean> {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: ask.audio && MICROPHONE,
        video: ask.video && CAMERA,
      });
      const audio = stream.getAudioTracks()[0];
      const video = stream.getVideoTracks()[0];
      if (audio) this.#setAudio(audio);
      if (video) this.#setVideo(video);
      return true;
    } catch {
      return false;
    }
  }

  #setAudio(track: MediaStreamTrack): void {
    this.audio = track;
    track.enabled = !this.muted;
    track.onended = () => {
      if (this.audio === track) this.audio = null;
      this.#onChange();
    };
  }

  #setVideo(track: MediaStreamTrack | null): void {
    this.video = track;
    this.preview = track ? new MediaStream([track]) : null;
    if (!track) return;
    track.onended = () => {
      if (this.video === track) this.#setVideo(null);
      this.#onChange();
    };
  }
}
