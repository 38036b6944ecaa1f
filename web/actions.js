// What somebody with a token may do. The token stays in this tab and goes along in a header, never as a cookie.

const key = "sluice-token";
const root = new URL(document.querySelector("a.home").getAttribute("href"), location.href);

for (const place of document.querySelectorAll(".actions")) {
  draw(place);
  place.addEventListener("offers", () => draw(place));
}

function draw(place) {
  const said = place.querySelector("output") ?? document.createElement("output");
  place.replaceChildren(...(sessionStorage.getItem(key) ? buttons(place, said) : asking(place, said)), said);
}

function asking(place, said) {
  const form = document.createElement("form");
  const label = document.createElement("label");
  const field = document.createElement("input");
  field.type = "password";
  field.autocomplete = "off";
  field.required = true;
  label.append("Token ", field);
  const enter = document.createElement("button");
  enter.textContent = "Use it to change something";
  form.append(label, " ", enter);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await ask("api/token", { token: field.value.trim() });
    if (!answer.ok) return tell(said, answer);
    sessionStorage.setItem(key, field.value.trim());
    for (const each of document.querySelectorAll(".actions")) draw(each);
  });
  return [form];
}

function buttons(place, said) {
  const labels = place.dataset.labels.split("|");
  const made = place.dataset.offers.split(" ").map((offer, n) => {
    const undo = offer.startsWith("undo-");
    const action = undo ? offer.slice("undo-".length) : offer;
    return button(labels[n], async () => {
      const asked = { action, of: place.dataset.of, undo };
      tell(said, await ask("api/actions", { asked }));
    });
  });
  const forget = button("Forget the token", () => {
    sessionStorage.removeItem(key);
    for (const each of document.querySelectorAll(".actions")) draw(each);
  });
  forget.className = "quiet";
  return [...made, forget];
}

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}

async function ask(path, { asked, token = sessionStorage.getItem(key) }) {
  const answer = await fetch(new URL(path, root), {
    method: asked ? "POST" : "GET",
    credentials: "omit",
    headers: { authorization: `Bearer ${token}`, ...(asked && { "content-type": "application/json" }) },
    ...(asked && { body: JSON.stringify(asked) }),
  }).catch(() => undefined);
  const { message = "The server can't be reached.", hint } =
    (await answer?.json().catch(() => undefined)) ?? {};
  return { ok: answer?.ok ?? false, message: hint ? `${message}. ${hint}` : message };
}

function tell(said, { ok, message }) {
  said.className = ok ? "good" : "bad";
  said.textContent = message;
}
