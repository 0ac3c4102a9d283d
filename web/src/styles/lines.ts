/** The lines of a conversation, alike on both sides, and what moves between them. */
import { css } from "lit";

export const lineStyles = css`
  .history {
    flex: 1 1 0;
    min-block-size: 0;
    overflow-y: auto;
    overscroll-behavior: contain;
    padding: var(--s4);
    scrollbar-width: thin;
    scrollbar-color: var(--line-strong) transparent;
  }
  .history:focus-visible {
    outline-offset: -4px;
  }
  .welcome {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 6px;
    padding: var(--s6) var(--s4);
    color: var(--ink-2);
    text-align: center;
    text-wrap: balance;
  }
  .welcome h3 {
    color: var(--ink);
    font-size: var(--text-xl);
  }
  .welcome-mark {
    display: grid;
    place-items: center;
    inline-size: 60px;
    block-size: 60px;
    margin-block-end: var(--s2);
    border-radius: 36%;
    background: var(--brand);
    color: var(--on-brand);
  }
  .lines {
    display: flex;
    flex-direction: column;
    gap: 3px;
  }
  .line {
    display: flex;
    flex-direction: column;
    max-inline-size: 86%;
  }
  .line.first:not(:first-child) {
    margin-block-start: var(--s3);
  }
  .theirs {
    align-self: flex-start;
    align-items: flex-start;
  }
  .mine {
    align-self: flex-end;
    align-items: flex-end;
  }
  .author {
    display: flex;
    align-items: center;
    gap: var(--s2);
    margin-block-end: 6px;
    font-size: var(--text-s);
    font-weight: 600;
    color: var(--ink-2);
  }
  .words {
    padding: 10px 14px;
    border-radius: var(--r3);
    background: var(--surface);
    box-shadow:
      inset 0 0 0 1px var(--line),
      var(--shadow-1);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    line-height: 1.45;
  }
  .theirs.first .words {
    border-start-start-radius: 6px;
  }
  .mine .words {
    background: var(--brand);
    color: var(--on-brand);
    box-shadow: none;
  }
  .mine.last .words {
    border-end-end-radius: 6px;
  }
  .private .words {
    background: var(--warn-soft);
    color: var(--ink);
    box-shadow: none;
  }
  .private-label {
    display: flex;
    align-items: center;
    gap: 5px;
    margin-block-end: 4px;
    color: var(--warn-text);
    font-size: var(--text-xs);
    font-weight: 600;
  }
  .pending .words {
    opacity: 0.72;
  }
  .words.erased {
    background: none;
    box-shadow: inset 0 0 0 1px var(--line-strong);
    color: var(--ink-3);
    font-style: italic;
  }
  .at {
    display: flex;
    align-items: center;
    gap: 5px;
    margin-block-start: 4px;
    padding-inline: 4px;
    color: var(--ink-3);
    font-size: var(--text-xs);
  }
  .at.failed {
    color: var(--danger-text);
    font-weight: 600;
  }
  .link {
    font-weight: 600;
    text-decoration: underline;
    text-underline-offset: 2px;
    min-block-size: 24px;
  }
  .notice {
    align-self: stretch;
    display: flex;
    align-items: center;
    gap: var(--s3);
    margin-block: var(--s3);
    color: var(--ink-2);
    font-size: var(--text-s);
    line-height: 1.4;
    text-align: center;
  }
  .notice span {
    max-inline-size: 80%;
    text-wrap: balance;
  }
  .notice::before,
  .notice::after {
    content: "";
    flex: 1;
    border-block-start: 1px solid var(--line);
  }
  .picture {
    display: block;
    overflow: hidden;
    border-radius: var(--r3);
    background: var(--sunken);
  }
  .picture img {
    display: block;
    max-inline-size: 100%;
    max-block-size: 240px;
    object-fit: cover;
  }

  .card {
    overflow: hidden;
    inline-size: min(320px, 100%);
    border-radius: var(--r3);
    border-start-start-radius: 6px;
    background: var(--surface);
    box-shadow:
      inset 0 0 0 1px var(--line),
      var(--shadow-2);
  }
  .card > img {
    display: block;
    inline-size: 100%;
    block-size: 130px;
    object-fit: cover;
  }
  .card-body {
    padding: var(--s4);
    border-block-start: 4px solid var(--accent);
  }
  .card-kicker {
    display: flex;
    align-items: center;
    gap: 6px;
    color: var(--accent-text);
    font-size: var(--text-s);
    font-weight: 600;
  }
  .card h3 {
    margin-block-start: var(--s2);
    font-size: var(--text-l);
  }
  .card-text {
    margin-block-start: 6px;
    color: var(--ink-2);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }

  .shown-cards {
    display: flex;
    gap: var(--s2);
    max-inline-size: 100%;
    overflow-x: auto;
    overscroll-behavior-x: contain;
    padding-block-end: var(--s2);
    scroll-snap-type: x proximity;
    scrollbar-width: thin;
  }
  .line[data-type="cards"] {
    max-inline-size: 100%;
  }
  .shown-card {
    display: flex;
    flex: none;
    flex-direction: column;
    overflow: hidden;
    inline-size: min(240px, 78%);
    border-radius: var(--r3);
    background: var(--surface);
    box-shadow: inset 0 0 0 1px var(--line);
    scroll-snap-align: start;
  }
  .shown-card.alone {
    inline-size: min(300px, 100%);
  }
  .shown-card > img {
    display: block;
    inline-size: 100%;
    block-size: 130px;
    object-fit: cover;
  }
  .shown-body {
    display: flex;
    flex: 1;
    flex-direction: column;
    gap: 4px;
    padding: var(--s3) var(--s4) var(--s4);
  }
  .shown-title {
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .shown-price s,
  .shown-state {
    color: var(--ink-2);
    font-size: var(--text-s);
  }
  .shown-link {
    margin-block-start: auto;
    padding-block: 10px 4px;
    min-block-size: 24px;
    color: var(--brand-text);
    font-weight: 600;
    text-decoration: underline;
    text-underline-offset: 2px;
    overflow-wrap: anywhere;
  }
  .file {
    display: inline-flex;
    align-items: center;
    gap: var(--s2);
    min-block-size: 40px;
    max-inline-size: 100%;
    padding: 8px 14px;
    border-radius: var(--r3);
    background: var(--surface);
    box-shadow: inset 0 0 0 1px var(--line);
    color: var(--brand-text);
    font-weight: 600;
    overflow-wrap: anywhere;
  }

  .quick-replies {
    display: flex;
    flex-wrap: wrap;
    gap: var(--s2);
    margin-block-start: var(--s3);
    animation: rise 0.4s var(--ease) both;
  }
  .quick-reply {
    display: inline-flex;
    align-items: center;
    gap: 7px;
    min-block-size: 40px;
    padding: 6px 15px;
    border-radius: var(--round);
    background: var(--surface);
    box-shadow: inset 0 0 0 1.5px var(--brand-text);
    color: var(--brand-text);
    font-weight: 600;
    font-size: 14px;
    transition: background-color 0.15s;
  }
  .quick-reply:hover {
    background: var(--brand-soft);
  }

  .bot-notice {
    display: flex;
    align-items: flex-start;
    gap: var(--s3);
    margin-block-start: var(--s4);
    padding: var(--s3) var(--s4);
    border-radius: var(--r2);
    background: var(--brand-soft);
    color: var(--brand-text);
    font-size: var(--text-s);
  }
  .bot-notice.down {
    background: var(--warn-soft);
    color: var(--warn-text);
  }
  .bot-notice strong {
    display: block;
  }
  .typing {
    margin-block-start: var(--s3);
  }
  .typing-dots {
    display: inline-flex;
    gap: 5px;
    padding: 13px 16px;
    border-radius: var(--r3);
    border-start-start-radius: 6px;
    background: var(--surface);
    box-shadow: inset 0 0 0 1px var(--line);
  }
  .typing-dots i {
    inline-size: 7px;
    block-size: 7px;
    border-radius: 50%;
    background: var(--ink-3);
    animation: hop 1.2s ease-in-out infinite;
  }
  .typing-dots i:nth-child(2) {
    animation-delay: 0.15s;
  }
  .typing-dots i:nth-child(3) {
    animation-delay: 0.3s;
  }
  @keyframes hop {
    0%,
    60%,
    100% {
      transform: none;
      opacity: 0.5;
    }
    30% {
      transform: translateY(-4px);
      opacity: 1;
    }
  }

  .avatar {
    display: inline-grid;
    place-items: center;
    overflow: hidden;
    flex: none;
    border-radius: 36%;
    background: var(--accent-soft);
    color: var(--accent-text);
    font-weight: 700;
  }
  .avatar.bot,
  .avatar.house {
    background: #d9ebe4;
    color: #15463e;
  }
  .avatar img {
    inline-size: 100%;
    block-size: 100%;
    object-fit: cover;
  }
  .avatar.large {
    inline-size: 44px;
    block-size: 44px;
    font-size: var(--text-l);
  }
  .avatar.small {
    inline-size: 26px;
    block-size: 26px;
    font-size: var(--text-xs);
  }

  @keyframes rise {
    from {
      opacity: 0;
      transform: translateY(14px) scale(0.985);
    }
  }
  @keyframes blink {
    50% {
      opacity: 0.35;
    }
  }
  @keyframes spin {
    to {
      transform: rotate(1turn);
    }
  }
  .spinner {
    display: inline-block;
    flex: none;
    inline-size: 22px;
    block-size: 22px;
    border: 2.5px solid currentcolor;
    border-inline-end-color: transparent;
    border-radius: 50%;
    animation: spin 0.9s linear infinite;
  }
`;
