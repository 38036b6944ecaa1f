const value = String.raw`(?:[\w.:/@%+=,-]+|'[\w .:/@%+=,<>()~#-]*'|"[\w .:/@%+=,<>()~#-]*")`;
const list = String.raw`\([ \n]*(?:${value}(?:[ \n]+${value})*[ \n]*)?\)`;
const readAlike = new RegExp(String.raw`^(?:(?:[A-Za-z_]\w*=(?:${value}|${list})?|#[\w .:/@%+=,-]*)?\n)*$`);

/**
 * Whether a text consists of nothing but assignments of plain words, one to a line: every reader of bash takes those
 * for the same, and none has to be asked.
 */
export function isReadAlike(text: string): boolean {
  return text.length < longest && readAlike.test(text);
}

/** In UTF-16 code units: the expression may go back over a text. */
const longest = 10_000;
