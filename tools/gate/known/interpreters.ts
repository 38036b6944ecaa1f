import type { Run } from "../commands/resolved-words.ts";

export function isShell(name: string | undefined): boolean {
  return /^(?:sh|[rl]?bash|zsh|dash|ksh\d*|mksh|oksh|yash|fish|ash|csh|tcsh|elvish|xonsh|nu|pwsh|rc|busybox)$/.test(
    name ?? "",
  );
}

export function isPython(name: string | undefined): boolean {
  return /^(?:python|pypy|ipython|jython|micropython)[\d.]*t?$/.test(name ?? "");
}

export function isAwk(name: string | undefined): boolean {
  return /^(?:[gmn]?awk|original-awk|goawk)$/.test(name ?? "");
}

export function isInterpreter(name: string | undefined): boolean {
  return (
    isPython(name) ||
    isAwk(name) ||
    /^(?:perl[\d.]*|raku|ruby[\d.]*|j?irb|node[\d.]*|nodejs|deno|bun|qjs|d8|gjs|php\d*|lua[\d.]*|luajit|texlua|tclsh[\d.]*|wish[\d.]*|expect|guile[\d.]*|osascript|R|Rscript|julia|elixir|erl|escript|ocaml|runghc|racket|scheme|chez|sbcl|clisp|ecl|groovy|jshell|octave|gnuplot|gdb|lldb)$/.test(
      name ?? "",
    )
  );
}

/** Whether a shell or an interpreter gets no file, and so runs what comes in. */
export function readsItsInput({ name, arguments: words }: Run): boolean {
  if (!isShell(name) && (!isInterpreter(name) || isAwk(name))) return false;
  if (
    words.some((word) => /^(?:-|\/dev\/(?:stdin|fd\/\d+|tcp\/.*|udp\/.*)|\/proc\/self\/fd\/\d+)$/.test(word))
  )
    return true;
  if (name === "busybox" || /^(?:gdb|lldb|erl|julia|R|octave|gnuplot|groovy)$/.test(name ?? "")) return false;
  if (
    words.some((word) =>
      /^--?(?:version|help|V|v|h|print-\w+|e|eval|m|c|r|p|print|config|dump\w*|l|n|i18n)$/i.test(word),
    )
  )
    return false;
  return (
    words.every((word, at) => /^[-+]/.test(word) && !holdsCode(word, words[at + 1])) &&
    !words.some(isCodeOption)
  );
}

function holdsCode(word: string, next: string | undefined): boolean {
  return next === undefined && isCodeOption(word);
}

/** `-c`, `-e`, also with the code behind it in the same word. */
function isCodeOption(word: string): boolean {
  return /^-[A-Za-z0-9]*[cemrpn]/.test(word) || /^--(?:eval|execute|print|command)\b/.test(word);
}

/** What an interpreter's code, given on the command line, is and loads; undefined where there is none. */
export function codeGivenTo({ name, arguments: words }: Run): string | undefined {
  if (!isInterpreter(name)) return undefined;
  if (isAwk(name)) return words.join("\n");
  if (isPython(name) && words[0] === "-m" && takesNoCode.test(words[1] ?? "")) return undefined;
  return words.some((word) => isCodeOption(word) || /^-[MmrIl]/.test(word)) ||
    /^(?:gdb|lldb|R|Rscript|julia|erl)$/.test(name ?? "")
    ? // Code may follow its option without a blank.
      words.map((word) => word.replace(/^(-[A-Za-z0-9]*?[cer])(?=.)/, "$1\n")).join("\n")
    : undefined;
}

/** Modules whose arguments are files, folders and options. */
const takesNoCode = /^(?:venv|build|installer|compileall)$/;

/** Code that reaches further than its own variables: it runs, loads or fetches something, or unpacks hidden text. */
export function runsSomething(text: string): boolean {
  return (
    /\b(?:exec\w*|eval|evalFile|compile|system2?|popen\d?|p?spawn\w*|fork|subprocess|shell_exec|passthru|proc_open|pcntl_exec|pty|runpy|importlib|ctypes|cffi|urllib\d?|urlopen|urlretrieve|requests|httpx|aiohttp|http\.client|ftplib|smtplib|telnetlib|xmlrpc|asyncore|asyncio|socket|TCPSocket|open-uri|base64|codecs|fromhex|unhexlify|binascii|zlib|marshal|pickle|__import__|__builtins__|getattr|globals|child_process|worker_threads|fetch|XMLHttpRequest|https?:|ftps?:|LWP|HTTP::\w+|IO::Socket|Net::\w+|open3|open2|qx|unpack|pack|chr|atob|Buffer|instance_eval|class_eval|const_get|fsockopen|curl_\w+|file_get_contents|loadstring|loadfile|dofile|ffi|syscall|CPAN|install\.packages|download\.file|Pkg\.add|url-retrieve)\b|`|%x[^\w\s]/.test(
      text,
    ) ||
    // Another file or module in place of what can be read here.
    /\brequire\s*\(?\s*["'](?:node:)?(?:https?|net|tls|dgram|dns|vm|module|cluster|inspector|http2|undici|\.|\/)|\bimport\s*\(|\bimport\s+(?:pip|ensurepip|setuptools\.command|conda)\b|\bfrom\s+pip\b|\b(?:do|load|require|require_relative|include|include_once|require_once|source)\s*\(?\s*["']?(?:\.{0,2}\/|[$~]|[\w-]+\.(?:p[lm]|rb|php|lua|tcl|scm|inc|sh)\b)|\bFunction\s*\(|\bprocess\.(?:binding|dlopen)|\bos\.(?:execute|exec\w*|spawn\w*|posix_spawn\w*|startfile)|\bio\.popen|\bKernel\b|\bopen\s*\(?[^)]*["'][^"']*\|/.test(
      text,
    ) ||
    // chmod with setuid in whatever language.
    /\bchmod\b[^;\n]*\b0?o?0*[2-7][0-7]{3}\b/.test(text)
  );
}
