/** A text area grows with its text, up to the height that the style sheet allows. */
export function grow(area: HTMLTextAreaElement): void {
  area.style.blockSize = "auto";
  area.style.blockSize = `${area.scrollHeight}px`;
}
