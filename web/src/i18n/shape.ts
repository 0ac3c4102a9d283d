/** The shape of a catalogue, taken from the French one: a missing key or a wrong parameter is a compile error. */
export type Shape<T> = {
  [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...args: infer A) => infer R
      ? (...args: A) => Extract<R, null> | string
      : Shape<T[K]>;
};

export type NoticeParams = Readonly<Record<string, string>>;

/** A wait in whole minutes, never told more exactly than it is known. */
export interface Wait {
  low: number;
  high: number;
}

export function minutes(band: { p50: number; p90: number }): Wait {
  const low = Math.max(1, Math.floor(band.p50 / 60));
  return { low, high: Math.max(low, Math.ceil(band.p90 / 60)) };
}

export function count(n: number, one: string, many: string): string {
  return n === 1 ? one : many;
}

/** The name that a notice carries, whichever parameter holds it. */
export function who(params: NoticeParams): string | undefined {
  return params.agent || params.name || params.agent_name || undefined;
}
