/** The page of tessera-serve: gives a 4M model what it is to see, and shows what it makes of it. */

import { $, el, stored, setUpTheme, save, plural, bytes } from './page/dom.js';
import { graphLink, models as loadModels, generate } from './page/api.js';
import { setUpPhoto } from './page/photo.js';
import { Brush, drawHidden } from './page/brush.js';
import { Card, picture } from './page/cards.js';

const state = { models: [], given: new Map(), targets: new Set(), cards: [], show: 'picture', running: null };
const pipelines = () => state.models.filter(m => m.kind === 'pipeline');
const byName = name => state.models.find(m => m.name === name);
const current = () => byName($('model').value);
const modality = (model, name) => model?.modalities.find(m => m.name === name);
/** Whether a modality is given with nothing hidden: then it cannot be generated. */
const isWhole = name => state.given.has(name) && !state.given.get(name).mask;

// ---------------------------------------------------------------- models

function option(value, text = value) { return el('option', { value }, text); }

function describe(model) { return `${model.name}${model.precision && model.precision !== 'f32' ? ` (${model.precision})` : ''}`; }

async function start() {
  try {
    state.models = await loadModels();
  } catch (error) { return refuse(error, start); }
  const all = pipelines();
  $('model').replaceChildren(...all.map(m => option(m.name, describe(m))));
  $('other').replaceChildren(option('', 'nothing'), ...all.map(m => option(m.name, describe(m))));
  $('other-field').hidden = all.length < 2;
  $('generate').disabled = !all.length;
  if (!all.length) $('empty').textContent = 'This server has no 4M pipeline to generate with.';
  const wanted = stored.get('model');
  if (all.some(m => m.name === wanted)) $('model').value = wanted;
  listModels();
  choose();
}

/** What follows from the model: kinds of pictures and texts, targets. */
function choose() {
  const model = current();
  if (!model) return;
  stored.set('model', model.name);
  for (const o of $('other').options) o.disabled = o.value === model.name;
  if ($('other').value === model.name) $('other').value = '';
  const inputs = model.modalities.filter(m => m.input);
  const pictures = inputs.filter(m => m.grid && !m.text).sort((a, b) => Number(b.name.startsWith('rgb')) - Number(a.name.startsWith('rgb')));
  const texts = inputs.filter(m => m.text).sort((a, b) => Number(b.name === 'caption') - Number(a.name === 'caption'));
  fill($('photo-modality'), pictures);
  fill($('text-modality'), texts);
  $('text').hidden = $('text-modality').hidden = !texts.length;
  const outputs = model.modalities.filter(m => m.output);
  for (const [name, value] of [...state.given]) {
    const found = modality(model, name);
    if (!found?.input) state.given.delete(name); else value.mask = fitting(value.mask, found);
  }
  state.targets = new Set(outputs.map(m => m.name).filter(name => state.targets.has(name)));
  $('targets').replaceChildren(...outputs.map(m => el('button', {
    'data-target': m.name, onclick: () => { state.targets.delete(m.name) || state.targets.add(m.name); showTargets(); },
  }, m.name.replace(/^tok_/, '').replace(/@\d+$/, ''))));
  if (!state.targets.size) outputs.forEach(m => state.targets.add(m.name));
  showTargets();
  showGiven();
}

function fill(select, list) {
  const before = select.value;
  select.replaceChildren(...list.map(m => option(m.name)));
  if (list.some(m => m.name === before)) select.value = before;
}

function showTargets() {
  for (const button of $('targets').children) {
    const name = button.dataset.target;
    button.disabled = isWhole(name);
    button.setAttribute('aria-pressed', state.targets.has(name) && !button.disabled);
    button.title = button.disabled ? `${name} is given; paint what is to be generated` : name;
  }
}

/** The dialog with each model's graph. */
function listModels() {
  $('models').replaceChildren(...state.models.map(m => el('li',
    el('b', m.name),
    el('span.muted', [m.platform, `version ${m.version}`, m.precision, m.bytes ? bytes(m.bytes) : null].filter(Boolean).join(' · ')),
    el('a', { href: m.inspect, target: '_blank', rel: 'noopener', onclick: openGraph }, `Graph of ${m.name}`))));
}

/** The tab is opened before the server is asked: browsers allow that in a click alone. */
async function openGraph(event) {
  event.preventDefault();
  const path = event.currentTarget.getAttribute('href');
  const tab = window.open('about:blank', '_blank');
  try {
    const link = await graphLink(path);
    if (tab) { tab.opener = null; tab.location.replace(link); }
  } catch (error) {
    tab?.close();
    refuse(error, start);
  }
}

