/**
 * The progress line of a terminal: what is done, how fast, how long still. `renderProgress` is pure; `ProgressLine` draws
 * it in place on a terminal's stderr and takes it away at the end. Counting is not here.
 */
import { styleText } from "node:util";
import { formatBytes, formatCount } from "../base/units.ts";
import { textWidth } from "./width.ts";

export interface Progress {
  bytesDone: number;
  /** Undefined or 0: not known (stdin, pipes). */
  bytesTotal: number | undefined;
  rows: number;
  rejected: number;
  /** Since the start. */
  seconds: number;
}

export interface ProgressView extends Progress {
  /** Terminal columns; the line is never wider than width - 1, so that it does not wrap. */
  width: number;
  color: boolean;
}

/** Before this the rates say nothing. */
const secondsMin = 0.2;
const redrawMs = 100;
const barMin = 8;
const barMax = 30;

/**
 * One line: bar, percentage, rows/s, MB/s, ETA, rejected rows; without a total the bytes instead of bar and ETA. Parts
 * that do not fit are left out, the least important first. The ETA comes from the mean rate since the start: it is calm.
 */
export function renderProgress(view: ProgressView): string {
  const room = Math.max(1, view.width - 1);
  const total = view.bytesTotal !== undefined && view.bytesTotal > 0 ? view.bytesTotal : undefined;
  const share = total === undefined ? undefined : Math.min(1, view.bytesDone / total);
  const rated = view.seconds >= secondsMin;
  const percent = share === undefined ? formatBytes(view.bytesDone) : `${String(Math.floor(share * 100)).padStart(3)}%`;
  // Every part with its rank: the highest rank is the first to go.
  const parts: { rank: number; text: string }[] = [
    { rank: 0, text: percent },
    { rank: 4, text: `${shortCount(view.rows)} rows` },
  ];
  if (rated) {
    parts.push({ rank: 2, text: `${shortCount(view.rows / view.seconds)} rows/s` });
    parts.push({ rank: 3, text: `${formatBytes(view.bytesDone / view.seconds)}/s` });
  }
  if (rated && share !== undefined && share > 0) {
    parts.push({ rank: 1, text: `ETA ${clock((view.seconds * (1 - share)) / share)}` });
  }
  if (view.rejected > 0) parts.push({ rank: 1, text: `${formatCount(view.rejected)} rejected` });
  const width = (): number => parts.reduce((sum, part) => sum + textWidth(part.text) + 2, -2);
  while (parts.length > 1 && width() > room) {
    const worst = parts.reduce((found, part, i) => (part.rank >= parts[found].rank ? i : found), 0);
    parts.splice(worst, 1);
  }
  const line = parts.map((part) => paint(part.text, view)).join("  ");
  const bar = Math.min(barMax, room - width() - 1);
  return share === undefined || bar < barMin ? line : `${drawBar(share, bar, view.color)} ${line}`;
}

function paint(text: string, view: ProgressView): string {
  return view.color && text.endsWith(" rejected") ? styleText("yellow", text, { validateStream: false }) : text;
}

/** Eighths of a block: the bar moves smoothly even when it is short. */
function drawBar(share: number, width: number, color: boolean): string {
  const eighths = Math.floor(share * width * 8);
  const full = Math.floor(eighths / 8);
  const part = full < width ? ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8] : "";
  const done = "█".repeat(full) + part;
  const rest = "░".repeat(width - full - (part === "" ? 0 : 1));
  return color
    ? styleText("cyan", done, { validateStream: false }) + styleText("dim", rest, { validateStream: false })
    : done + rest;
}

function shortCount(count: number): string {
  return new Intl.NumberFormat("en-US", {
    notation: "compact",
    minimumSignificantDigits: 1,
    maximumSignificantDigits: 3,
  }).format(Math.round(count));
}

/** Seconds as `0:07`, `12:05`, `1:02:03`; rounded up, so that it ends at 0:00 and not before. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole >= 360_000) return "over 99 h";
  const two = (n: number): string => String(n).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export interface ProgressLineOptions {
  /** Where to draw; nothing is drawn unless it is a terminal. */
  stream: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  /** Default false. */
  color?: boolean;
  /** Milliseconds, monotonic. Default performance.now. */
  now?: () => number;
}

/** Draws progress in place, at most ten times a second. Not a timer: it draws when it is told something. */
export class ProgressLine {
  readonly #options: ProgressLineOptions;
  #drawnAt = -Infinity;
  #visible = false;

  constructor(options: ProgressLineOptions) {
    this.#options = options;
  }

  /** Shows the progress, unless the last drawing is younger than a tenth of a second. */
  update(progress: Progress): void {
    const { stream, color = false, now = () => performance.now() } = this.#options;
    if (!stream.isTTY) return;
    const at = now();
    if (at - this.#drawnAt < redrawMs) return;
    this.#drawnAt = at;
    this.#visible = true;
    stream.write(`\r${renderProgress({ ...progress, width: stream.columns ?? 80, color })}\x1b[K`);
  }

  /** Takes the line away, so that something else can be printed; the next update draws it again. */
  clear(): void {
    if (!this.#visible) return;
    this.#visible = false;
    this.#drawnAt = -Infinity;
    this.#options.stream.write("\r\x1b[K");
  }
}
