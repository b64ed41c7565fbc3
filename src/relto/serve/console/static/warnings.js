// Adds messages to the page of warnings as the node hears them. All text is set as text.
const MOST = 100;
const live = document.getElementById("live");
const state = document.getElementById("state");
const list = document.getElementById("messages");
const labels = list.dataset.labels.split("|");

function cell(label, content) {
  const made = document.createElement("td");
  made.dataset.label = label;
  made.append(content);
  return made;
}

function row(one) {
  const made = document.createElement("tr");
  const link = document.createElement("a");
  link.href = one.holding;
  link.textContent = one.says;
  const stream = `${one.stream} ${one.number}`;
  const parts = [one.at, link, one.way, one.hops, one.mark, stream];
  made.append(...parts.map((part, i) => cell(labels[i], part)));
  return made;
}

function say(text) {
  if (state.textContent !== text) state.textContent = text;
}

const source = new EventSource(`/desk/warnings/feed?after=${live.dataset.after}`);
let patience = 0; // the server ends each answer after a while; only what stays away is told
source.addEventListener("open", () => { clearTimeout(patience); say(live.dataset.live); });
source.addEventListener("error", () => {
  if (source.readyState === EventSource.CLOSED) { clearTimeout(patience); say(live.dataset.ended); }
  else { clearTimeout(patience); patience = setTimeout(() => say(live.dataset.lost), 3000); }
});
source.addEventListener("messages", (event) => {
  const { rows, passed } = JSON.parse(event.data);
  for (const one of rows) list.prepend(row(one));
  while (list.children.length > MOST) list.lastElementChild.remove();
  state.removeAttribute("lang");
  say(passed ? `${live.dataset.live}. ${live.dataset.passed} ${passed}` : live.dataset.live);
});
source.addEventListener("unopened", (event) => { // the rest goes on
  const { says, language } = JSON.parse(event.data);
  state.lang = language;
  say(says);
});
source.addEventListener("refused", (event) => {
  source.close();
  const { says, language } = JSON.parse(event.data);
  state.lang = language;
  say(says);
});