// ---------------------------------------------------------------- given

function give(name, value) {
  forget(name);
  value.mask = fitting(value.mask, modality(current(), name));
  state.given.set(name, value);
  showGiven();
}

/** `mask` if it is one of the tokens of `modality`. */
const fitting = (mask, modality) => (mask && String(mask.grid) === String(modality?.grid) ? mask : null);

function forget(name) {
  const old = state.given.get(name);
  if (old?.url) URL.revokeObjectURL(old.url);
  state.given.delete(name);
}

function showGiven() {
  const [photoName, photo] = [...state.given].find(([, v]) => v.blob) ?? [];
  if (photo) $('photo').src = photo.url; else $('photo').removeAttribute('src');
  $('photo').hidden = !photo;
  $('drop').classList.toggle('full', !!photo);
  $('drop-hint').hidden = !!photo;
  const text = $('text').value.trim(), kind = $('text-modality').value;
  $('paint').hidden = !photo || !paintable(photoName) || camera.isOn();
  showMask(photo?.mask);
  const chips = [...state.given].map(([name, value]) => [name, maskText(value), () => forget(name), paintable(name)]);
  if (text && kind && !$('text').hidden) chips.push([kind, text, () => { $('text').value = ''; }, false]);
  $('given').replaceChildren(...chips.map(([name, what, remove, canPaint]) => el('li',
    el('span', { title: `${name}: ${what}` }, `${name}: ${what}`),
    canPaint && el('button.word', { 'aria-label': `Paint what is hidden of ${name}`, 'aria-haspopup': 'dialog', onclick: () => paintOn(name) }, 'Paint'),
    el('button', { 'aria-label': `Remove ${name}`, onclick: () => { remove(); showGiven(); } }, '×'))));
  showTargets();
}

// ---------------------------------------------------------------- masks

const paintable = name => {
  const found = modality(current(), name);
  return !!found && !found.text && found.grid?.length === 2;
};

const maskText = ({ what, mask }) => (mask ? `${mask.hidden.size} hidden, ${what}` : what);

/** What is hidden of the photo, over it. */
function showMask(mask) {
  const canvas = $('photo-mask'), context = canvas.getContext('2d');
  canvas.hidden = !mask;
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (mask) drawHidden(context, mask.grid, mask.hidden);
}

/** What can be generated where a modality is hidden: itself, or of pixels their tokens; undefined if there is nothing. */
const filler = own => (own.output ? own : current().modalities.find(m => m.name === `tok_${own.name}` && m.input && m.output));

/** Lets people paint what is hidden of the given modality `name`. To be generated anew, a picture is given as tokens. */
async function paintOn(name) {
  const value = state.given.get(name), own = modality(current(), name), fill = filler(own);
  const image = value.image ?? (value.url ? await picture(value.url) : null);
  const made = await brush.edit({
    name, grid: own.grid, image, hidden: value.mask?.hidden, filler: fill?.name, fills: !value.mask || state.targets.has(fill?.name),
  });
  if (!made || state.given.get(name) !== value) return;
  value.mask = made.hidden.size ? { grid: own.grid, hidden: made.hidden } : null;
  if (value.mask && made.fills) {
    state.targets.add(fill.name);
    state.given.delete(name);
    give(fill.name, value);
    if (value.blob) $('photo-modality').value = fill.name;
    say(`${plural(made.hidden.size, 'token')} of ${fill.name} will be generated.`);
  } else {
    if (fill?.name === name) dropTarget(name);
    showGiven();
  }
}

/** Leaves out a target, and takes all others where none is left. */
function dropTarget(name) {
  state.targets.delete(name);
  if (!state.targets.size) current().modalities.filter(m => m.output && m.name !== name).forEach(m => state.targets.add(m.name));
}

/** The modality of a card becomes an input. */
function useCard(card) {
  const { result, name } = card;
  if (card.isText) {
    $('text-modality').value = name;
    $('text').value = result.text ?? '';
    showGiven();
  } else { give(name, { tokens: result.tokens, shape: card.shape, image: result.image, what: 'what was generated' }); }
  dropTarget(name);
  showTargets();
  say(`${name} is given.`);
}

// ---------------------------------------------------------------- generation

