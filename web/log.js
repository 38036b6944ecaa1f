// Shows lines of a log as they are written, follows its end, and searches what is shown.

const most = 20_000;
const log = document.getElementById("log");
const tools = document.getElementById("tools");

if (log) {
  let next = Number(log.dataset.next);
  let following = true;

  const follow = control("checkbox", "Follow the end");
  follow.checked = log.dataset.live !== "";
  follow.addEventListener("change", () => {
    following = follow.checked;
    if (following) log.scrollTop = log.scrollHeight;
  });
  following = follow.checked;
  if (following && location.hash === "") log.scrollTop = log.scrollHeight;

  const search = control("search", "Search");
  search.addEventListener("input", () => {
    const wanted = search.value.toLowerCase();
    let first;
    for (const line of log.children) {
      const found = wanted !== "" && line.lastElementChild.textContent.toLowerCase().includes(wanted);
      line.classList.toggle("found", found);
      first ??= found ? line : undefined;
    }
    first?.scrollIntoView({ block: "center" });
  });

  log.addEventListener("wheel", () => stopFollowing(), { passive: true });
  log.addEventListener("keydown", () => stopFollowing());

  function stopFollowing() {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    follow.checked = following = atEnd && log.dataset.live !== "";
  }

  function append(lines) {
    const added = document.createDocumentFragment();
    for (const line of lines) added.append(render(line, next++));
    log.append(added);
    while (log.children.length > most) log.firstElementChild.remove();
    if (following) log.scrollTop = log.scrollHeight;
  }

  if (log.dataset.live !== "") {
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

function control(type, name) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  input.type = type;
  label.append(...(type === "checkbox" ? [input, ` ${name}`] : [`${name} `, input]));
  tools.append(label);
  return input;
}

/** The facts above the log, as they are now that the build has ended. */
async function showEnd() {
  const answer = await fetch(location.href).catch(() => undefined);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of ["#status", "dl"]) {
    const now = page.querySelector(part);
    if (now) document.querySelector(part)?.replaceWith(now);
  }
}
