/** How loud the microphone is, 0 to 1: lets a person see that it works before they speak to somebody. */
export class MicLevel {
  value = 0;
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  start(track: MediaStreamTrack, onChange: () => void): void {
    this.stop();
    try {
      const context = new AudioContext();
      const analyser = context.createAnalyser();
      analyser.fftSize = 512;
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      this.#context = context;
      this.#timer = setInterval(() => {
        analyser.getFloatTimeDomainData(samples);
        const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
        this.value = Math.min(1, Math.sqrt(power) * 5);
        onChange();
      }, 150);
    } catch {
      // No meter is better than no call.
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.value = 0;
    this.#context?.close().catch(() => undefined);
    this.#context = null;
  }
}