/** The request as the server takes it, pictures apart. */
function request() {
  const number = id => ($(id).value.trim() === '' ? undefined : Number($(id).value));
  const inputs = {}, masks = {}, pictures = [];
  for (const [name, value] of state.given) {
    if (value.blob) pictures.push([name, value.blob]); else inputs[name] = { tokens: value.tokens, shape: value.shape };
    if (value.mask) masks[name] = { values: flags(value.mask), shape: value.mask.grid };
  }
  const text = $('text').value.trim();
  if (text && !$('text').hidden) inputs[$('text-modality').value] = text;
  const targets = [...$('targets').children].map(b => b.dataset.target).filter(t => state.targets.has(t) && !isWhole(t));
  const settings = {};
  for (const id of ['steps', 'temperature', 'guidance', 'top_p', 'top_k', 'max_tokens']) settings[id] = number(id);
  return [{
    inputs, masks, targets, settings, seed: number('seed') ?? 0, variations: number('variations') ?? 1, diffusion_steps: number('diffusion_steps'),
    drafts: $('drafts').checked, preview: $('preview').checked, independent: $('independent').checked,
    super_resolution: $('super_resolution').checked,
  }, pictures];
}

/** A number for each token: 1 where it is hidden. */
const flags = ({ grid: [rows, columns], hidden }) => Array.from({ length: rows * columns }, (_, p) => Number(hidden.has(p)));

async function run() {
  if (state.running) return;
  const [wish, pictures] = request();
  complain('');
  if (!wish.targets.length) return complain('Choose what to generate.');
  const controller = state.running = new AbortController();
  setRunning(true);
  const used = [current(), byName($('other').value)].filter(Boolean);
  state.cards = [];
  $('runs').replaceChildren();
  $('runs').classList.toggle('two', used.length > 1);
  const shares = used.map(() => 0);
  const runs = used.map((model, i) => follow(model, wish, pictures, controller.signal, share => {
    shares[i] = share;
    $('progress').value = shares.reduce((a, b) => a + b, 0) / shares.length;
  }));
  if (matchMedia('(max-width: 820px)').matches) $('results').scrollIntoView({ block: 'start' });
  const ends = await Promise.allSettled(runs);
  const failed = ends.find(e => e.status === 'rejected');
  state.running = null;
  setRunning(false);
  const cards = state.cards;
  cards.forEach(card => card.end(controller.signal.aborted ? 'stopped' : 'missing'));
  if (controller.signal.aborted) return say('Stopped.');
  if (failed) return refuse(failed.reason, run);
  say(used.length > 1 ? compare(used, cards) : 'Done.');
}

/** Runs on one model, and shows what comes. */
async function follow(model, wish, pictures, signal, share) {
  const note = el('small'), place = el('div.cards');
  $('runs').append(el('section.model-run', { 'aria-label': model.name }, el('h2', describe(model), ' ', note), place));
  const cards = new Map();
  const cardOf = data => {
    const key = `${data.sample}/${data.variation}/${data.modality ?? data.target}`;
    if (!cards.has(key)) {
      const name = data.modality ?? data.target;
      const card = new Card(name, modality(model, name), data.variation ? `${name} (${data.variation + 1})` : name, useCard);
      [card.show, card.model, card.key] = [state.show, model.name, key];
      cards.set(key, card);
      place.append(card.element);
      state.cards.push(card);
    }
    return cards.get(key);
  };
  for (const variation of Array(wish.variations).keys()) {
    for (const target of wish.targets) cardOf({ sample: 0, variation, target });
  }
  note.textContent = 'waits';
  const began = performance.now();
  for await (const { event, data } of generate({ ...wish, model: model.name }, pictures, signal)) {
    if (event === 'progress') { note.textContent = data.what; share(data.share); }
    if (event === 'step') {
      share(data.share);
      note.textContent = `${data.target}, ${data.step} of ${data.steps}`;
      cardOf(data).step(data);
    }
    if (event === 'result') for (const target of data.targets) await cardOf({ ...data, ...target }).finish(target);
  }
  note.textContent = `${((performance.now() - began) / 1000).toFixed(1)} s, seed ${wish.seed}`;
  share(1);
}

/** How many tokens two models agree on. */
function compare(used, cards) {
  let [same, all] = [0, 0];
  for (const card of cards.filter(c => c.model === used[0].name && c.result)) {
    const other = cards.find(c => c.model === used[1].name && c.key === card.key)?.result;
    if (!other) continue;
    all += Math.max(card.result.tokens.length, other.tokens.length);
    same += card.result.tokens.filter((t, i) => t === other.tokens[i]).length;
  }
  return all ? `${used[0].name} and ${used[1].name} have ${same.toLocaleString('en')} of ${plural(all, 'token')} in common.` : 'Done.';
}

