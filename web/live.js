// Keeps a page up to date: after each event its live part is asked for again, at most once a second.

const live = document.querySelector("[data-live]");
const root = new URL(document.querySelector("a.home").getAttribute("href"), location.href);
let waiting = false;

async function refresh() {
  if (waiting) return;
  waiting = true;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  waiting = false;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => undefined);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.querySelector("[data-live]");
  // Who is choosing a link or a word is left alone until the next event.
  if (next && !live.contains(document.activeElement) && getSelection()?.isCollapsed !== false)
    live.replaceChildren(...next.childNodes);
  takeOffers(page);
}

/** What can be done may be something else now. */
function takeOffers(page) {
  const [place, now] = [document, page].map((from) => from.querySelector(".actions"));
  const offers = now?.dataset.offers ?? "[]";
  if (!place || place.dataset.offers === offers) return;
  place.dataset.offers = offers;
  place.dispatchEvent(new Event("offers"));
}

const events = new EventSource(new URL("api/events", root));
// Between the page's making and the stream's beginning something may have happened.
events.addEventListener("open", refresh);
events.addEventListener("build", refresh);
events.addEventListener("missed", refresh);
