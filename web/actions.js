// What somebody with a token may do. The token stays in this tab and goes along in a header, never as a cookie.

const key = "sluice-token";
const root = new URL(document.querySelector("a.home").getAttribute("href"), location.href);
const place = document.querySelector(".actions");
const said = document.createElement("output");

if (place) {
  draw();
  place.addEventListener("offers", draw);
}

function draw() {
  const offers = JSON.parse(place.dataset.offers);
  const holder = JSON.parse(sessionStorage.getItem(key));
  place.replaceChildren(...(offers.length === 0 ? [] : holder ? buttons(offers, holder) : [asking()]), said);
}

function asking() {
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
    const token = field.value.trim();
    const { ok, answer, message } = await ask("api/token", token);
    if (!ok) return tell(false, message);
    sessionStorage.setItem(key, JSON.stringify({ token, name: answer.name, allows: answer.allows }));
    tell(true, "");
    draw();
  });
  return form;
}

/** What the token doesn't allow isn't offered, and how to get a token that does is said. */
function buttons(offers, { token, name, allows }) {
  const allowed = offers.filter(({ action }) => allows.includes(action));
  const made = allowed.map(({ label, ...offer }) =>
    button(label, async () => {
      const { ok, status, message } = await ask("api/actions", token, { undo: false, ...offer });
      // It was revoked, or made anew.
      if (status === 401) forget();
      tell(ok, message);
    }),
  );
  const others = [...new Set(offers.map(({ action }) => action))].filter((one) => !allows.includes(one));
  const leave = button("Forget the token", forget);
  leave.className = "quiet";
  return [...made, leave, ...(others.length === 0 ? [] : [lacking(name, allows, others)])];
}

function lacking(name, allows, others) {
  const note = document.createElement("p");
  const command = document.createElement("code");
  command.textContent = `sluice token make ${name} --allow ${[...allows, ...others].join(",")}`;
  note.append(`The token ${name} doesn't allow ${others.join(", ")}. One that does: `, command);
  return note;
}

function forget() {
  sessionStorage.removeItem(key);
  draw();
}

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}

async function ask(path, token, asked) {
  const answer = await fetch(new URL(path, root), {
    method: asked ? "POST" : "GET",
    credentials: "omit",
    headers: { authorization: `Bearer ${token}`, ...(asked && { "content-type": "application/json" }) },
    ...(asked && { body: JSON.stringify(asked) }),
  }).catch(() => undefined);
  const body = (await answer?.json().catch(() => undefined)) ?? {};
  const { message = "The server can't be reached.", hint } = body;
  const told = hint ? `${message}. ${hint}` : message;
  return { ok: answer?.ok ?? false, status: answer?.status, answer: body, message: told };
}

function tell(ok, message) {
  said.className = ok ? "good" : "bad";
  said.textContent = message;
}
