/** A stretch of time as people say it: `1.2 s`, `3 min 5 s`, `2 h 4 min`, `3 days`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds) / 60;
  if (minutes < 60) return inTwo(Math.floor(minutes), "min", Math.round(seconds) % 60, "s");
  const hours = Math.round(minutes) / 60;
  if (hours < 48) return inTwo(Math.floor(hours), "h", Math.round(minutes) % 60, "min");
  return `${Math.floor(hours / 24)} days`;
}

/** A moment by this machine's clock, and how far it is from now: `14:03 (5 min 0 s ago)`, `2026-06-01 14:03 (in 3 days)`. */
export function moment(time: number, now: number): string {
  const [day, clock] = local(time);
  const distance = duration(Math.abs(now - time)).replace(/\.\d s$/, " s");
  const relative = time > now ? `in ${distance}` : `${distance} ago`;
  return `${day === local(now)[0] ? "" : `${day} `}${clock} (${relative})`;
}

function local(time: number): [day: string, clock: string] {
  const date = new Date(time);
  const [year, month, day, hour, minute] = [
    date.getFullYear(),
    date.getMonth() + 1,
    date.getDate(),
    date.getHours(),
    date.getMinutes(),
  ].map((part) => String(part).padStart(2, "0"));
  return [`${year}-${month}-${day}`, `${hour}:${minute}`];
}

function inTwo(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
}
