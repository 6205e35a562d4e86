"use strict";
// The teacher's page. Text from the class only ever becomes text: no element is made from it.
const WORDS = JSON.parse(document.getElementById("words").textContent);
const EVERY = 2000; // milliseconds between two looks
const READ_FIRST = 700; // so long a question takes no Yes
const HALF = 15; // more students than this stand in two tables, where there is room
const at = id => document.getElementById(id);
const kept = { // for this tab alone; a reload shows no name that was hidden
  get: name => { try { return sessionStorage.getItem(`ppio-class-${name}`); } catch { return null; } },
  set: (name, value) => { try { sessionStorage.setItem(`ppio-class-${name}`, value); } catch { /* until it is closed */ } },
};
const here = new URL(location.href).pathname.replace(/\/page$/, "");
let seen = null; // the last answer, and when it came
let seenAt = 0;
let looks = 0; // how many were begun
let newest = 0; // of those that ended: one begun earlier may end later
let doubt = ""; // what was asked for last, where no answer came
let hidden = kept.get("names") === "hidden";
let language = kept.get("language") ?? (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");
const key = takeKey();

function takeKey() {
  // Out of the address at once: a projector shows it.
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (given) {
    kept.set("key", given);
    history.replaceState(null, "", location.pathname);
  }
  return given ?? kept.get("key") ?? "";
}

function say(name, given = {}) {
  return WORDS[language][name].replace(/\{(\w+)\}/g, (_whole, part) => given[part]);
}

function verbOf(verb) {
  return say("verb", { what: say(`verb.${verb}`), verb });
}

function plain(text) {
  return String(text ?? "").replace(/\p{C}/gu, "\uFFFD");
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tell(text, bad = false) {
  at("told").classList.toggle("bad", bad);
  write(at("told"), text);
}

function made(tag, parent, css = "") {
  const element = document.createElement(tag);
  if (css) element.className = css;
  return parent.appendChild(element);
}

function yuan(amount) {
  return amount == null ? "–" : `${amount < 0 ? "-" : ""}¥${Math.abs(amount).toFixed(2)}`;
}

function span(seconds) {
  const minutes = Math.max(0, Math.floor(seconds / 60));
  return minutes < 60 ? say("minutes", { n: minutes }) : say("hours_minutes", { h: Math.floor(minutes / 60), m: minutes % 60 });
}

function time() {
  return seen.now + (seen.rate * (performance.now() - seenAt)) / 1000;
}

function nameOf(student) {
  const place = seen.students.findIndex(one => one.student === student);
  return hidden ? `#${place + 1}` : plain(seen.students[place]?.name || student);
}

async function ask(path, body) {
  const answer = await fetch(here + path, {
    method: body ? "POST" : "GET",
    headers: { Authorization: `Bearer ${key}`, ...(body && { "Content-Type": "application/json" }) },
    body: body && JSON.stringify(body),
    cache: "no-store",
    signal: AbortSignal.timeout(8000),
  });
  if (answer.ok) return answer;
  if (answer.status === 401 || answer.status === 403) throw new Error(say("bad_key"));
  const { message, metadata } = await answer.json().catch(() => ({}));
  const ours = WORDS[language][`wrong.${metadata?.field}`];
  if (message || answer.status < 500) throw new Error(say("refused", { words: ours ?? plain(message ?? answer.status) }));
  throw new TypeError(say("lost")); // a gateway's answer is none of the class
}

async function look() {
  const mine = ++looks;
  try {
    const answer = await (await ask("")).json();
    if (mine < newest) return;
    newest = mine;
    seen = answer;
    seenAt = performance.now();
    show();
    if (at("told").dataset.lost) tell(doubt, Boolean(doubt));
    delete at("told").dataset.lost;
  } catch (error) {
    if (mine < newest) return;
    newest = mine;
    at("told").dataset.lost = "yes";
    tell(error.message === say("bad_key") ? error.message : say("lost"), true);
  }
}

async function watch() {
  if (!document.hidden) await look();
  setTimeout(watch, EVERY);
}

async function act(verb, body, what) {
  doubt = "";
  try {
    const { count } = await (await ask(`/${verb}`, body)).json();
    const done = say("done", { what: count === undefined ? what : `${what} · ${say("taken", { n: count })}` });
    tell(doubt || done, Boolean(doubt)); // of another lever, pulled meanwhile
  } catch (error) {
    if (error.name !== "Error") doubt = say("unsure", { what });
    tell(doubt || error.message, true);
  }
  await look();
}

function show() {
  const { lesson, students, incidents, rate } = seen;
  write(at("title"), plain(lesson.title[language]));
  document.title = at("title").textContent;
  for (const button of document.querySelectorAll("[data-rate]"))
    button.setAttribute("aria-pressed", String(Number(button.dataset.rate) === rate));
  const waiting = incidents.map(one => `${verbOf(one.verb)} · ${one.student ? nameOf(one.student) : say("all")} · ×${one.times}`);
  write(at("sums"), [
    say("students", { n: students.length }),
    say("on_now", { n: students.reduce((n, one) => n + one.on.length, 0) }),
    say("spent_all", { sum: yuan(students.reduce((sum, one) => sum + Number(one.spent), 0)) }),
  ].join(" · "));
  write(at("waiting"), waiting.length ? say("waiting", { what: waiting.join("; ") }) : "");
  showOptions(at("who"), [["", say("all")], ...students.map(one => [
    one.student, hidden || !one.name ? nameOf(one.student) : `${one.student} · ${plain(one.name)}`,
  ])]);
  showOptions(at("verb"), seen.verbs.map(verb => [verb, verbOf(verb)]));
  showStudents(students);
  tick();
}

function showOptions(select, options) {
  const chosen = select.value;
  options.forEach(([value, text], place) => {
    const option = select.options[place] ?? made("option", select);
    if (option.getAttribute("value") !== value) option.value = value;
    write(option, text);
  });
  while (select.options.length > options.length) select.lastChild.remove();
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}

function showStudents(students) {
  const parts = students.length > HALF ? [0, 1].map(half => {
    const middle = Math.ceil(students.length / 2);
    return students.slice(half * middle, (half + 1) * middle);
  }) : [students];
  const names = JSON.stringify(parts.map(part => part.map(one => one.student)));
  if (at("students").dataset.names !== names) {
    at("students").dataset.names = names;
    at("students").replaceChildren();
    parts.forEach(part => table(part.length));
  }
  const rows = at("students").querySelectorAll("tbody tr");
  students.forEach((student, place) => showStudent(rows[place], student));
}

function table(rows) {
  const whole = made("table", at("students"));
  const head = made("tr", made("thead", whole));
  for (const [name, css] of [["student", "who"], ["spent", "money"], ["left", "money"], ["on", "on"], ["exercises", "passed"], ["error", ""]]) {
    const cell = made("th", head, css);
    cell.scope = "col";
    cell.dataset.say = name;
    cell.textContent = say(name);
  }
  const body = made("tbody", whole);
  for (let row = 0; row < rows; row++) {
    const line = made("tr", body);
    const who = made("th", line);
    who.scope = "row";
    made("button", who).type = "button";
    made("span", who, "quiet");
    made("span", who, "unseen");
    for (const css of [["money"], ["money"], ["on", "", "quiet"], ["passed", "done", "unseen"], ["", "bad"]]) {
      const cell = made("td", line, css[0]);
      css.slice(1).forEach(one => made("span", cell, one));
    }
  }
}

function showStudent(row, student) {
  const [who, spent, left, on, passed, error] = row.cells;
  row.classList.toggle("yellow", student.yellow);
  who.firstChild.dataset.student = student.student;
  write(who.firstChild, nameOf(student.student));
  write(who.children[1], hidden || !student.name ? "" : student.student);
  write(who.lastChild, student.yellow ? say("too_long") : "");
  write(spent, yuan(student.spent));
  write(left, yuan(student.left));
  // An instance is named for its student as a rule, so its name is hidden with theirs.
  const lines = student.on.map(one => [
    hidden ? plain(one.product) : plain(one.name || one.product),
    `${span(time() - one.since)} · ${say("hourly", { price: yuan(one.hourly) })}${hidden ? "" : ` · ${plain(one.product)}`}`,
  ]);
  const [first = ["–", ""]] = lines;
  write(on.firstChild, first[0] + (lines.length > 1 ? ` +${lines.length - 1}` : ""));
  write(on.lastChild, first[1]);
  on.title = lines.map(line => line.join(" · ")).join("\n");
  const marks = seen.lesson.exercises.map(one => [one.id, student.exercises[one.id]]);
  write(passed.firstChild, marks.map(([, done]) => (done ? "✓" : done === false ? "✗" : "·")).join(""));
  passed.firstChild.setAttribute("aria-hidden", "true");
  write(passed.lastChild, say("passed_of", { n: marks.filter(([, done]) => done).length, all: marks.length }));
  passed.title = marks.map(([id, done]) => `${id} ${done ? "✓" : done === false ? "✗" : "·"}`).join("\n");
  const told = student.last_error;
  // The server's words may name who met it; the API's name of it never does.
  write(error.firstChild, told ? plain(hidden ? told.reason : `${told.reason} ${told.message}`) : "");
  error.title = error.firstChild.textContent;
}

function tick() {
  if (!seen) return;
  const zone = language === "zh" ? "zh-CN" : "en-GB";
  const shown = new Date(time() * 1000).toLocaleString(zone, { weekday: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  write(at("now"), say("class_time", { time: shown, rate: seen.rate ? `×${seen.rate}` : say("frozen") }));
}

function translate() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const one of document.querySelectorAll("[data-say]")) write(one, say(one.dataset.say));
  for (const one of document.querySelectorAll("[data-label]")) one.setAttribute("aria-label", say(one.dataset.label));
  write(at("names"), say(hidden ? "show_names" : "hide_names"));
  write(at("language"), language === "zh" ? "English" : "中文");
  at("language").lang = language === "zh" ? "en" : "zh-CN";
  write(at("theme"), say(isDark() ? "light" : "dark"));
  if (seen) show();
}

function isDark() {
  return (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
}

function hide() {
  hidden = !hidden;
  kept.set("names", hidden ? "hidden" : "");
  tell("");
  translate();
}

function number(id) {
  const field = at(id);
  if (field.value !== "" && field.checkValidity()) return Number(field.value);
  tell(say("no_number"), true);
  field.focus();
  return null;
}

// What each button sends, and in which words it is told; null for nothing to send.
const VERBS = {
  jump: () => {
    const hours = number("hours");
    return hours && [{ seconds: hours * 3600 }, `${say("jump")} ${hours} ${say("hours")}`];
  },
  incident: who => {
    const times = number("times");
    return times && [{ verb: at("verb").value, times, ...who }, `${say("incident")} ${verbOf(at("verb").value)}`];
  },
  call_off: who => [{ verb: at("verb").value, ...who }, `${say("call_off")} ${verbOf(at("verb").value)}`],
  reclaim: who => {
    const minutes = number("notice");
    return minutes === null ? null : [{ notice: minutes * 60, ...who }, say("reclaim")];
  },
  pay: who => {
    const amount = number("yuan");
    return amount && isOne(who) ? [{ yuan: String(amount), ...who }, `${say("pay")} ${yuan(amount)}`] : null;
  },
  forget_pin: who => (isOne(who) ? [who, say("forget_pin")] : null),
};

function chosen() {
  return at("who").value ? { student: at("who").value } : {};
}

function isOne(who) {
  if (!who.student) tell(say("choose"), true);
  return Boolean(who.student);
}

function shownFor(who) {
  return who.student ? nameOf(who.student) : say("all");
}

let reading;

function askReset() {
  const who = chosen();
  write(at("asked"), who.student ? say("reset_one", { who: shownFor(who) }) : say("reset_all"));
  at("ask").showModal();
  at("asked").focus();
  at("yes").disabled = true;
  clearTimeout(reading); // of a question that was cancelled
  reading = setTimeout(() => { at("yes").disabled = false; }, READ_FIRST);
  at("yes").onclick = () => {
    at("ask").close();
    act("reset", who, `${say("reset")} · ${shownFor(who)}`);
  };
}

async function save() {
  try {
    const address = URL.createObjectURL(await (await ask("/export")).blob());
    const link = document.createElement("a");
    link.href = address;
    link.download = `${seen.lesson.id}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
    tell(say("done", { what: say("export") }));
  } catch (error) {
    tell(error.name === "Error" ? error.message : say("lost"), true);
  }
}

document.addEventListener("click", event => {
  const button = event.target.closest("button");
  if (!button || !seen) return;
  if (button.dataset.rate) {
    act("clock", { rate: Number(button.dataset.rate) }, `${say("clock")} ${button.textContent}`);
  } else if (button.dataset.verb) {
    const who = chosen();
    const sent = VERBS[button.dataset.verb](who);
    if (sent) act(button.dataset.verb, sent[0], button.dataset.verb === "jump" ? sent[1] : `${sent[1]} · ${shownFor(who)}`);
  } else if (button.dataset.student) {
    at("who").value = button.dataset.student;
  }
});
document.addEventListener("keydown", event => {
  const typing = event.target.closest("input, select, dialog");
  if (event.key === "h" && !typing && !event.repeat && !event.ctrlKey && !event.metaKey && !event.altKey) hide();
});
at("tools").onsubmit = event => event.preventDefault();
at("names").onclick = hide;
at("language").onclick = () => {
  language = language === "zh" ? "en" : "zh";
  kept.set("language", language);
  tell("");
  translate();
};
at("theme").onclick = () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  kept.set("theme", document.documentElement.dataset.theme);
  translate();
};
at("reset").onclick = () => seen && askReset();
at("no").onclick = () => at("ask").close();
at("export").onclick = () => seen && save();

if (kept.get("theme")) document.documentElement.dataset.theme = kept.get("theme");
translate();
if (key) {
  at("told").dataset.lost = "yes";
  tell(say("loading"));
  setInterval(tick, 500);
  watch();
} else {
  tell(say("no_key"), true);
}
