/** The browser's storage where it may be used; privacy settings can make even looking at it throw. */
type Kind = "localStorage" | "sessionStorage";

export function storage(kind: Kind): Storage | null {
  try {
    const store = window[kind];
    const probe = "visavis:probe";
    store.setItem(probe, "1");
    store.removeItem(probe);
    return store;
  } catch {
    return null;
  }
}
