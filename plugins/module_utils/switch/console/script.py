# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the page does: listens to the agent, and writes down what it says. Everything that comes from outside is put in as text, never as HTML."""

from __future__ import annotations

SCRIPT = r"""
'use strict';
const $ = id => document.getElementById(id);
const kept = {
  get: name => { try { return localStorage.getItem(name); } catch (e) { return null; } },
  set: (name, value) => { try { localStorage.setItem(name, value); } catch (e) { /* a private window: for this page only */ } },
};
const asked = new URLSearchParams(location.search);
let lang = asked.get('lang') || kept.get('lang') || (navigator.language.startsWith('ko') ? 'ko' : 'en');
let theme = asked.get('theme') || kept.get('theme') || 'auto';
let data = null, heardAt = null, source = null;
const dark = matchMedia('(prefers-color-scheme: dark)');

const w = (name, put = {}) => (WORDS[name] || [name, name])[lang === 'ko' ? 1 : 0].replace(/\{(\w+)\}/g, (_, key) => put[key] ?? '');
const up = site => (site || '?').toUpperCase();
function el(tag, put = {}, ...inside) {
  const svg = ['svg', 'circle', 'path', 'line', 'text', 'rect'].includes(tag);
  const made = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(put)) if (value !== null && value !== undefined) made.setAttribute(name, value);
  made.append(...inside.flat().filter(each => each !== null && each !== undefined).map(each => each instanceof Node ? each : String(each)));
  return made;
}
const fill = (id, ...inside) => $(id).replaceChildren(...inside.flat().filter(each => each !== null && each !== undefined));

function span(seconds) {
  if (seconds === null || seconds === undefined) return w('unknown');
  const s = Math.max(0, seconds);
  if (s < 1) return w('ms', {n: Math.round(s * 1000)});
  if (s < 10) return w('s', {n: s.toFixed(1)});
  if (s < 120) return w('s', {n: Math.round(s)});
  if (s < 7200) return w('min', {n: Math.round(s / 60)});
  if (s < 172800) return w('h', {n: Math.round(s / 3600)});
  return w('d', {n: Math.round(s / 86400)});
}
const ago = seconds => w('ago', {time: span(seconds)});
const clock = seconds => new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19) + 'Z';
const number = value => value === null || value === undefined ? w('unknown') : value.toLocaleString(lang === 'ko' ? 'ko-KR' : 'en-GB');
const chip = (word, tone) => el('span', {class: 'chip ' + (tone || '')}, word);
const aged = (seconds, more = 0) => seconds === null || seconds === undefined ? null : seconds + more;
// Ages go on growing between two pieces of news, and after the last one.
const OLD = 7;      // seconds of silence after which nothing here is news
const since = () => heardAt === null ? 0 : (performance.now() - heardAt) / 1000;

function answer() {
  const ready = data.readiness, writer = ready.writer, other = data.sites.map(s => s.site).find(s => s !== writer);
  const peer = data.sites.find(s => s.site !== writer);
  const good = ready.ready && writer !== null, old = since() > OLD;
  $('answer').className = 'card answer ' + (old ? 'old' : good ? 'good' : 'bad');
  const managed = data.mode === 'managed';
  const said = writer === null ? 'no_writer' : !ready.ready ? 'no' : managed ? 'yes_asked' : 'yes_alone';
  const plain = w(said, {writer: up(writer), other: up(other)});
  const sentence = old ? '? ' + w('then', {ago: ago(Math.round(since())), said: plain}) : (good ? '✓ ' : '✗ ') + plain;
  delete $('said').dataset.w;
  if ($('said').textContent !== sentence) $('said').textContent = sentence;
  const why = ready.reasons.find(each => each.name === 'takeover') || ready.reasons.find(each => each.name === 'writer');
  fill('why', good ? (peer && peer.if_lost && peer.if_lost.because) || '' : why ? why.said : '');
  const full = 2 * Math.PI * 42, tone = ready.score >= 90 ? 'good' : ready.score >= 50 ? 'warn' : 'bad';
  fill('ring', el('svg', {viewBox: '0 0 100 100', role: 'img', 'aria-label': w('score') + ' ' + ready.score + ' ' + w('of_100')},
    el('circle', {cx: 50, cy: 50, r: 42, fill: 'none', stroke: 'var(--line)', 'stroke-width': 9}),
    el('circle', {cx: 50, cy: 50, r: 42, fill: 'none', stroke: 'var(--' + tone + ')', 'stroke-width': 9, 'stroke-linecap': 'round',
      'stroke-dasharray': full * ready.score / 100 + ' ' + full, transform: 'rotate(-90 50 50)'}),
    el('text', {x: 50, y: 56, 'text-anchor': 'middle', 'font-size': 28}, ready.score),
    el('text', {x: 50, y: 72, 'text-anchor': 'middle', 'font-size': 10, class: 'small'}, w('of_100'))));
  const reason = each => el('li', {}, chip('−' + each.cost + ' ' + w(each.name), each.cost >= 25 ? 'bad' : 'warn'),
    el('span', {}, each.said + ' ' + each.cure));
  fill('reasons', ready.reasons.length ? ready.reasons.map(reason) : el('li', {}, chip('✓', 'good'), el('span', {}, w('no_reasons'))));
  fill('alarms', data.protection.unprotected ? el('p', {class: 'banner', role: 'alert'}, '⚠ ' + w('unprotected')) : null,
    data.asks ? el('p', {class: 'banner', role: 'alert'}, '⚠ ' + w('asks')) : null);
}

const shut = each => each.gate.open === null ? 'unknown' : each.gate.open ? 'open' : 'shut';
const gloss = name => (VERDICTS[name] || ['', ''])[lang === 'ko' ? 1 : 0];
function site(each, at) {
  const card = $('site' + at), old = aged(each.heard_seconds, since());
  card.className = 'card site' + (each.fresh ? '' : ' old');
  card.style.borderTopColor = each.site === 'aws' ? 'var(--aws)' : 'var(--nhn)';
  const head = el('h3', {}, el('span', {class: 'name'}, up(each.site)), chip(w(each.primary ? 'primary' : 'standby')),
    each.here ? chip(w('here')) : null,
    each.known ? chip((each.writes ? '● ' : '○ ') + w(each.writes ? 'writes' : 'does_not_write'), each.fresh && each.writes ? 'good' : '') : null,
    each.maintenance ? chip(w('in_maintenance'), 'warn') : null);
  const warned = !each.known ? el('p', {class: 'bad'}, w('never_heard')) : each.fresh ? null : el('p', {class: 'bad'}, w('heard', {time: span(old)}));
  if (!each.known) { card.replaceChildren(head, warned); return; }
  const rows = [], row = (name, ...value) => rows.push(el('dt', {}, w(name)), el('dd', {}, value));
  row('verdict', el('b', {}, each.verdict), ' ', gloss(each.verdict), el('div', {class: 'note'}, each.because || ''));
  const would = each.if_lost.action === 'take_over', note = said => said ? el('div', {class: 'note'}, said) : null;
  if (!each.writes && each.if_lost.verdict) row('if_lost', el('b', {class: would ? 'good' : 'bad'},
    (would ? '✓ ' : '✗ ') + w(would ? 'would_take' : 'would_not')), ' ', each.if_lost.verdict);
  row('gate', w(shut(each)), note(each.gate.said), note(each.gate.drain));
  row('beat_age', span(each.gate.age_seconds));
  if (each.gate.ungated) row('ungated', el('span', {class: 'warn'}, each.gate.ungated));
  if (!each.writes) row('database', each.replica === null ? w('unknown') : !each.replica.following ? el('span', {class: 'bad'}, w('follows_nobody'))
    : w('follows', {time: span(each.replica.lag_seconds)}));
  row('edge', each.edge === null ? w('unknown') : each.edge ? w('answers') : el('span', {class: 'bad'}, w('no_answer')));
  card.replaceChildren(head, ...[warned, el('dl', {}, rows)].filter(Boolean));
}

function way() {
  const seen = data.tunnels, old = !seen.fresh;
  const pipe = each => el('div', {class: 'pipe' + (old ? ' old' : each.up ? '' : ' bad')}, w('tunnel', {name: each.name}), ' ',
    el('b', {class: old ? '' : each.up ? 'good' : 'bad'}, (each.up ? '✓ ' : '✗ ') + w(each.up ? 'carries' : 'carries_nothing')));
  const when = () => w('tunnels_old', {ago: ago(aged(seen.age_seconds, since())), site: up(seen.site)});
  fill('way', el('h3', {}, w('tunnels')), seen.each.map(pipe), el('p', {class: 'note'}, seen.each.length ? when() : w('tunnels_unseen')));
}

function figures() {
  const rpo = data.rpo, record = data.record, here = data.sites.find(each => each.here), proof = data.proof, keepers = record.members;
  const card = (name, big, sub, tone) => el('div', {}, el('dt', {}, w(name)),
    el('dd', {}, el('div', {class: 'big ' + (tone || '')}, big), el('div', {class: 'sub'}, sub)));
  const known = rpo.now_seconds !== null, held = record.writer && !record.said;
  const rpoSub = rpo.site === null ? '' : known ? w('rpo_at', {site: up(rpo.site)})
    : w('rpo_old', {value: span(rpo.before_seconds), ago: ago(aged(rpo.age_seconds, since()))});
  const few = !keepers || keepers.led * 2 <= keepers.total ? 'bad' : keepers.led < keepers.total ? 'warn' : '';
  const proven = !proof ? w('unknown') : proof.equal ? ago(aged(proof.age_seconds, since())) : w(proof.equal === false ? 'not_equal' : 'unproven');
  const rows = !proof ? '' : proof.equal ? w('rows', {rows: number(proof.rows_compared), site: up(proof.site)})
    : proof.why || w('differ', {rows: number(proof.differing_rows), definitions: number(proof.definitions)});
  fill('figures',
    card('rpo', known ? span(rpo.now_seconds) : w('unknown'), rpoSub, !known ? 'warn' : rpo.now_seconds > rpo.limit_seconds ? 'bad' : ''),
    card('record_age', span(aged(record.unchanged_seconds, since())),
      record.said || (held ? w('epoch', {site: up(record.writer), epoch: record.epoch}) : w('unknown')), held ? '' : 'bad'),
    card('gate_age', span(aged(here.gate.age_seconds, since())), w('gate_of', {site: up(here.site), state: w(shut(here))})),
    card('keepers', keepers ? keepers.led + ' / ' + keepers.total : w('unknown'), w('keepers_note'), few),
    card('equal', proven, rows, !proof ? 'warn' : proof.equal ? '' : 'bad'));
}

function hour() {
  const all = data.rpo.hour, known = all.filter(each => each !== null);
  if (!known.length) { fill('hour', el('p', {class: 'note'}, w('hour_none'))); return; }
  const narrow = innerWidth < 600, wide = narrow ? 360 : 720, tall = 170, left = 44, floor = tall - 22, steps = 360, worst = Math.max(...known);
  const top = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 86400].find(each => each >= worst * 1.1) || worst * 1.1;
  const x = at => left + (wide - left - 8) * (at + steps - all.length) / (steps - 1), y = value => floor - (floor - 12) * value / top;
  let line = '', under = '', run = null;
  const end = at => { if (run !== null) under += 'L' + x(at).toFixed(1) + ' ' + floor + 'Z'; run = null; };
  all.forEach((value, at) => {
    if (value === null) { end(at - 1); return; }
    const point = x(at).toFixed(1) + ' ' + y(value).toFixed(1);
    line += (run === null ? 'M' : 'L') + point + (all[at + 1] === undefined || all[at + 1] === null ? 'h.1' : '');
    under += (run === null ? 'M' + x(at).toFixed(1) + ' ' + floor + 'L' : 'L') + point;
    run = at;
  });
  end(all.length - 1);
  const times = [[0, 'end'], [30, 'middle'], [60, 'start'], ...(narrow ? [] : [[15, 'middle'], [45, 'middle']])];
  const marks = times.map(([min, anchor]) =>
    el('text', {x: Math.max(left, x(all.length - 1 - min * 6)), y: tall - 5, 'text-anchor': anchor}, min ? '−' + w('min', {n: min}) : w('now_word')));
  const across = (kind, value) => el('line', {class: kind, x1: left, x2: wide - 8, y1: y(value), y2: y(value)});
  const told = w('hour_note', {worst: span(worst), time: span(all.length * data.rpo.bucket_seconds)});
  fill('hour', el('svg', {class: 'chart', viewBox: '0 0 ' + wide + ' ' + tall, role: 'img', 'aria-label': w('hour') + '. ' + told},
    [0, .5, 1].map(part => [across('grid', top * part),
      el('text', {x: left - 5, y: y(top * part) + 4, 'text-anchor': 'end'}, part ? span(top * part) : '0')]).flat(),
    data.rpo.limit_seconds <= top ? across('limit', data.rpo.limit_seconds) : null,
    el('path', {class: 'under', d: under}), el('path', {class: 'rpo', d: line}), marks), el('p', {class: 'note'}, told));
}

function table(heads, rows) {
  const cell = ([kind, value], at) => el('td', {class: kind}, at ? el('b', {}, w(heads[at])) : null, value);
  return el('table', {}, el('thead', {}, el('tr', {}, heads.map(head => el('th', {scope: 'col'}, w(head))))),
    el('tbody', {}, rows.map(cells => el('tr', {}, cells.map(cell)))));
}

let lastShown = null, journalShown = null;
function last() {
  const made = data.last, mark = JSON.stringify([made && made.switch, made && made.steps.length, lang]);
  if (!made) { fill('last', el('p', {class: 'note'}, w('last_none'))); lastShown = mark; return; }
  const steps = made.steps, took = steps.length ? Math.max(...steps.map(s => s.started + s.seconds)) - Math.min(...steps.map(s => s.started)) : 0;
  const head = w('last_note', {site: up(made.site), ago: ago(data.now - made.finished + since()), time: span(took)});
  if (mark === lastShown) { if ($('last_head')) $('last_head').textContent = head; return; }
  lastShown = mark;
  fill('last', el('p', {}, el('b', {}, made.verdict || ''), ' ', gloss(made.verdict), ' · ', el('span', {id: 'last_head'}, head)),
    el('p', {class: 'note'}, made.because || ''),
    table(['step', 'began', 'took', 'changed', 'detail'], steps.map(each => [['key', each.name], ['n', clock(each.started)],
      ['n', span(each.seconds)], ['', w(each.changed ? 'yes' : 'no_word')], ['long', each.detail]])));
}

function journal() {
  const own = data.sites.find(each => each.here).journal;
  const faults = own && own.faults || [];
  $('journal_said').className = 'note' + (faults.length ? ' bad' : '');
  $('journal_said').textContent = own === null ? w('unknown') : faults.length ? w('journal_broken', {fault: faults.join('; ')})
    : !own.lines ? w('journal_none') : w(own.copied === null ? 'journal_alone' : 'journal_holds', {lines: own.lines, copied: own.copied});
  const newest = data.journal[data.journal.length - 1], mark = JSON.stringify([newest, data.journal.length, lang]);
  if (mark === journalShown) return;
  journalShown = mark;
  const rows = [...data.journal].reverse().map(each => [['n', clock(each.time)], ['key', each.step], ['', each.phase], ['long', each.detail || '']]);
  fill('journal', rows.length ? table(['when', 'step', 'phase', 'detail'], rows) : null);
}

function freshness() {
  const silent = heardAt === null ? null : since(), old = silent === null || silent > OLD;
  $('fresh').className = 'chip ' + (old ? 'bad' : 'good');
  const whole = () => w('ago', {time: w('s', {n: Math.floor(silent)})});
  $('fresh').textContent = silent === null ? w('waiting') : old ? '✗ ' + ago(silent) : '● ' + w('live', {ago: whole()});
  document.body.classList.toggle('stale', silent !== null && old);
  const stale = data && data.seen_seconds !== null && data.seen_seconds > 5;
  const said = silent !== null && old ? w('silent', {time: span(silent)}) : stale ? w('look_old', {time: span(data.seen_seconds + silent)}) : '';
  $('banner').hidden = !said;
  if ($('banner').textContent !== said) $('banner').textContent = said;
}

function draw() {
  if (!data) return;
  $('where').replaceChildren(el('b', {}, data.topology), ' · ', w('seen_by', {site: up(data.site)}));
  answer();
  data.sites.slice(0, 2).forEach(site);
  way(); figures(); hour(); last(); journal();
  fill('words', data.words.map(each => el('li', {}, each)));
  if (!performance.getEntriesByName('figures').length) performance.mark('figures');
}
function tick() {
  freshness();
  if (!data) return;
  if (since() > OLD) answer();
  figures(); way();
  data.sites.slice(0, 2).forEach((each, at) => each.fresh || site(each, at));
}

function speak() {
  document.documentElement.lang = lang;
  document.title = w('title');
  document.querySelectorAll('[data-w]').forEach(each => { each.textContent = w(each.dataset.w); });
  $('language').lang = lang === 'ko' ? 'en' : 'ko';
  $('theme').textContent = w('theme', {theme: w(theme)});
  document.documentElement.dataset.theme = theme === 'auto' ? (dark.matches ? 'dark' : 'light') : theme;
  draw(); freshness();
}
$('language').onclick = () => { lang = lang === 'ko' ? 'en' : 'ko'; kept.set('lang', lang); speak(); };
$('theme').onclick = () => { theme = {auto: 'light', light: 'dark', dark: 'auto'}[theme] || 'auto'; kept.set('theme', theme); speak(); };
dark.onchange = speak;

function listen() {
  if (source) source.close();
  source = new EventSource('/console/events');
  source.onmessage = event => { data = JSON.parse(event.data); heardAt = performance.now(); draw(); freshness(); };
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000); };
}
speak(); listen(); setInterval(tick, 1000);
"""
