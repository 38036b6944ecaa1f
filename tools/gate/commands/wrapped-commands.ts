import { nameOf, type Run } from "./resolved-words.ts";

/** The command itself, and those that its arguments may name for it to run. */
export function withWrapped(run: Run): Run[] {
  if (run.name === undefined || !wrappers.test(run.name) || onlyLooksUp(run)) return [run];
  const runs = [run];
  const words = run.arguments
    .flatMap((word) => (/\s/.test(word) ? word.split(/[\s;|&()]+/) : [word]))
    .slice(0, 200);
  for (const [at, word] of words.entries()) {
    const before = at === 0 ? run.name : (words[at - 1] ?? "");
    if (
      /^[\w./-]+$/.test(word) &&
      (!alsoWords.test(word) || (wrappers.test(nameOf(before)) && before !== "make"))
    )
      runs.push({ program: word, name: nameOf(word), arguments: words.slice(at + 1) });
  }
  return runs;
}

/** `command -v npm` says where npm is. */
function onlyLooksUp({ name, arguments: [option] }: Run): boolean {
  return name === "command" && /^-[vV]$/.test(option ?? "");
}

/** Programs that run another one given among their arguments. */
const wrappers =
  /^(?:env|command|exec|builtin|sudo|doas|su|pkexec|run0|xargs|nice|ionice|chrt|taskset|prlimit|time|timeout|nohup|setsid|stdbuf|unbuffer|fakeroot|fakechroot|unshare|chroot|arch-chroot|bwrap|firejail|busybox|toybox|find|fd|parallel|watch|strace|ltrace|script|faketime|proxychains4?|torsocks|flock|xvfb-run|dbus-run-session|dbus-launch|systemd-run|catchsegv|valgrind|perf|gdb|ld-linux\S*|setarch|linux32|linux64|i386|sh|bash|zsh|dash|ksh|fish|ash|eval|coproc|not|if|then|do|make)$/;

/** Names of programs that more often are something else among another's arguments. */
const alsoWords =
  /^(?:n|ni|cs|am|at|act|host|img|bk|got|jj|repo|west|sdk|tea|trust|batch|rc|nu|GET|POST|https?|R|kind|image|links|ht|drill)$/;
