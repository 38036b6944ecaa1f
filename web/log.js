// Shows lines of a log as they are written, below the phase that they belong to, and follows its end.

const most = 20_000;
const log = document.getElementById("log");
const tools = document.getElementById("tools");

if (log) {
  let next = Number(log.dataset.next);
  let following = log.dataset.live !== "" && location.hash === "";
  showLinked();
  addEventListener("hashchange", showLinked);

  if (log.dataset.live !== "") {
    const follow = checkbox("Follow the end");
    follow.checked = following;
    follow.addEventListener("change", () => {
      following = follow.checked;
      if (following) toEnd();
    });
    for (const kind of ["wheel", "keydown", "touchmove"]) {
      log.addEventListener(
        kind,
        () => {
          const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
          follow.checked = following = atEnd && log.dataset.live !== "";
        },
        { passive: true },
      );
    }
    const address = new URL(log.dataset.live, location.href);
    address.searchParams.set("offset", log.dataset.end);
    const events = new EventSource(address);
    events.addEventListener("message", (event) => append(JSON.parse(event.data)));
    events.addEventListener("end", async () => {
      events.close();
      log.dataset.live = "";
      await showEnd();
    });
  }
  if (following || (location.hash === "" && !new URLSearchParams(location.search).has("line"))) toEnd();

  function toEnd() {
    log.scrollTop = log.scrollHeight;
  }

  function append(lines) {
    for (const line of lines) place(render(line, next++), line.kind);
    for (let all = log.getElementsByClassName("line"); all.length > most;) {
      const [first] = all;
      const parent = first.closest("#log > div");
      first.remove();
      if (parent.getElementsByClassName("line").length === 0) parent.remove();
    }
    if (following) toEnd();
  }

  function place(line, kind) {
    if (kind === "phase") {
      const phase = document.createElement("div");
      const folds = document.createElement("details");
      const head = document.createElement("summary");
      phase.className = "phase";
      folds.open = true;
      head.className = line.className;
      head.id = line.id;
      // The link of its number stands beside what folds.
      const [link, text] = line.children;
      head.append(document.createElement("span"), text);
      folds.append(head);
      phase.append(link, folds);
      log.append(phase);
      return;
    }
    if (!log.lastElementChild) log.append(document.createElement("div"));
    (log.lastElementChild.querySelector("details") ?? log.lastElementChild).append(line);
  }

  /** A line that is linked to and isn't here is on another part of the log. */
  function showLinked() {
    const line = Number(/^#L(\d+)$/.exec(location.hash)?.[1]);
    if (!line || line > Number(log.dataset.lines)) return;
    const there = document.getElementById(`L${line}`);
    if (!there) location.replace(`?line=${line}#L${line}`);
    else {
      there.closest("details")?.setAttribute("open", "");
      there.scrollIntoView({ block: "center" });
    }
  }
}

/** Text alone: what a build wrote is never taken for HTML. */
function render({ pieces, kind }, number) {
  const line = document.createElement("div");
  line.className = `line ${kind}`;
  line.id = `L${number}`;
  const link = document.createElement("a");
  link.href = `#L${number}`;
  link.textContent = String(number);
  const text = document.createElement("span");
  for (const [piece, style] of pieces) {
    const part = document.createElement("span");
    part.className = style;
    part.textContent = piece;
    text.append(part);
  }
  line.append(link, text);
  return line;
}

function checkbox(name) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  input.type = "checkbox";
  label.append(input, ` ${name}`);
  tools.append(label);
  return input;
}

/** The facts above the log, as they are now that the build has ended. */
async function showEnd() {
  const answer = await fetch(location.href).catch(() => undefined);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of ["#status", "dl", ".contents"]) {
    const now = page.querySelector(part);
    if (now) document.querySelector(part)?.replaceWith(now);
  }
  const [actions, now] = [document, page].map((from) => from.querySelector(".actions"));
  if (!actions) return;
  actions.dataset.offers = now?.dataset.offers ?? "[]";
  actions.dispatchEvent(new Event("offers"));
}
