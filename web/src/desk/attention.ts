/** Tells the agent that somebody is waiting: a chime and the page's title, for as long as an invitation is open. */

const CHIME_EVERY_MS = 2_600;
const FLASH_MS = 900;

export class Attention {
  #audio: AudioContext | null = null;
  #chime: ReturnType<typeof setInterval> | undefined;
  #flash: ReturnType<typeof setInterval> | undefined;
  #title = "";
  sound = true;

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
