// The desk without this is whole: it only counts down while a page stands open, and adds keys.
const MINUTE = 60000;
const loaded = performance.now();

function parts(seconds) {
  // by the node's clock: what was left when the page was made, less how long it stands open here
  const minutes = Math.max(0, Math.ceil((seconds * 1000 - (performance.now() - loaded)) / MINUTE));
  return [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
}

function units() {
  // the words of the page's own language stand in what the server wrote: "4 d 15 h", "4일 15시간"
  return document.documentElement.lang === "ko" ? ["일", "시간", "분", " ", ""]
    : document.documentElement.lang === "ja" ? ["日", "時間", "分", "", ""] : ["d", "h", "min", " ", " "];
}

function count() {
  for (const one of document.querySelectorAll("[data-left]")) {
    const left = parts(Number(one.dataset.left));
    if (!left.some(Boolean)) { location.reload(); return; }
    const [day, hour, minute, joint, gap] = units();
    const names = [day, hour, minute];
    one.textContent = left.map((n, i) => (n ? `${n}${gap}${names[i]}` : "")).filter(Boolean).join(joint);
  }
}

if (document.querySelector("[data-left]")) setInterval(count, 1000);

const day = document.getElementById("day");
if (day) {
  const begin = Date.parse(`${day.dataset.begin}T00:00Z`);
  const tell = () => {
    const at = new Date(begin + day.value * 86400000).toISOString().slice(0, 10);
    document.getElementById("day-shown").textContent = at;
    day.setAttribute("aria-valuetext", at);
  };
  day.addEventListener("input", tell);
  day.addEventListener("pointerup", () => { if (day.value !== day.defaultValue) day.form.submit(); });
  tell();
}

// what a form asks for, shown as soon as it is chosen. The parser of the request makes the nodes, so no text becomes markup here
let asking = null;
function ask(form) {
  const target = `${form.action.split("?")[0]}?${new URLSearchParams(new FormData(form))}`;
  asking?.abort();
  asking = new XMLHttpRequest();
  asking.responseType = "document";
  asking.open("GET", target);
  asking.onload = () => {
    const found = asking.response?.getElementById(form.dataset.live);
    if (!found || asking.status !== 200) { location.assign(target); return; }
    document.getElementById(form.dataset.live).replaceChildren(...found.childNodes);
    history.replaceState(null, "", target);
  };
  asking.send();
}
document.addEventListener("change", (event) => { // the form may come and go: what is refused is shown again with its page
  const form = event.target.closest("form[data-live]");
  if (form) ask(form);
});

const GOES = { a: "/desk/", f: "/desk/flows", r: "/desk/release", i: "/desk/inbox", o: "/desk/outbox", b: "/desk/brief", l: "/desk/ledger", s: "/desk/settings" };
let before = "";
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  if (event.key === "/") {
    const field = document.getElementById("search");
    if (field) { event.preventDefault(); field.focus(); }
  } else if (event.key === "?") {
    location.assign("/desk/settings#keys");
  } else if (before === "g" && GOES[event.key]) {
    location.assign(GOES[event.key]);
  }
  before = event.key;
});