function setRunning(on) {
  $('stop').hidden = $('progress').hidden = !on;
  $('generate').disabled = on;
  $('progress').value = 0;
  $('empty').hidden = on || state.cards.length > 0;
  $('bar').hidden = on ? false : !state.cards.length;
  if (on) { say('Generating…'); $('stop').focus(); } else if (document.activeElement === document.body) $('generate').focus();
}

function say(text) { $('status').textContent = text; }

function complain(text) {
  [$('problem').textContent, $('problem').hidden] = [text, !text];
  if (text) say('');
}

/** Says why something failed; asks for a key where the server wants one. */
function refuse(error, again) {
  if (error.status === 401 || error.status === 403) {
    $('key-button').hidden = false;
    return askForKey(again);
  }
  const later = error.retryAfter ? ` Try again in ${plural(error.retryAfter, 'second')}.` : '';
  complain(error instanceof TypeError ? 'The server does not answer.' : `${error.message}${later}`);
}

function askForKey(again) {
  const dialog = $('key-dialog');
  dialog.onclose = () => {
    if (dialog.returnValue !== 'ok') return;
    stored.set('key', $('key').value, 'sessionStorage');
    again();
  };
  dialog.returnValue = '';
  dialog.showModal();
}

function show(what) {
  state.show = what;
  for (const button of document.querySelectorAll('[data-show]')) button.setAttribute('aria-pressed', button.dataset.show === what);
  for (const card of state.cards) card.shows = what;
}

async function downloadAll() {
  const content = [];
  for (const card of state.cards.filter(c => c.result)) {
    const file = await card.file();
    if (file) save(...file);
    const { tokens, text, json, boxes, warnings } = card.result;
    content.push({ model: card.model, modality: card.name, shape: card.shape, tokens, text, json, boxes, warnings });
  }
  if (content.length) save('result.json', new Blob([JSON.stringify(content, null, 1)], { type: 'application/json' }));
}

// ---------------------------------------------------------------- wiring

const switchTheme = setUpTheme();
const camera = setUpPhoto(blob => {
  const name = $('photo-modality').value;
  if (!name) return complain('This model takes no pictures.');
  complain('');
  give(name, { blob, url: URL.createObjectURL(blob), what: blob.name ?? 'a picture' });
}, complain);

const brush = new Brush();

document.addEventListener('themechange', () => {
  state.cards.forEach(card => card.paint());
  showMask([...state.given.values()].find(v => v.blob)?.mask);
});
$('paint').addEventListener('click', () => paintOn([...state.given].find(([, v]) => v.blob)[0]));
$('theme').addEventListener('click', switchTheme);
$('model').addEventListener('change', choose);
$('text').addEventListener('input', showGiven);
$('text-modality').addEventListener('change', showGiven);
$('photo-modality').addEventListener('change', () => {
  const old = [...state.given].find(([, v]) => v.blob);
  if (!old) return;
  state.given.delete(old[0]);
  give($('photo-modality').value, old[1]);
});
$('all').addEventListener('click', () => {
  current()?.modalities.filter(m => m.output).forEach(m => state.targets.add(m.name));
  showTargets();
});
$('none').addEventListener('click', () => { state.targets.clear(); showTargets(); });
$('form').addEventListener('submit', event => { event.preventDefault(); run(); });
$('stop').addEventListener('click', () => state.running?.abort());
$('clear').addEventListener('click', () => {
  if (state.running) return;
  state.cards = [];
  $('runs').replaceChildren();
  [$('bar').hidden, $('empty').hidden] = [true, false];
});
$('download').addEventListener('click', downloadAll);
for (const button of document.querySelectorAll('[data-show]')) button.addEventListener('click', () => show(button.dataset.show));
$('models-button').addEventListener('click', () => $('models-dialog').showModal());
$('key-button').addEventListener('click', () => askForKey(start));
$('help').addEventListener('click', () => $('help-dialog').showModal());

document.addEventListener('keydown', event => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); return run(); }
  if (document.querySelector('dialog[open]')) return;
  if (event.key === 'Escape') return camera.isOn() ? camera.end() : state.running?.abort();
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select')) return;
  if (event.key === 't') switchTheme();
  if (event.key === '?') $('help-dialog').showModal();
  if (event.key === 'p') show('picture');
  if (event.key === 'k') show('tokens');
});

start();
