// Keeps clocks running, and asks where in the line one stands. Without it the pages say the same, as of when they were made.
"use strict";
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
const clocks = [...document.querySelectorAll("[data-left]")].map((where) => ({ where, ends: Date.now() + 1000 * Number(where.dataset.left) }));
const line = document.querySelector("[data-line]");

function tick() {
  let over = false;
  for (const { where, ends } of clocks) {
    const left = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
    where.textContent = clock(left);
    over ||= left === 0;
  }
  if (over && !line) location.reload();
  else setTimeout(tick, 1000);
}
if (clocks.length) setTimeout(tick, 1000);

async function look() {
  try {
    const answer = await fetch(line.dataset.line, { headers: { Accept: "application/json" } });
    if (answer.ok) {
      const standing = await answer.json();
      if (standing.admitted) { location.reload(); return; }
      const ahead = line.querySelector("[data-ahead]");
      if (ahead.textContent !== String(standing.ahead)) ahead.textContent = String(standing.ahead);   // a screen reader says it only when it changes
      clocks.forEach((each) => { each.ends = Date.now() + 1000 * standing.wait_seconds; });
    } else if (answer.status === 401 || answer.status === 403) { location.reload(); return; }
  } catch { /* no answer: the service may be moving; the place is kept, so ask again */ }
  setTimeout(look, 3000);
}
if (line) setTimeout(look, 3000);
