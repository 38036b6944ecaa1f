import { StringDecoder } from "node:string_decoder";

/** A line of a log, as text that steers nothing: each piece with the style that its colour stands for. */
export interface LogLine {
  readonly pieces: readonly (readonly [text: string, style: Style])[];
  /** `phase`: a step of makepkg begins; `note`: a line of Sluice's own, or a warning of makepkg's. */
  readonly kind: "phase" | "note" | "error" | "plain";
}

type Style = "" | "bold" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan";

/** Turns bytes into lines as they come. */
export interface LineReader {
  /** The lines that these bytes complete. */
  push(bytes: Uint8Array): readonly LogLine[];
  /** The line that nothing completed, where there is one. */
  end(): readonly LogLine[];
  /** How many of the bytes belong to lines that are complete. */
  readonly consumed: number;
}

/** Characters of a line that are kept; progress bars and binary files write longer ones. */
const longestLine = 4096;

/** Bytes without a line's end that are held back at most. */
export const heldBack = 16 * longestLine;

export function lineReader(): LineReader {
  let rest: Buffer = Buffer.alloc(0);
  let consumed = 0;
  return {
    get consumed() {
      return consumed;
    },
    push(bytes) {
      const all = Buffer.concat([rest, bytes]);
      const end = all.length > heldBack && !all.includes(10) ? all.length : all.lastIndexOf(10) + 1;
      rest = all.subarray(end);
      consumed += end;
      return end === 0 ? [] : readLines(all.subarray(0, end));
    },
    end() {
      const lines = rest.length === 0 ? [] : readLines(rest);
      consumed += rest.length;
      rest = Buffer.alloc(0);
      return lines;
    },
  };
}

/** The lines of these bytes; the end of the last one may be missing. */
export function readLines(bytes: Uint8Array): LogLine[] {
  const text = new StringDecoder("utf8").end(bytes);
  return text.replace(/\n$/, "").split("\n").map(readLine);
}

// Operating system commands, device control strings and the like; control sequences; other escapes.
// oxlint-disable-next-line no-control-regex
const escapes = /\u001b(?:[\]PX^_].*?(?:\u0007|\u001b\\|$)|\[([0-?]*)[ -/]*([@-~])|[ -/]*.?)/g;

/** Controls, and what changes the direction of text, so that a line can't look like another. */
const invisible = /(?!\t)\p{Cc}|[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** One line without its end. Of what a carriage return overwrites, the last is shown. */
export function readLine(text: string): LogLine {
  const shown = text.replace(/\r+$/, "").replace(/^.*\r/s, "");
  const cut = shown.length > longestLine ? `${shown.slice(0, longestLine)} …` : shown;
  const pieces: [string, Style][] = [];
  let style: Style = "";
  let at = 0;
  const add = (piece: string): void => {
    const visible = piece.replace(invisible, "");
    if (visible === "") return;
    const last = pieces.at(-1);
    if (last?.[1] === style) last[0] += visible;
    else pieces.push([visible, style]);
  };
  for (const match of cut.matchAll(escapes)) {
    add(cut.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[2] === "m") style = nextStyle(style, match[1] ?? "");
  }
  add(cut.slice(at));
  return { pieces, kind: kindOf(pieces.map(([piece]) => piece).join("")) };
}

const colours: readonly Style[] = ["", "red", "green", "yellow", "blue", "magenta", "cyan", ""];

/** Select Graphic Rendition (ECMA-48): the eight colours and bold; of 256 or more colours none. */
function nextStyle(style: Style, parameters: string): Style {
  const numbers = parameters.split(/[;:]/).map(Number);
  if (numbers.includes(38) || numbers.includes(48)) return "";
  return numbers.reduce<Style>((current, number) => {
    if (number === 0 || number === 39) return "";
    if (number === 1) return current === "" ? "bold" : current;
    if (number >= 30 && number <= 37) return colours[number - 30]!;
    return number >= 90 && number <= 97 ? colours[number - 90]! : current;
  }, style);
}

function kindOf(text: string): LogLine["kind"] {
  if (
    /^==> ERROR:|(?:^|[\s:])(?:fatal )?error(?:\[\w+\])?:|^make.*\*\*\* |^:: (?:failed|timed-out)\b/i.test(
      text,
    )
  )
    return "error";
  if (/^(?::: |==> WARNING:)/.test(text)) return "note";
  return text.startsWith("==> ") ? "phase" : "plain";
}
