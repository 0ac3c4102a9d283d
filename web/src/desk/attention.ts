/**
 * Tells the agent that somebody is waiting: a chime and the page's title for as long as an invitation is open, and a
 * notification of the browser for each one that comes while the page is not looked at.
 */

const CHIME_EVERY_MS = 2_600;
const FLASH_MS = 900;

export class Attention {
  #audio: AudioContext | null = null;
  #chime: ReturnType<typeof setInterval> | undefined;
  #flash: ReturnType<typeof setInterval> | undefined;
  #title = "";
  readonly #notices = new Map<string, Notification>();
  sound = true;
  /** Whether the agent wants notifications of the browser. */
  notify = false;

  /** What the browser says to notifications; ``unsupported``: it has none, or not for this page. */
  get permission(): NotificationPermission | "unsupported" {
    return "Notification" in window && window.isSecureContext ? Notification.permission : "unsupported";
  }

  async askToNotify(): Promise<boolean> {
    if (this.permission === "default") await Notification.requestPermission().catch(() => undefined);
    return this.permission === "granted";
  }

  /** One notification for each id, if the page is in the background. Clicked, it brings the page to the front. */
  announce(id: string, title: string, body: string): void {
    if (!this.notify || this.permission !== "granted" || document.visibilityState === "visible") return;
    try {
      const notice = new Notification(title, { body, tag: `visavis-${id}`, requireInteraction: true });
      notice.onclick = () => {
        window.focus();
        notice.close();
      };
      this.#notices.set(id, notice);
    } catch {
      // Some phones know notifications but not from a page: title and sound must do.
    }
  }

  withdraw(id: string): void {
    this.#notices.get(id)?.close();
    this.#notices.delete(id);
  }

  /** Browsers let a page sound only after the person did something on it. Before that, the title must do. */
  unlock(): void {
    try {
      this.#audio ??= new AudioContext();
      void this.#audio.resume().catch(() => undefined);
    } catch {
      // No audio device, or audio is not allowed at all.
    }
  }

  start(flashing: string): void {
    if (this.#flash) return;
    this.#title = document.title;
    let on = false;
    this.#flash = setInterval(() => {
      on = !on;
      document.title = on ? flashing : this.#title;
    }, FLASH_MS);
    this.#play();
    this.#chime = setInterval(() => this.#play(), CHIME_EVERY_MS);
  }

  stop(): void {
    for (const id of [...this.#notices.keys()]) this.withdraw(id);
    if (!this.#flash) return;
    clearInterval(this.#flash);
    clearInterval(this.#chime);
    this.#flash = undefined;
    document.title = this.#title;
  }

  /** Two soft notes, a fourth apart. */
  #play(): void {
    const audio = this.#audio;
    if (!this.sound || audio?.state !== "running") return;
    for (const [frequency, delay] of [
      [659.3, 0],
      [880, 0.16],
    ] as const) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const at = audio.currentTime + delay;
      tone.type = "sine";
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.0001, at);
      volume.gain.exponentialRampToValueAtTime(0.18, at + 0.03);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.55);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.6);
    }
  }
}
