(() => {
'use strict';

// ---------------------------------------------------------------- elements

const $ = id => document.getElementById(id);

/**
 * An element: el('p.muted', { title: 'x' }, child, …), properties only where there are some.
 * Strings become text, never markup: names come from other people's files.
 */
function el(tag, ...children) {
  const [name, ...classes] = tag.split('.'), e = document.createElement(name);
  const props = children[0]?.constructor === Object ? children.shift() : {};
  if (classes.length) e.className = classes.join(' ');
  if (name === 'button') e.type = 'button';
  for (const [key, value] of Object.entries(props)) {
    if (value == null || value === false) continue;
    if (key.startsWith('on')) e.addEventListener(key.slice(2), value);
    else if (key === 'style') for (const [p, v] of Object.entries(value)) e.style.setProperty(p, v);
    else e.setAttribute(key === 'className' ? 'class' : key, value === true ? '' : value);
  }
  e.append(...children.filter(c => c != null && c !== false));
  return e;
}

function svg(tag, attributes = {}, text) {
  const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [key, value] of Object.entries(attributes)) if (value != null) e.setAttribute(key, value);
  if (text != null) e.textContent = text;
  return e;
}

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
const plural = (n, word) => `${n.toLocaleString('en')} ${word}${n === 1 ? '' : 's'}`;
const narrow = matchMedia('(max-width: 760px)');

/** localStorage, which a browser may refuse to a page opened from a file. */
const stored = {
  get(key) { try { return localStorage.getItem('tessera.' + key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem('tessera.' + key, value); } catch { /* not remembered */ } },
};

/** Pixels that `text` takes in the page's font. */
const textWidth = (() => {
  const context = document.createElement('canvas').getContext('2d'), family = getComputedStyle(document.body).fontFamily;
  return (text, font) => {
    context.font = `${font} ${family}`;
    return context.measureText(text).width;
  };
})();

/** `text` cut to `width` pixels: at its end, or at its start, as the last parts of a checkpoint's name tell most. */
const fit = (() => {
  const context = document.createElement('canvas').getContext('2d');
  const family = getComputedStyle(document.body).fontFamily;
  return (text, width, font, fromStart = false) => {
    context.font = `${font} ${family}`;
    text = text.length > 400 ? (fromStart ? text.slice(-400) : text.slice(0, 400)) : text;
    if (context.measureText(text).width <= width) return text;
    let low = 0, high = text.length;
    const cut = n => (fromStart ? '…' + text.slice(text.length - n) : text.slice(0, n) + '…');
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (context.measureText(cut(middle)).width <= width) low = middle; else high = middle - 1;
    }
    return cut(low);
  };
})();

// ---------------------------------------------------------------- numbers

function scaled(value, unit) {
  const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
  const step = clamp(Math.floor(Math.log10(Math.abs(value) || 1) / 3), 0, prefixes.length - 1);
  const number = value / 1000 ** step;
  const whole = (step === 0 && Number.isInteger(number)) || Math.abs(number) >= 100;
  const digits = whole ? 0 : Math.abs(number) >= 10 ? 1 : 2;
  return `${number.toFixed(digits)} ${prefixes[step]}${unit}`.trim();
}

function plain(value) {
  if (value == null) return '–';
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (value === 0 || (Number.isInteger(value) && size < 1e6)) return String(value);
  return size < 1e-3 || size >= 1e6 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

function show(value, metric) {
  if (value == null) return '–';
  if (metric.unit === 'ms') {
    if (value === 0) return '0 ms';
    if (value >= 999.5) return scaled(value / 1000, 's');
    return value >= 0.9995 ? `${value.toPrecision(3)} ms` : `${(value * 1000).toPrecision(3)} µs`;
  }
  return metric.unit ? scaled(value, metric.unit) : plain(value);
}

function percent(x) {
  if (x === 0) return '0 %';
  return x >= 0.001 ? `${(x * 100).toFixed(x >= 0.0995 ? 0 : 1)} %` : '< 0.1 %';
}

// ---------------------------------------------------------------- data

function readData() {
  const d = JSON.parse($('data').textContent);
  if (d.version !== 1) d.notes = [`This page reads version 1 of its data, not ${d.version}.`, ...(d.notes ?? [])];
  for (const key of ['summary', 'notes', 'metrics', 'weights', 'layouts', 'layoutsRight', 'functions']) d[key] = d[key] ?? [];
  d.ops = new Map(Object.entries(d.ops ?? {}));
  for (const f of d.functions) {
    for (const key of ['nodes', 'groups', 'inputs', 'outputs', 'facts']) f[key] = f[key] ?? [];
    for (const n of f.nodes) for (const key of ['in', 'out', 'attrs', 'sources', 'onnx', 'values', 'calls']) n[key] = n[key] ?? [];
    if (!f.groups.length) f.groups.push({ path: '', title: f.name, parent: -1, nodes: f.nodes.map((_, i) => i) });
    for (const g of f.groups) for (const key of ['nodes', 'children', 'items']) g[key] = g[key] ?? [];
  }
  return d;
}

let data;
try {
  data = readData();
} catch (error) {
  document.body.replaceChildren(el('p.empty', `The data of this page cannot be read: ${error.message}`));
  return;
}

const metrics = data.metrics;
/** Errors do not add up: of a block the largest counts. */
const takesMaximum = metric => metric.key === 'error';

/** "n12.0" → { kind: 'n', index: 12, part: 0 }; null where it is none, as '' of an absent operand. */
function parse(ref) {
  const m = /^([niwog])(\d+)(?:\.(\d+))?$/.exec(ref ?? '');
  return m && { kind: m[1], index: Number(m[2]), part: Number(m[3] ?? 0), id: m[1] + m[2] };
}

const FAMILIES = [
  ['norm', 'normalization', /norm|softmax/],
  ['attention', 'attention', /attention|scores/],
  ['dense', 'dense', /linear|matmul|gemm|conv|einsum|lstm|gru|rnn/],
  ['movement', 'movement', new RegExp('reshape|transpose|permute|slice|concat|split|pad|expand|gather|scatter|^pack|'
    + 'shift|shuffle|resize|repeat|tile|squeeze|flatten|lookup|sequence|flip|roll|unfold|broadcast|^take')],
  ['elementwise', 'elementwise', new RegExp('^(add|sub|mul|div|neg|abs|sign|exp|log|sqrt|rsqrt|square|pow|erf|gelu.*|'
    + 'relu.*|silu|swish|sigmoid|softplus|a?sinh?|a?cosh?|a?tanh?|ceil|floor|round|mod|rem|min(imum)?|max(imum)?|clip|'
    + 'clamp|reciprocal|where|cast|bit_?cast|not|and|or|xor|(not_)?equal|less.*|greater.*|is_?nan|activation|'
    + '(de|dynamic_)?quantize)$')],
  ['other', 'other', /^/],
];
const familyOf = (() => {
  const known = new Map();
  return op => {
    if (!known.has(op)) {
      const given = data.ops.get(op)?.family;
      const valid = FAMILIES.some(f => f[0] === given);
      known.set(op, valid ? given : FAMILIES.find(f => f[2].test(String(op).toLowerCase()))[0]);
    }
    return known.get(op);
  };
})();

/** What the page asks of a function; made when it is first shown. */
class Func {
  constructor(raw, index) {
    Object.assign(this, { raw, index, nodes: raw.nodes, groups: raw.groups, inputs: raw.inputs, outputs: raw.outputs });
    this.home = new Int32Array(this.nodes.length);
    this.size = new Int32Array(this.groups.length);
    this.first = new Float64Array(this.groups.length).fill(Infinity);
    this.sums = new Map(metrics.map(m => [m.key, new Float64Array(this.groups.length)]));
    for (const g of this.bottomUp()) this.total(g);
  }

  /** Groups, each after its children. An index seen twice is left out, so that a bad file cannot make a cycle. */
  bottomUp() {
    const order = [], seen = new Set([0]);
    for (let stack = [0]; stack.length;) {
      const g = stack.pop();
      order.push(g);
      for (const c of this.groups[g].children) if (this.groups[c] && !seen.has(c)) seen.add(c) && stack.push(c);
    }
    return order.reverse();
  }

  total(g) {
    const group = this.groups[g];
    for (const n of group.nodes) {
      this.home[n] = g;
      this.first[g] = Math.min(this.first[g], n);
    }
    this.size[g] += group.nodes.length;
    for (const c of group.children) {
      this.size[g] += this.size[c];
      this.first[g] = Math.min(this.first[g], this.first[c]);
    }
    for (const m of metrics) {
      const sums = this.sums.get(m.key);
      const parts = [...group.nodes.map(n => this.nodes[n]?.[m.key] ?? 0), ...group.children.map(c => sums[c] ?? 0)];
      sums[g] = takesMaximum(m) ? parts.reduce((a, b) => Math.max(a, b), 0) : parts.reduce((a, b) => a + b, 0);
    }
  }

  /** Nodes and blocks directly in a block, in order of execution. */
  contents(g) {
    const { nodes, children } = this.groups[g];
    const all = [...nodes.map(n => ['n' + n, n]), ...children.map(c => ['g' + c, this.first[c]])];
    return all.sort((a, b) => a[1] - b[1]).map(a => a[0]);
  }

  nodesIn(g) {
    const result = [];
    for (let stack = [g]; stack.length;) {
      const group = this.groups[stack.pop()];
      for (const n of group.nodes) result.push(n);
      for (const c of group.children) stack.push(c);
    }
    return result.sort((a, b) => a - b);
  }

  /** "n12", "i0" → [[reader, operand's number, result's number]]; outputs of the function read too. */
  get readers() {
    const map = new Map();
    const add = (ref, reader, operand) => {
      const p = parse(ref);
      if (!p) return;
      if (!map.has(p.id)) map.set(p.id, []);
      map.get(p.id).push([reader, operand, p.part]);
    };
    this.nodes.forEach((n, i) => n.in.forEach((ref, k) => add(ref, 'n' + i, k)));
    this.outputs.forEach((o, i) => add(o.from, 'o' + i, 0));
    Object.defineProperty(this, 'readers', { value: map });
    return map;
  }

  has(id) {
    const p = parse(id);
    const lists = { n: this.nodes, g: this.groups, i: this.inputs, o: this.outputs, w: data.weights };
    return Boolean(p && lists[p.kind][p.index]);
  }

  value(id, key) {
    const p = parse(id);
    return p?.kind === 'n' ? this.nodes[p.index]?.[key] : p?.kind === 'g' ? this.sums.get(key)?.[p.index] : undefined;
  }

  name(id) {
    const p = parse(id);
    if (!p || !this.has(id)) return String(id);
    if (p.kind === 'n') return this.nodes[p.index].name || `(node ${p.index})`;
    if (p.kind === 'g') return this.blockName(p.index);
    if (p.kind === 'w') return data.weights[p.index].key;
    return (p.kind === 'i' ? this.inputs : this.outputs)[p.index].name;
  }

  /** The path of a block; runs of nodes within a block have the block's, and their own title. */
  blockName(g) {
    const { path, title, parent } = this.groups[g];
    if (!g) return this.raw.name || '(function)';
    return path && path !== this.groups[parent]?.path ? path : `${path} ${title}`.trim();
  }

  type(ref) {
    const p = parse(ref);
    if (!p || !this.has(ref)) return '';
    if (p.kind === 'n') return this.nodes[p.index].out[p.part] ?? '';
    return { i: this.inputs, o: this.outputs, w: data.weights }[p.kind]?.[p.index].type ?? '';
  }

  /** What a value is called: in the file where that is known, else as its node. */
  valueName(ref) {
    const p = parse(ref);
    if (p?.kind !== 'n' || !this.has(ref)) return this.name(ref);
    return this.nodes[p.index].values[p.part] || this.name(ref) + (p.part ? `:${p.part}` : '');
  }

  /** The block whose drawing has `id`. */
  blockOf(id) {
    const p = parse(id);
    if (p?.kind === 'n') return this.home[p.index] ?? 0;
    return p?.kind === 'g' ? Math.max(0, this.groups[p.index].parent ?? 0) : 0;
  }

  ancestors(g) {
    const path = [];
    for (; this.groups[g] && !path.includes(g); g = this.groups[g].parent) path.unshift(g);
    return path;
  }
}

const functions = data.functions.map(() => null);
const functionAt = i => (functions[i] ??= new Func(data.functions[i], i));

/** Weight → [[function, node]] over all functions. */
const weightUsers = (() => {
  let map = null;
  return w => {
    if (!map) {
      map = new Map();
      data.functions.forEach((f, i) => f.nodes.forEach((n, k) => {
        for (const ref of new Set(n.in)) {
          if (ref[0] !== 'w') continue;
          if (!map.has(ref)) map.set(ref, []);
          map.get(ref).push([i, k]);
        }
      }));
    }
    return map.get('w' + w) ?? [];
  };
})();

/** Function → [{ fn, node, role }]: the nodes that call it, as bodies of If, Loop and Scan are. */
const callersOf = (() => {
  let map = null;
  return fn => {
    if (!map) {
      map = new Map();
      const index = new Map(data.functions.map((f, i) => [f.name, i]));
      data.functions.forEach((f, i) => f.nodes.forEach((n, k) => n.calls.forEach(([role, name]) => {
        const called = index.get(name);
        if (called == null || called === i) return;
        if (!map.has(called)) map.set(called, []);
        map.get(called).push({ fn: i, node: k, role });
      })));
    }
    return map.get(fn) ?? [];
  };
})();

const anyFault = data.functions.some(f => f.nodes.some(n => n.fault));

/** The bodies of a node that are on the page: [role, function]. */
const bodiesOf = node => (node?.calls ?? []).map(([role, name]) => [role, data.functions.findIndex(f => f.name === name)])
  .filter(b => b[1] >= 0);

// ---------------------------------------------------------------- state and address

const VIEWS = [['summary', 'Summary'], ['graph', 'Graph'], ['nodes', 'Nodes'], ['weights', 'Weights'],
  ['memory', 'Memory']];
const HEATS = [['none', 'nothing'], ['kind', 'operator kind'], ...metrics.map(m => [m.key, m.label])];

/** `sel` is "n12", "g5", "i0", "o0", "w5" or null; `block` the index of the open group. */
/** The function that does the most work: what people came to see, where several small ones stand before it. */
function mainFunction() {
  const work = data.functions.map(f => f.private ? -1 : (f.nodes ?? []).reduce((sum, n) => sum + (n.flops ?? 0), 0));
  return Math.max(work.indexOf(Math.max(...work)), 0);
}

/** What a run has measured is what the page was made for. */
const measured = () => ['error', 'ms'].find(key => metrics.some(m => m.key === key)) ?? 'kind';

const state = { view: 'summary', fn: mainFunction(), block: 0, sel: null, heat: measured() };
const current = () => (data.functions.length ? functionAt(state.fn) : null);
const heatMetric = () => metrics.find(m => m.key === state.heat);
/** The metric of bars where the colour is not of a metric. */
const barMetric = () => heatMetric() ?? metrics[0];

function functionKey(index) {
  const name = data.functions[index]?.name ?? '';
  const unique = name && data.functions.findIndex(f => f.name === name) === index && name.length <= 80;
  // Half of a surrogate pair has no URL encoding.
  try { return unique && !/^~\d+$/.test(name) ? encodeURIComponent(name) : '~' + index; } catch { return '~' + index; }
}

function address() {
  const parts = [state.view, functionKey(state.fn), state.view === 'graph' ? 'g' + state.block : '', state.sel ?? ''];
  return '#' + parts.join('/').replace(/\/+$/, '');
}

function readAddress(hash) {
  const [view, key = '', block = '', sel = ''] = hash.slice(1).split('/');
  if (!VIEWS.some(v => v[0] === view)) return null;
  let name = key;
  try { name = decodeURIComponent(key); } catch { /* taken as it is */ }
  const number = /^~(\d+)$/.exec(name);
  const fn = number ? Number(number[1]) : data.functions.findIndex(f => f.name === name);
  return { view, fn: Math.max(0, fn), block: Number(/^g(\d+)$/.exec(block)?.[1] ?? 0), sel: sel || null };
}

/** The only way the state changes. Steps within a block replace the history's entry, others add one. */
function go(patch, { replace = false, centre = false } = {}) {
  if (patch.fn != null && patch.fn !== state.fn) patch = { block: 0, sel: null, ...patch };
  const opens = patch.block != null && patch.block !== state.block;
  Object.assign(state, opens && patch.sel === undefined ? { sel: null } : {}, patch);
  sanitize();
  const hash = address();
  if (hash !== location.hash) {
    // A browser may refuse: too many at once, or none from a file.
    try { history[replace ? 'replaceState' : 'pushState'](null, '', hash); } catch { /* shown all the same */ }
  }
  render(centre);
}

function sanitize() {
  if (!data.functions[state.fn]) Object.assign(state, { fn: 0, block: 0 });
  const f = current();
  if (!f) Object.assign(state, { block: 0, sel: /^w/.test(state.sel ?? '') ? state.sel : null });
  else if (!f.groups[state.block]) state.block = 0;
  if (f && state.sel && !f.has(state.sel)) state.sel = null;
}

/** Shows where `id` of function `fn` is: opens its block, selects and centres it. */
function jump(fn, id) {
  const f = functionAt(fn), p = parse(id);
  if (!p || !f.has(id)) return;
  if (p.kind === 'w') return go({ view: 'weights', sel: p.id });
  go({ view: 'graph', fn, block: f.blockOf(p.id), sel: p.id }, { centre: true });
  setPane('main');
}

function openBlock(g) {
  const f = current();
  if (!f?.groups[g]) return;
  // Going up selects the block one comes from.
  const from = f.ancestors(state.block).includes(g) ? f.ancestors(state.block)[f.ancestors(g).length] : undefined;
  go({ view: 'graph', block: g, sel: from != null ? 'g' + from : null });
  setPane('main');
}

/** From which node each body was opened: the way back leads there. */
const openedFrom = new Map();

function openBody(fn, node, body) {
  openedFrom.set(body, { fn, node });
  openFunction(body);
  setPane('main');
}

/** The node that a body is shown as part of. */
function callerOf(fn) {
  const all = callersOf(fn), known = openedFrom.get(fn);
  return all.find(c => c.fn === known?.fn && c.node === known.node) ?? all[0] ?? null;
}

/** The enclosing block; from the whole of a body the node that calls it. False where there is nothing around. */
function goUp(f) {
  if (state.block) return openBlock(f.groups[state.block].parent);
  const caller = callerOf(f.index);
  return caller ? jump(caller.fn, 'n' + caller.node) : false;
}

function say(text) { $('announce').textContent = text; }

// ---------------------------------------------------------------- colours

/** Steps of even lightness in OKLCH, so that equal differences of a value look equal. */
function rampColour(t) {
  const dark = document.documentElement.dataset.theme === 'dark';
  const lightness = dark ? 0.30 + 0.52 * t : 0.965 - 0.5 * t;
  const chroma = 0.03 + 0.13 * t;
  const hue = dark ? 290 - 230 * t : 95 - 70 * t;
  // At 0.57 black and white have the same contrast to the fill, above 4.5 to 1.
  return { fill: `oklch(${lightness.toFixed(3)} ${chroma.toFixed(3)} ${((hue + 360) % 360).toFixed(0)})`,
    ink: lightness > 0.57 ? '#000' : '#fff' };
}

/** value → 0…1: a square root for sums, as a few nodes hold most of the work, a logarithm for errors. */
function heatScale(values, metric) {
  const known = values.filter(v => v > 0 && Number.isFinite(v));
  const max = known.length ? Math.max(...known) : 0;
  if (!takesMaximum(metric)) {
    return { max, to: v => (max ? Math.sqrt(clamp(v / max, 0, 1)) : 0), ticks: [0, max / 4, max],
      how: 'square root scale' };
  }
  const min = known.length ? Math.max(Math.min(...known), max * 1e-8) : 0;
  const span = Math.log(max / min) || 1;
  const to = v => (v > 0 && max ? clamp(Math.log(v / min) / span, 0, 1) : 0);
  return { max, to, ticks: [min, Math.sqrt(min * max), max], how: 'logarithmic scale' };
}

function legend(scale) {
  const box = $('legend'), metric = heatMetric();
  box.replaceChildren();
  if (state.heat === 'kind') {
    box.append(...FAMILIES.map(f => el('span', el('i', { className: `chip ${f[0]}` }), f[1])));
  } else if (metric && scale) {
    const steps = Array.from({ length: 11 }, (_, i) => rampColour(i / 10).fill).join(', ');
    box.append(el('div.ramp',
      el('div', metric.label, el('span', scale.how)),
      el('i', { style: { background: `linear-gradient(to right, ${steps})` } }),
      el('div', ...scale.ticks.map(t => el('span', show(t, metric))))));
  }
}

// ---------------------------------------------------------------- lists that keep only visible rows

/** Rows of one height; `make(i)` gives the element of row i. Only those in sight are in the document. */
class Rows {
  constructor(container, height, make) {
    Object.assign(this, { container, height, make, count: 0, all: false });
    this.inner = el('div.rows', { role: 'presentation' });
    container.append(this.inner);
    container.addEventListener('scroll', () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(container);
  }

  reset(count) {
    this.count = count;
    this.inner.style.height = `${count * this.height}px`;
    this.draw(true);
  }

  range() {
    if (this.all) return [0, Math.min(this.count, 3000)];
    const top = this.container.scrollTop, seen = this.container.clientHeight || 600;
    const first = clamp(Math.floor(top / this.height) - 8, 0, this.count);
    return [first, Math.min(this.count, first + Math.ceil(seen / this.height) + 16)];
  }

  draw(force = false) {
    const [first, end] = this.range();
    if (!force && first === this.first && end === this.end) return;
    [this.first, this.end] = [first, end];
    const rows = [];
    for (let i = first; i < end; i++) {
      const row = this.make(i);
      row.style.top = `${i * this.height}px`;
      rows.push(row);
    }
    this.inner.replaceChildren(...rows);
  }

  reveal(i) {
    const top = i * this.height, c = this.container;
    if (top < c.scrollTop + 30) c.scrollTop = top - c.clientHeight / 3;
    else if (top + this.height > c.scrollTop + c.clientHeight) c.scrollTop = top - c.clientHeight * 2 / 3;
    this.draw();
  }
}

/**
 * A table that sorts, filters and keeps only visible rows in the document.
 * Columns: { label, width, num: to the right, get(row): to sort by, cell(row): text or element, bar: has one }.
 */
class Sheet {
  constructor(panel, options) {
    Object.assign(this, { panel, rowHeight: 28, sort: null, down: false, all: false, active: null }, options);
    this.filter = el('input', { type: 'search', placeholder: options.placeholder, 'aria-label': options.placeholder,
      oninput: () => this.refresh() });
    this.counter = el('span', { role: 'status' });
    this.head = el('tr');
    this.body = el('tbody');
    const columns = el('colgroup', ...this.columns.map(c => el('col', { style: { width: c.width ?? 'auto' } })));
    this.table = el('table', { 'aria-label': options.label }, columns, el('thead', this.head), this.body);
    this.scroller = el('div.sheet.scroll', { tabindex: 0, 'aria-label': options.label, role: 'region' }, this.table);
    this.scroller.style.setProperty('--min', options.min);
    panel.replaceChildren(el('div.sheet-view', el('div.bar', this.filter, this.counter), this.scroller));
    this.scroller.addEventListener('scroll', () => this.draw(), { passive: true });
    this.scroller.addEventListener('keydown', e => this.key(e));
    this.body.addEventListener('click', e => this.choose(this.rowOf(e)));
    this.body.addEventListener('dblclick', e => e.target.closest('[data-at]') && this.open?.(this.rowOf(e)));
    new ResizeObserver(() => this.draw()).observe(this.scroller);
    this.drawHead();
  }

  rowOf(event) { return this.shown[Number(event.target.closest('tr')?.dataset.at)]; }

  drawHead() {
    this.head.replaceChildren(...this.columns.map(c => {
      const sorted = this.sort === c ? (this.down ? 'descending' : 'ascending') : null;
      const click = () => {
        this.down = this.sort === c ? !this.down : Boolean(c.num);
        this.sort = c;
        this.drawHead();
        this.refresh();
        this.head.children[this.columns.indexOf(c)].firstChild.focus();
      };
      return el('th', { scope: 'col', className: c.num ? 'num' : '', 'aria-sort': sorted ?? 'none' },
        c.get ? el('button', { title: c.title, onclick: click }, c.label) : c.label);
    }));
  }

  set(rows) {
    this.rows = rows;
    for (const c of this.columns) if (c.bar) c.most = rows.reduce((a, r) => Math.max(a, c.get(r) ?? 0), 0);
    this.refresh();
  }

  refresh() {
    const words = wordsOf(this.filter.value);
    this.shown = words.length ? this.rows.filter(r => matches(words, this.text(r), this.op?.(r))) : [...this.rows];
    if (this.sort) this.shown.sort((a, b) => compare(this.sort.get(a), this.sort.get(b), this.down));
    this.counter.textContent = words.length
      ? `${this.shown.length.toLocaleString('en')} of ${plural(this.rows.length, this.noun)}`
      : plural(this.rows.length, this.noun);
    this.draw(true);
  }

  draw(force = false) {
    if (!this.shown || (!force && !this.panel.offsetParent)) return;
    const count = this.shown.length, height = this.rowHeight;
    const first = this.all ? 0 : clamp(Math.floor(this.scroller.scrollTop / height) - 8, 0, count);
    const end = this.all ? Math.min(count, 3000)
      : Math.min(count, first + Math.ceil((this.scroller.clientHeight || 800) / height) + 16);
    if (!force && first === this.first && end === this.end) return;
    [this.first, this.end] = [first, end];
    const space = rows => el('tr.space', { 'aria-hidden': 'true', style: { height: `${rows * height}px` } });
    this.body.replaceChildren(space(first), ...this.shown.slice(first, end).map((r, i) => this.row(r, first + i)),
      space(count - end));
    const none = this.filter.value ? 'Nothing matches.' : 'There are none.';
    if (!count) this.body.append(el('tr', el('td.muted', { colspan: this.columns.length }, none)));
  }

  row(r, at) {
    const active = this.id(r) === this.active;
    const classes = [active ? 'active' : '', this.flaw?.(r) ? 'flaw' : ''].join(' ').trim();
    return el('tr', { className: classes, 'data-at': at, 'aria-current': active ? 'true' : null },
      ...this.columns.map(c => {
      const td = el('td', { className: c.num ? 'num' : c.mono ? 'mono' : '' });
      const content = c.cell(r);
      td.append(content ?? '–');
      if (td.textContent.length > 12) td.title = td.textContent.slice(0, 600);
      if (c.bar && c.most && c.get(r) > 0) {
        td.classList.add('heat-bar');
        td.style.setProperty('--share', `${100 * c.get(r) / c.most}%`);
      }
      return td;
    }));
  }

  choose(row) {
    if (row !== undefined) go({ sel: this.id(row) }, { replace: true });
  }

  select(id) {
    if (this.active === id) return;
    this.active = id;
    const at = this.shown.findIndex(r => this.id(r) === id);
    const top = at * this.rowHeight, s = this.scroller;
    if (at >= 0 && (top < s.scrollTop || top > s.scrollTop + s.clientHeight - 2 * this.rowHeight)) {
      s.scrollTop = top - s.clientHeight / 3;
    }
    this.draw(true);
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20, Home: -1e9, End: 1e9 }[event.key];
    if (event.target.closest('button')) return;
    const at = this.shown.findIndex(r => this.id(r) === this.active);
    if (step) {
      this.choose(this.shown[clamp(at + step, 0, this.shown.length - 1)]);
      event.preventDefault();
    } else if (event.key === 'Enter' && at >= 0) this.open?.(this.shown[at]);
  }
}

const wordsOf = query => query.toLowerCase().split(/\s+/).filter(Boolean);

/** All words occur in the text; "op:linear" asks the operator only. */
function matches(words, text, op = '') {
  return words.every(w => (w.startsWith('op:') ? op.toLowerCase().includes(w.slice(3)) : text.includes(w)));
}

/** Missing values last, whatever the direction. */
function compare(a, b, down) {
  const none = x => x == null || Number.isNaN(x);
  if (none(a) || none(b)) return none(a) - none(b);
  const order = typeof a === 'string' ? a.localeCompare(b, 'en', { numeric: true }) : a - b;
  return down ? -order : order;
}

// ---------------------------------------------------------------- tree of blocks

const tree = { rows: null, lines: [], active: null, shown: null };

function treeLines(f) {
  const lines = [], metric = barMetric();
  // Walks only what is expanded: hidden rows cost nothing.
  const walk = (g, depth) => {
    const contents = f.contents(g);
    const most = metric ? contents.reduce((a, id) => Math.max(a, f.value(id, metric.key) ?? 0), 0) : 0;
    contents.forEach((id, i) => {
      lines.push({ id, depth, at: i + 1, of: contents.length, most });
      if (id[0] === 'g' && f.expanded.has(id)) walk(Number(id.slice(1)), depth + 1);
    });
  };
  lines.push({ id: 'g0', depth: 0, at: 1, of: 1, most: 0 });
  if (f.expanded.has('g0')) walk(0, 1);
  return lines;
}

function treeRow(i) {
  const f = current(), { id, depth, at, of, most } = tree.lines[i];
  const group = id[0] === 'g', index = Number(id.slice(1)), metric = barMetric();
  const open = f.expanded.has(id), active = id === tree.active;
  const row = el('div', {
    className: `row${active ? ' active' : ''}${faultsIn(f, id) ? ' fault' : ''}${group && index === state.block ? ' open-block' : ''}`,
    role: 'treeitem', id: 'tree-' + id, 'data-id': id, 'aria-level': depth + 1, 'aria-posinset': at,
    'aria-setsize': of, 'aria-selected': active, 'aria-expanded': group ? open : null,
    style: { 'padding-left': `${4 + Math.min(depth, 14) * 13}px` },
  }, el('span.twisty', { 'aria-hidden': true }, group ? (open ? '▾' : '▸') : ''));
  if (!group) row.append(el('i', { className: `chip ${familyOf(f.nodes[index].op)}` }));
  const title = group ? (index ? f.groups[index].title || f.groups[index].path : f.raw.name || '(function)')
    : lastPart(f, index);
  row.append(el('span.name.tail', { title: f.name(id).slice(0, 600) }, el('bdi', { dir: 'ltr' }, title)));
  if (!group) row.append(el('span.op', f.nodes[index].op));
  if (metric) row.append(cost(f, id, metric, most));
  return row;
}

function lastPart(f, n) {
  return withoutPrefix(f.name('n' + n), f.groups[f.home[n]]?.path);
}

const withoutPrefix = (name, path) => (path && name.startsWith(path + '.') ? name.slice(path.length + 1) : name);

/** The last two parts of a name: "attn.qkv" of "encoder.0.attn.qkv". */
const lastParts = name => (name.match(/[^./]+[./]?|[./]/g) ?? []).slice(-2).join('');
/** Text that is cut at its start where there is no room: the last parts of names tell most. */
const tail = text => el('span.tail', el('bdi', { dir: 'ltr' }, text));

/** A value with a bar, as long as the share of `most`: the largest among what stands beside it. */
function cost(f, id, metric, most) {
  const value = f.value(id, metric.key), whole = f.sums.get(metric.key)[0];
  const title = value > 0 && whole > 0 && !takesMaximum(metric)
    ? `${metric.label}: ${percent(value / whole)} of the function` : metric.label;
  return el('span.cost', { title }, value == null ? '' : show(value, metric),
    most > 0 && value > 0 && el('i', { style: { width: `${100 * Math.min(1, value / most)}%` } }));
}

function drawTree(f) {
  tree.rows ??= new Rows($('tree'), 24, treeRow);
  const wanted = state.sel && state.sel[0] === 'n' || state.sel?.[0] === 'g' ? state.sel : 'g' + state.block;
  const key = [f.index, state.block, wanted].join();
  f.expanded ??= new Set(['g0']);
  if (tree.shown !== key) {
    const home = wanted[0] === 'n' ? f.home[Number(wanted.slice(1))] : f.groups[Number(wanted.slice(1))].parent;
    for (const g of [...f.ancestors(home ?? 0), ...f.ancestors(state.block)]) f.expanded.add('g' + g);
    tree.active = wanted;
  }
  const metric = barMetric();
  $('tree-metric').textContent = metric ? `${takesMaximum(metric) ? 'largest ' : ''}${metric.label}` : '';
  tree.lines = treeLines(f);
  tree.rows.reset(tree.lines.length);
  if (tree.shown !== key) revealInTree();
  tree.shown = key;
}

function revealInTree() {
  const at = tree.lines.findIndex(l => l.id === tree.active);
  if (at >= 0) tree.rows.reveal(at);
  tree.rows.draw(true);
  $('tree').setAttribute('aria-activedescendant', 'tree-' + tree.active);
}

function toggleTree(id, open) {
  const f = current();
  if (open) f.expanded.add(id); else f.expanded.delete(id);
  tree.lines = treeLines(f);
  tree.rows.reset(tree.lines.length);
}

function openFromTree(id) {
  tree.active = id;
  if (id[0] === 'g') openBlock(Number(id.slice(1))); else jump(state.fn, id);
}

function treeKey(event) {
  const f = current(), at = tree.lines.findIndex(l => l.id === tree.active), line = tree.lines[at];
  if (!f || !line) return;
  const group = line.id[0] === 'g', open = f.expanded.has(line.id);
  const to = i => {
    tree.active = tree.lines[clamp(i, 0, tree.lines.length - 1)].id;
    revealInTree();
  };
  const parent = () => tree.lines.findLastIndex((l, i) => i < at && l.depth < line.depth);
  const actions = {
    ArrowDown: () => to(at + 1), ArrowUp: () => to(at - 1), Home: () => to(0), End: () => to(Infinity),
    PageDown: () => to(at + 20), PageUp: () => to(at - 20),
    Enter: () => openFromTree(line.id), ' ': () => openFromTree(line.id),
    ArrowRight: () => (group && !open ? toggleTree(line.id, true) : group && to(at + 1)),
    ArrowLeft: () => (group && open ? toggleTree(line.id, false) : to(parent())),
  };
  if (!actions[event.key]) return;
  actions[event.key]();
  event.preventDefault();
  event.stopPropagation();
}

// ---------------------------------------------------------------- graph of a block

const graph = { k: 1, x: 0, y: 0, drawn: new Map(), lines: new Map(), views: new Map(), layout: null, items: [],
  frame: 0, right: false, labels: 'none' };
/** What may stand on edges, in the order of the key. */
const EDGE_LABELS = ['none', 'types', 'names and types'];

/** What a box stands for: { kind, id: where it leads, text }. Kind 'x' is a value or reader outside of the block. */
function readItem(f, item) {
  const p = parse(item);
  if (p) return { kind: p.kind, id: p.id, text: f.name(p.id) };
  const reader = String(item).startsWith('x>:'), rest = String(item).replace(/^x>?:/, '');
  const m = /^([niwog]\d+(?:\.\d+)?)(?:\s+([^]*))?$/.exec(rest);
  let id = m ? parse(m[1]).id : null;
  if (!id) {
    const named = f.nodes.findIndex(n => n.name === rest);
    if (named >= 0) id = 'n' + named;
  }
  return { kind: 'x', id, ref: m?.[1], reader, text: m?.[2] || (id && f.has(id) ? f.name(id) : rest) };
}

function readEdge(boxes, [from, to, d]) {
  const numbers = (String(d).match(/-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/gi) ?? []).map(Number);
  const xs = numbers.filter((_, i) => i % 2 === 0), ys = numbers.filter((_, i) => i % 2);
  const [px, py, x, y] = numbers.slice(-4), b = boxes[to];
  // Graphviz may end the curve where its own arrow head would begin: go on to the border.
  const gap = b ? Math.max(Math.abs(x - b[0]) - b[2] / 2, Math.abs(y - b[1]) - b[3] / 2, 0) : 0;
  const length = Math.hypot(x - px, y - py);
  const end = gap > 1 && gap < 30 && length ? `L${x + (x - px) / length * gap},${y + (y - py) / length * gap}` : '';
  return { from, to, d: d + end, left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys),
    bottom: Math.max(...ys) };
}

function drawGraph(f, centre) {
  const group = f.groups[state.block], layout = layoutOf(f, group);
  const drawable = Boolean(layout?.boxes?.length) && group.items.length > 0;
  $('canvas').toggleAttribute('hidden', !drawable);
  $('zoom').hidden = !drawable;
  $('list').hidden = $('list-notice').hidden = drawable;
  drawCrumbs(f);
  const key = [f.index, state.block, graph.right, graph.labels].join();
  const fresh = graph.key !== key;
  if (fresh && graph.layout) graph.views.set(graph.key, [graph.k, graph.x, graph.y]);
  graph.key = key;
  graph.layout = drawable ? layout : null;
  if (!drawable) return drawList(f, fresh || centre);
  if (fresh) loadLayout(f, group, layout);
  const values = graph.items.filter(i => 'ng'.includes(i.kind)).map(i => f.value(i.id, state.heat))
    .filter(v => v != null);
  graph.scale = heatMetric() ? heatScale(values, heatMetric()) : null;
  legend(graph.scale);
  markButtons();
  graph.selected = boxOf(state.sel);
  if (fresh) startView(key);
  if (graph.selected >= 0 && centre) centreOn(graph.selected);
  else if (graph.selected >= 0 && fresh) bringIntoView(graph.selected);
  const look = [key, state.heat, document.documentElement.dataset.theme].join();
  // The elements stay when only the selection changes: a double click is one only on the same element.
  if (graph.look === look) markSelected(); else clearDrawn();
  graph.look = look;
  paint();
  const name = state.block ? group.path : f.raw.name;
  $('canvas').setAttribute('aria-label', `Graph of ${name}: ${plural(graph.items.length, 'box')
    .replace(/boxs$/, 'boxes')}. Arrow keys follow edges, Enter opens a block.`);
}

/** The layout of a block in the direction that is chosen, with room for what stands on its edges. */
function layoutOf(f, group) {
  const plain = (graph.right && data.layoutsRight[group.layout]) || data.layouts[group.layout];
  graph.across = Boolean(plain) && plain === data.layoutsRight[group.layout];
  if (!plain?.boxes?.length || graph.labels === 'none') return plain;
  const room = graph.across ? 36 + LABEL_WIDTH : graph.labels === 'types' ? 40 : 52;
  plain.wide ??= {};
  return (plain.wide[room] ??= spread(plain, graph.across, room));
}

/** `layout` with gaps of at least `room` between its ranks, along the axis on which arrows lead. */
function spread(layout, across, room) {
  const axis = across ? 0 : 1;
  const spans = layout.boxes.map(b => [b[axis] - b[axis + 2] / 2, b[axis] + b[axis + 2] / 2]).sort((a, b) => a[0] - b[0]);
  const bands = [];
  for (const [low, high] of spans) {
    const last = bands.at(-1);
    if (last && low <= last[1]) last[1] = Math.max(last[1], high); else bands.push([low, high]);
  }
  const from = bands.flat(), to = [from[0]];
  for (let i = 1; i < from.length; i++) {
    const length = from[i] - from[i - 1];
    to.push(to[i - 1] + (i % 2 ? length : Math.max(length, room)));
  }
  const map = x => {
    if (x <= from[0]) return x - from[0] + to[0];
    const i = from.findIndex(edge => x <= edge);
    if (i < 0) return x - from.at(-1) + to.at(-1);
    return to[i - 1] + (x - from[i - 1]) * (to[i] - to[i - 1]) / ((from[i] - from[i - 1]) || 1);
  };
  const point = (x, y) => (across ? [map(x), y] : [x, map(y)]);
  const path = d => String(d).replace(/(-?[\d.]+),(-?[\d.]+)/g, (_, x, y) =>
    point(Number(x), Number(y)).map(v => Math.round(v * 10) / 10).join());
  const [w, h] = point(layout.w, layout.h);
  return { w, h, boxes: layout.boxes.map(([x, y, ...size]) => [...point(x, y), ...size]),
    edges: (layout.edges ?? []).map(([a, b, d]) => [a, b, path(d)]) };
}

/** The values that each edge stands for, as references. */
function edgeValues() {
  const { f, items, edges } = graph, owner = new Map();
  const nodesOf = item => (item.kind === 'n' ? [Number(item.id.slice(1))]
    : item.kind === 'g' ? f.nodesIn(Number(item.id.slice(1))) : []);
  items.forEach((item, box) => nodesOf(item).forEach(n => owner.set(n, box)));
  const reads = item => {
    if (item.kind === 'o') return [f.outputs[Number(item.id.slice(1))]?.from];
    const nodes = item.kind === 'x' && item.id ? [Number(item.id.slice(1))] : nodesOf(item);
    return nodes.flatMap(n => f.nodes[n]?.in ?? []);
  };
  const known = new Map();
  return edges.map(e => {
    const from = items[e.from];
    if (from.kind === 'i') return [from.id];
    if (from.kind === 'x') return from.ref ? [from.ref] : [];
    if (!known.has(e.to)) known.set(e.to, [...new Set(reads(items[e.to]))].map(ref => [ref, parse(ref)]));
    return known.get(e.to).filter(([, p]) => p?.kind === 'n' && owner.get(p.index) === e.from).map(r => r[0]);
  });
}

const LABEL_WIDTH = 150;

/** Texts on edges: each where it covers neither a box nor another text; a value that several read has one. */
function edgeLabels() {
  if (graph.labels === 'none') return [];
  const { f, boxes } = graph, values = edgeValues(), placed = [], done = new Set(), labels = [];
  const cover = (a, b) => Math.abs(a.x - b.x) * 2 < a.w + b.w && Math.abs(a.y - b.y) * 2 < a.h + b.h;
  const solid = boxes.map(([x, y, w, h]) => ({ x, y, w: w + 4, h: h + 4 }));
  graph.edges.forEach((e, i) => {
    const ref = values[i][0];
    const key = [e.from, ...values[i]].join();
    if (!ref || done.has(key)) return;
    const more = values[i].length > 1 ? ` +${values[i].length - 1}` : '';
    const type = f.type(ref), lines = graph.labels === 'types' ? [] : [fit(lastParts(f.valueName(ref)), LABEL_WIDTH, '10px', true)];
    if (type) lines.push(fit(type, LABEL_WIDTH, '10px'));
    if (!lines.length) return;
    lines[0] += more;
    const size = { w: Math.max(...lines.map(t => textWidth(t, '10px'))) + 4, h: 12 * lines.length };
    for (const t of [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]) {
      const at = { ...pointOn(e.d, t), ...size };
      // The picture ends with its boxes: no text lies beyond.
      at.x = clamp(at.x, size.w / 2, Math.max(graph.layout.w - size.w / 2, size.w / 2));
      if (solid.some(b => cover(at, b)) || placed.some(b => cover(at, b))) continue;
      placed.push(at);
      done.add(key);
      labels.push({ edge: i, at, lines, title: values[i].map(r => `${f.valueName(r)}: ${f.type(r)}`).join('\n') });
      return;
    }
  });
  return labels;
}

/** The point at the share `t` of a path of Bézier curves. */
function pointOn(d, t) {
  const path = graph.ruler ??= svg('path');
  path.setAttribute('d', d);
  const { x, y } = path.getPointAtLength(path.getTotalLength() * t);
  return { x, y };
}

function drawEdgeLabel({ at, lines, title, edge }) {
  const { from, to } = graph.edges[edge], chosen = graph.selected;
  const group = svg('g', { class: `edge-label${chosen === from ? ' to' : chosen === to ? ' from' : ''}` }), text = svg('text');
  lines.forEach((line, i) => text.append(svg('tspan',
    { x: at.x, y: at.y + 3.5 + 12 * (i - (lines.length - 1) / 2) }, line)));
  group.append(svg('rect', { x: at.x - at.w / 2, y: at.y - at.h / 2, width: at.w, height: at.h, rx: 2 }), text,
    svg('title', {}, title.slice(0, 600)));
  return group;
}

function setDirection(right) {
  graph.right = right;
  stored.set('direction', right ? 'right' : 'down');
  render(graph.selected >= 0);
  say(right ? 'Left to right' : 'Top down');
}

function nextEdgeLabels() {
  graph.labels = EDGE_LABELS[(EDGE_LABELS.indexOf(graph.labels) + 1) % EDGE_LABELS.length];
  stored.set('edges', graph.labels);
  render(graph.selected >= 0);
  say(graph.labels === 'none' ? 'Nothing on edges' : `On edges: ${graph.labels}`);
}

function markButtons() {
  const right = document.querySelector('[data-zoom="turn"]'), labels = document.querySelector('[data-zoom="labels"]');
  right.setAttribute('aria-pressed', String(graph.right));
  right.disabled = !data.layoutsRight.some(Boolean);
  labels.setAttribute('aria-pressed', String(graph.labels !== 'none'));
  labels.title = `On edges: ${graph.labels === 'none' ? 'nothing' : graph.labels} (e)`;
}

function loadLayout(f, group, layout) {
  graph.f = f;
  graph.items = layout.boxes.map((_, i) => (group.items[i] == null ? { kind: 'x', id: null, text: '' }
    : readItem(f, group.items[i])));
  graph.boxes = layout.boxes;
  layout.read ??= (layout.edges ?? []).map(e => readEdge(layout.boxes, e));
  graph.edges = layout.read;
  graph.texts = edgeLabels();
}

/** The box of `id`; the box of its own rather than a label that stands for it. */
function boxOf(id) {
  if (!id) return -1;
  const own = graph.items.findIndex(i => i.id === id && i.kind !== 'x');
  return own >= 0 ? own : graph.items.findIndex(i => i.id === id);
}

function clearDrawn() {
  graph.drawn.clear();
  graph.lines.clear();
  const marker = name => {
    const m = svg('marker', { id: 'head-' + name, viewBox: '0 0 8 8', refX: 8, refY: 4, markerWidth: 7, markerHeight: 7,
      orient: 'auto', markerUnits: 'userSpaceOnUse' });
    m.append(svg('path', { d: 'M0,0.6L8,4L0,7.4z', class: 'mark-' + name }));
    return m;
  };
  const defs = svg('defs');
  defs.append(...['plain', 'from', 'to'].map(marker));
  graph.world = svg('g');
  graph.edgeLayer = svg('g');
  graph.boxLayer = svg('g');
  graph.textLayer = svg('g');
  graph.textLayer.append(...(graph.far ? [] : graph.texts.map(drawEdgeLabel)));
  graph.world.append(graph.edgeLayer, graph.textLayer, graph.boxLayer);
  $('canvas').replaceChildren(defs, graph.world);
}

function schedule() {
  graph.frame ||= requestAnimationFrame(() => {
    graph.frame = 0;
    if (graph.layout) paint();
  });
}

/** Brings what is in sight into the document and takes the rest out; from afar large graphs have boxes without text. */
function paint() {
  const { k, x, y, boxes } = graph, { clientWidth: w, clientHeight: h } = $('canvas');
  if (!w) return;
  graph.world.setAttribute('transform', `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${k.toFixed(4)})`);
  const far = k < 0.35 && boxes.length > 250;
  if (far !== graph.far) {
    graph.far = far;
    clearDrawn();
    return paint();
  }
  const margin = 200 / k, all = boxes.length <= 120;
  const view = { left: -x / k - margin, top: -y / k - margin, right: (w - x) / k + margin,
    bottom: (h - y) / k + margin };
  const sees = r => all
    || (r.right >= view.left && r.left <= view.right && r.bottom >= view.top && r.top <= view.bottom);
  boxes.forEach(([bx, by, bw, bh], i) => keep(graph.drawn, graph.boxLayer, i,
    sees({ left: bx - bw / 2, right: bx + bw / 2, top: by - bh / 2, bottom: by + bh / 2 }), () => drawBox(i, far)));
  graph.edges.forEach((e, i) => keep(graph.lines, graph.edgeLayer, i, sees(e), () => drawEdge(e, far)));
}

function keep(drawn, layer, i, wanted, make) {
  const e = drawn.get(i);
  if (wanted && !e) {
    const made = make();
    drawn.set(i, made);
    layer.append(made);
  } else if (!wanted && e) {
    e.remove();
    drawn.delete(i);
  }
}

function markSelected() {
  for (const [i, g] of graph.drawn) g.classList.toggle('selected', i === graph.selected);
  for (const i of [...graph.lines.keys()]) {
    const e = graph.edges[i], path = drawEdge(e, graph.far);
    graph.lines.get(i).remove();
    graph.lines.set(i, path);
    if (e.from === graph.selected || e.to === graph.selected) graph.edgeLayer.append(path);
    else graph.edgeLayer.prepend(path);
  }
  if (!graph.far) graph.textLayer.replaceChildren(...graph.texts.map(drawEdgeLabel));
}

function drawEdge(e, far) {
  const role = e.from === graph.selected ? 'to' : e.to === graph.selected ? 'from' : 'plain';
  const head = far && role === 'plain' ? null : `url(#head-${role})`;
  return svg('path', { d: e.d, class: `edge ${role}`, 'marker-end': head });
}

function drawBox(i, far) {
  const [x, y, w, h] = graph.boxes[i], item = graph.items[i], { f } = graph;
  const block = item.kind === 'g', label = !block && item.kind !== 'n';
  const classes = ['box', label && 'label', label && item.kind !== 'x' && 'end', i === graph.selected && 'selected'];
  const g = svg('g', { class: classes.filter(Boolean).join(' '), transform: `translate(${x - w / 2} ${y - h / 2})`,
    'data-box': i });
  const colour = label ? null : paintOf(f, item), node = item.kind === 'n' ? f.nodes[Number(item.id.slice(1))] : null;
  const opens = block || bodiesOf(node).length > 0;
  if (!label && faultsIn(f, item.id)) g.classList.add('fault');
  if (colour?.family) g.classList.add(colour.family);
  if (colour?.fill) {
    g.style.setProperty('--fill', colour.fill);
    g.style.setProperty('--ink', colour.ink);
  }
  const rect = (dx, dy, name, r = 4) => svg('rect',
    { x: dx, y: dy, width: Math.max(1, w), height: Math.max(1, h), rx: r, class: name });
  if (opens && !far) g.append(rect(5, 5, 'body'), rect(2.5, 2.5, 'body'));
  g.append(rect(0, 0, 'body', label ? h / 2 : 4));
  if (!label && !block && !colour.fill) g.append(svg('path',
    { d: `M4,0.5h-1a3,3 0 0 0 -2.5,3v${h - 7}a3,3 0 0 0 2.5,3h1z`, class: 'strip' }));
  g.append(svg('rect', { x: -3, y: -3, width: w + 6, height: h + 6, rx: label ? h / 2 : 6, class: 'halo' }));
  if (!far) (label ? labelText : block ? blockText : nodeText)(g, f, item, w, h);
  return g;
}

/** How many nodes with a fault a node or block has, those of bodies that it calls included. */
function faultsIn(f, id, depth = 0) {
  if (!anyFault || depth > 16) return 0;
  f.faults ??= new Map();
  if (!f.faults.has(id)) {
    const p = parse(id), nodes = p.kind === 'g' ? f.nodesIn(p.index) : [p.index];
    const bodies = n => bodiesOf(f.nodes[n]).filter(b => b[1] !== f.index);
    f.faults.set(id, nodes.reduce((sum, n) => sum + (f.nodes[n]?.fault ? 1 : 0)
      + bodies(n).reduce((all, b) => all + faultsIn(functionAt(b[1]), 'g0', depth + 1), 0), 0));
  }
  return f.faults.get(id);
}

function paintOf(f, item) {
  const metric = heatMetric();
  if (metric) {
    const value = f.value(item.id, metric.key);
    return value == null ? {} : rampColour(graph.scale.to(value));
  }
  if (state.heat !== 'kind') return {};
  return item.kind === 'n' && f.has(item.id) ? { family: familyOf(f.nodes[Number(item.id.slice(1))].op) } : {};
}

function lines(g, left, list) {
  list.forEach(([text, y, name]) => g.append(svg('text', { x: left, y, class: name }, text)));
}

function nodeText(g, f, item, w, h) {
  const node = f.nodes[Number(item.id.slice(1))];
  if (!node) return lines(g, 12, [[item.id, 20, 'op']]);
  const middle = h / 2, room = w - 20, metric = heatMetric();
  const value = metric && node[metric.key] != null ? show(node[metric.key], metric) : '';
  const bodies = bodiesOf(node).map(b => b[0]).join(', ');
  const inside = node.fault ? 0 : faultsIn(f, item.id), type = node.out[0] ?? '';
  const last = [node.fault ?? (bodies ? `▸ ${bodies}${inside ? ` (${plural(inside, 'fault')})` : ''}` : type), room];
  const lastClass = node.fault || inside ? 'sub wrong' : bodies ? 'sub opens' : 'sub';
  const spare = value ? value.length * 6 + 8 : 0, wide = room - spare > 60;
  lines(g, 12, [[fit(node.op || '(no operator)', wide ? room - spare : room, '600 12px'), middle - 10, 'op'],
    [fit(lastParts(item.text), room, '11px', true), middle + 4, ''], [fit(...last, '11px'), middle + 18, lastClass]]);
  if (value && wide) g.append(svg('text', { x: w - 8, y: middle - 10, class: 'value' }, value));
  g.append(svg('title', {}, `${node.op} ${item.text}${node.fault ? `\n${node.fault}` : ''}`.slice(0, 600)));
}

function blockText(g, f, item, w, h) {
  const index = Number(item.id.slice(1)), group = f.groups[index], metric = barMetric(), middle = h / 2;
  if (!group) return lines(g, 12, [[item.id, 20, 'op']]);
  const title = /^\d*$/.test(group.title ?? '') ? lastParts(group.path) : group.title;
  const inner = group.children.length ? `, ${plural(group.children.length, 'block')}` : '';
  const value = metric ? show(f.value(item.id, metric.key), metric) : '', faults = faultsIn(f, item.id);
  lines(g, 10, [[fit(title, w - 18, '600 12px'), middle - 11, 'op'],
    [fit(plural(f.size[index], 'node') + inner, w - 18, '11px'), middle + 4, 'sub'],
    [fit(faults ? plural(faults, 'fault') : value && `${metric.label} ${value}`, w - 18, '11px'), middle + 19,
      faults ? 'sub wrong' : 'sub']]);
  g.append(svg('title', {}, group.path.slice(0, 600)));
}

function labelText(g, f, item, w, h) {
  const text = item.kind === 'x' ? lastParts(item.text) : item.text;
  const what = { i: 'Input: ', o: 'Output: ', x: item.reader ? 'Read outside by ' : 'From elsewhere: ' };
  g.append(svg('text', { x: w / 2, y: h / 2 + 4 }, fit(text, w - 14, '11px', item.kind === 'x')),
    svg('title', {}, (what[item.kind] ?? '') + item.text.slice(0, 600)));
}

function drawCrumbs(f) {
  const path = f.ancestors(state.block);
  const parts = path.map((g, i) => {
    const text = g ? f.groups[g].title || f.groups[g].path : f.raw.name || '(function)';
    const cut = text.length > 60 ? text.slice(0, 59) + '…' : text;
    return i === path.length - 1 ? el('b', { 'aria-current': 'location' }, cut)
      : el('button.link', { onclick: () => openBlock(g) }, cut);
  });
  parts.unshift(...bodyCrumbs(f, 0));
  $('crumbs').replaceChildren(...parts.flatMap((p, i) => (i ? [el('span', { 'aria-hidden': true }, '›'), p] : [p])));
}

/** Of a body: the function and the node that call it, and what the node calls besides. */
function bodyCrumbs(f, depth) {
  const caller = depth < 8 ? callerOf(f.index) : null;
  if (!caller) return [];
  const outer = functionAt(caller.fn), node = outer.nodes[caller.node];
  const others = bodiesOf(node).filter(b => b[1] !== f.index);
  const short = text => (text.length > 40 ? '…' + text.slice(-39) : text);
  return [...bodyCrumbs(outer, depth + 1), link(short(outer.raw.name), () => openFunction(caller.fn)),
    link(short(`${node.op} ${lastParts(node.name)}`), () => jump(caller.fn, 'n' + caller.node)),
    el('span', el('b', caller.role), ...others.flatMap(([role, i]) => [' | ',
      link(role, () => openBody(caller.fn, caller.node, i))]))];
}

// ---------------------------------------------------------------- pan and zoom

function startView(key) {
  const saved = graph.views.get(key);
  if (saved) [graph.k, graph.x, graph.y] = saved;
  else fitView(true);
}

/** The whole block; with `readable` not smaller than text can be read, from the top then. */
function fitView(readable = false) {
  if (!graph.layout) return;
  const { w, h } = graph.layout, { clientWidth: cw, clientHeight: ch } = $('canvas');
  if (!cw || !ch) return;
  const whole = Math.min((cw - 40) / w, (ch - 80) / h);
  graph.k = clamp(whole, readable ? (narrow.matches ? 0.8 : 0.75) : 0.01, 1.15);
  const axis = graph.across ? 0 : 1;
  const first = graph.boxes.reduce((a, b) => (b[axis] < a[axis] ? b : a));
  const middle = (size, room, at) => room / 2 - (size * graph.k > room ? at : size / 2) * graph.k;
  graph.x = graph.across ? inside(20, w * graph.k, cw, 0) : middle(w, cw, first[0]);
  graph.y = graph.across && h * graph.k > ch - 40 ? middle(h, ch, first[1]) : inside(20, h * graph.k, ch, 40);
}

function centreOn(i) {
  const [x, y] = graph.boxes[i], { clientWidth: w, clientHeight: h } = $('canvas');
  graph.k = Math.max(graph.k, 0.7);
  graph.x = inside(w / 2 - x * graph.k, graph.layout.w * graph.k, w, 0);
  graph.y = inside(h / 2 - y * graph.k, graph.layout.h * graph.k, h, 40);
}

/** An offset that leaves no more empty space than need be; `foot` is kept free for the legend. */
function inside(offset, size, room, foot) {
  return size + 40 + foot <= room ? (room - foot - size) / 2 : clamp(offset, room - size - 20 - foot, 20);
}

function bringIntoView(i) {
  const [x, y, bw, bh] = graph.boxes[i], { clientWidth: w, clientHeight: h } = $('canvas'), { k } = graph;
  const over = (low, high, size) => {
    if (high - low > size) return 0;
    return low < 20 ? 20 - low : Math.min(0, size - 20 - high);
  };
  graph.x += over((x - bw / 2) * k + graph.x, (x + bw / 2) * k + graph.x, w);
  graph.y += over((y - bh / 2) * k + graph.y, (y + bh / 2) * k + graph.y, h);
}

function zoom(factor, cx = $('canvas').clientWidth / 2, cy = $('canvas').clientHeight / 2) {
  const k = clamp(graph.k * factor, 0.01, 4), ratio = k / graph.k;
  Object.assign(graph, { k, x: cx - (cx - graph.x) * ratio, y: cy - (cy - graph.y) * ratio });
  schedule();
}

function pointing() {
  const canvas = $('canvas'), pointers = new Map();
  let moved = false;
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return { d: Math.hypot(a.x - b.x, a.y - b.y) || 1, x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  canvas.addEventListener('pointerdown', e => {
    if (e.button) return;
    const r = canvas.getBoundingClientRect();
    pointers.set(e.pointerId, { x: e.clientX - r.left, y: e.clientY - r.top, sx: e.clientX, sy: e.clientY });
    if (pointers.size === 1) moved = false;
  });
  canvas.addEventListener('pointermove', e => {
    const p = pointers.get(e.pointerId);
    if (!p || !graph.layout) return;
    // The pointer is captured late, as otherwise a click would not reach the box.
    if (!moved && Math.hypot(e.clientX - p.sx, e.clientY - p.sy) < 4 && pointers.size === 1) return;
    if (!moved) {
      moved = true;
      canvas.classList.add('dragging');
      for (const id of pointers.keys()) canvas.setPointerCapture(id);
    }
    const before = pointers.size === 2 ? spread() : p;
    const from = { ...before };
    const r = canvas.getBoundingClientRect();
    Object.assign(p, { x: e.clientX - r.left, y: e.clientY - r.top });
    const to = pointers.size === 2 ? spread() : p;
    graph.x += to.x - from.x;
    graph.y += to.y - from.y;
    if (pointers.size === 2) zoom(to.d / from.d, to.x, to.y);
    schedule();
  });
  const up = e => {
    pointers.delete(e.pointerId);
    if (!pointers.size) canvas.classList.remove('dragging');
  };
  canvas.addEventListener('pointerup', up);
  canvas.addEventListener('pointercancel', up);
  canvas.addEventListener('pointerleave', e => { if (!canvas.hasPointerCapture(e.pointerId)) up(e); });
  canvas.addEventListener('wheel', e => {
    e.preventDefault();
    if (!graph.layout) return;
    const unit = e.deltaMode ? 16 : 1, r = canvas.getBoundingClientRect();
    if (e.shiftKey) {
      graph.x -= (e.deltaX || e.deltaY) * unit;
      return schedule();
    }
    zoom(Math.exp(-clamp(e.deltaY * unit, -300, 300) * (e.ctrlKey ? 0.01 : 0.0018)), e.clientX - r.left,
      e.clientY - r.top);
  }, { passive: false });
  const itemAt = e => graph.items[Number(e.target.closest?.('[data-box]')?.dataset.box)];
  canvas.addEventListener('click', e => {
    if (moved) return;
    const item = itemAt(e);
    if (!item) return state.sel && go({ sel: null }, { replace: true });
    if (item.kind === 'x' && item.id) return jump(state.fn, item.id);
    if (item.id) go({ sel: item.id }, { replace: true });
  });
  canvas.addEventListener('dblclick', e => enter(itemAt(e)));
}

function enter(item) {
  if (!item?.id) return;
  if (item.kind === 'g') openBlock(Number(item.id.slice(1)));
  else if (item.kind === 'x') jump(state.fn, item.id);
  else if (item.kind === 'n') enterBody(Number(item.id.slice(1)));
}

/** The first of what a node calls; the others are beside it in the path. */
function enterBody(n) {
  const [first] = bodiesOf(current().nodes[n]);
  if (first) openBody(state.fn, n, first[1]);
}

/** Follows an edge, or goes to the neighbour of the row. */
function step(key) {
  if (!graph.layout) return false;
  const { boxes, edges } = graph, at = graph.selected;
  const order = (list, score) => list.filter(i => i !== at && graph.items[i]?.id)
    .sort((a, b) => score(a) - score(b))[0];
  let next;
  if (at < 0) {
    const all = boxes.map((_, i) => i);
    next = order(all.filter(i => 'ng'.includes(graph.items[i].kind)), i => boxes[i][1]) ?? order(all, i => boxes[i][1]);
  } else {
    // Along the arrows and across them.
    const [along, aside] = graph.across ? [0, 1] : [1, 0];
    const [back, ahead, before] = graph.across ? ['ArrowLeft', 'ArrowRight', 'ArrowUp'] : ['ArrowUp', 'ArrowDown', 'ArrowLeft'];
    const off = (i, axis) => Math.abs(boxes[i][axis] - boxes[at][axis]);
    const near = i => off(i, aside) + off(i, along) / 4;
    const side = key === before ? -1 : 1;
    if (key === back) next = order(edges.filter(e => e.to === at).map(e => e.from), near);
    else if (key === ahead) next = order(edges.filter(e => e.from === at).map(e => e.to), near);
    else next = order(boxes.map((_, i) => i).filter(i => (boxes[i][aside] - boxes[at][aside]) * side > 1),
      i => off(i, aside) + 3 * off(i, along));
  }
  if (next == null) return true;
  bringIntoView(next);
  go({ sel: graph.items[next].id }, { replace: true });
  const item = graph.items[next], node = item.id[0] === 'n' ? current().nodes[Number(item.id.slice(1))] : null;
  say(node ? `${node.op} ${item.text}` : item.text);
  return true;
}

// ---------------------------------------------------------------- saving a picture

/** What a picture has of the page's style, as attributes, so that it needs no style sheet. */
const SAVED = { shape: ['fill', 'stroke', 'stroke-width', 'stroke-dasharray'],
  text: ['fill', 'font-family', 'font-size', 'font-weight', 'text-anchor'] };

/** A colour as other programs know it: not all read oklch(). */
const plainColour = (() => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true }), known = new Map();
  return colour => {
    if (colour === 'none' || colour.startsWith('url') || colour.startsWith('rgb(')) return colour;
    if (!known.has(colour)) {
      context.clearRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      known.set(colour, `rgb(${[...context.getImageData(0, 0, 1, 1).data].slice(0, 3).join(', ')})`);
    }
    return known.get(colour);
  };
})();

/** The whole picture of the block that is shown, as the text of an SVG file. */
function pictureText() {
  const { w, h } = graph.layout, margin = 16, canvas = $('canvas');
  const whole = svg('svg', { width: w + 2 * margin, height: h + 2 * margin,
    viewBox: `${-margin} ${-margin} ${w + 2 * margin} ${h + 2 * margin}` });
  const world = svg('g'), boxes = graph.boxes.map((_, i) => drawBox(i, false)), edges = graph.edges.map(e => drawEdge(e, false));
  world.append(...edges, ...graph.texts.map(drawEdgeLabel), ...boxes);
  const defs = canvas.querySelector('defs').cloneNode(true);
  // Styles are known of what is in the document.
  const stage = svg('g', { opacity: 0 });
  stage.append(defs, world);
  canvas.append(stage);
  for (const e of stage.querySelectorAll('rect, path, text')) {
    const style = getComputedStyle(e);
    for (const key of SAVED[e.localName === 'text' ? 'text' : 'shape']) {
      const value = style.getPropertyValue(key);
      if (value) e.setAttribute(key, key === 'fill' || key === 'stroke' ? plainColour(value) : value);
    }
    e.removeAttribute('class');
  }
  stage.querySelectorAll('[class], [style]').forEach(e => ['class', 'style'].forEach(a => e.removeAttribute(a)));
  for (const e of stage.querySelectorAll('rect')) if (e.getAttribute('fill') === 'none' && e.getAttribute('stroke') === 'none') e.remove();
  const back = getComputedStyle(canvas.parentElement).backgroundColor;
  whole.append(svg('rect', { x: -margin, y: -margin, width: w + 2 * margin, height: h + 2 * margin, fill: plainColour(back) }),
    defs, world);
  stage.remove();
  return new XMLSerializer().serializeToString(whole);
}

/** PNG pictures are twice as large as shown at full size, as far as browsers draw them. */
const MOST_PIXELS = 8000;

async function savePicture(kind) {
  if (!graph.layout) return;
  const text = pictureText(), f = current();
  const name = [data.title, f.raw.name, state.block ? f.groups[state.block].path : ''].filter(Boolean).join('-')
    .replace(/[^\w.-]+/g, '_').slice(0, 120);
  try {
    const blob = kind === 'svg' ? new Blob([text], { type: 'image/svg+xml' }) : await rasterized(text);
    const a = el('a', { href: URL.createObjectURL(blob), download: `${name}.${kind}` });
    document.body.append(a);
    a.click();
    a.remove();
    setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
    say(`Saved ${name}.${kind}`);
  } catch (error) {
    say(`The picture cannot be saved: ${error.message}`);
  }
}

async function rasterized(text) {
  const image = new Image();
  image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(text);
  await image.decode();
  const scale = Math.min(2, MOST_PIXELS / image.width, MOST_PIXELS / image.height);
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: Math.ceil(image.width * scale), height: Math.ceil(image.height * scale) });
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => canvas.toBlob(b => (b ? done(b) : fail(new Error('it is too large'))), 'image/png'));
}

// ---------------------------------------------------------------- a block without a drawing

const list = { rows: null, ids: [] };

function drawList(f, reveal) {
  const box = $('list');
  list.rows ??= new Rows(box, 30, listRow);
  list.ids = f.contents(state.block);
  $('list-notice').textContent = list.ids.length
    ? 'This block has no drawing: Graphviz was not found when the page was written, or the '
    + 'block is too large. It is listed in order of execution.' : 'This block has no nodes.';
  legend(null);
  list.most = barMetric() ? list.ids.reduce((a, id) => Math.max(a, f.value(id, barMetric().key) ?? 0), 0) : 0;
  list.rows.reset(list.ids.length);
  const at = list.ids.indexOf(state.sel);
  if (at >= 0) list.rows.reveal(at);
  else if (reveal) box.scrollTop = 0;
  box.setAttribute('aria-activedescendant', at >= 0 ? 'list-' + state.sel : '');
}

function listRow(i) {
  const f = current(), id = list.ids[i], index = Number(id.slice(1)), node = id[0] === 'n' ? f.nodes[index] : null;
  const active = id === state.sel, metric = barMetric();
  return el('div', { className: `row${active ? ' active' : ''}`, role: 'option', id: 'list-' + id, 'data-id': id,
    'aria-selected': active },
    el('i', { className: `chip ${node ? familyOf(node.op) : ''}` }),
    el('span.op', node ? node.op : 'block'),
    el('span.name.tail', { title: f.name(id).slice(0, 600) }, el('bdi', { dir: 'ltr' }, f.name(id))),
    el('span.type', node ? node.out[0] ?? '' : plural(f.size[index], 'node')),
    metric && cost(f, id, metric, list.most));
}

function stepList(key) {
  const at = list.ids.indexOf(state.sel), by = { ArrowUp: -1, ArrowDown: 1, PageUp: -15, PageDown: 15 }[key];
  if (!by || !list.ids.length) return false;
  go({ sel: list.ids[at < 0 ? 0 : clamp(at + by, 0, list.ids.length - 1)] }, { replace: true });
  return true;
}

// ---------------------------------------------------------------- details

const section = (title, ...content) => [el('h3', title), ...content];
const muted = text => el('p.muted', text);
const pairs = rows => el('dl.pairs', ...rows.filter(r => r[1] != null && r[1] !== '')
  .flatMap(([k, v]) => [el('dt', String(k)), el('dd', v instanceof Node ? v : String(v))]));
const link = (text, action) => el('button.link', { onclick: action }, text || '(no name)');

/** At most `most` of `items`, and how many there are besides. */
function some(items, most, make) {
  const rest = items.length - most;
  return el('ul', ...items.slice(0, most).map(make),
    rest > 0 && el('li.muted', `and ${rest.toLocaleString('en')} more`));
}

function detailsOf(f) {
  if (state.sel) return state.sel;
  if (state.view === 'graph') return 'g' + state.block;
  return state.view === 'memory' && f?.raw.memory ? 'n' + f.raw.memory.peak : null;
}

function drawDetails(f) {
  const id = detailsOf(f);
  const p = parse(id);
  const box = $('details');
  const key = [state.fn, id, state.heat, state.view === 'graph', state.block].join();
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  const parts = !p || (f ? !f.has(id) : p.kind !== 'w') ? [el('p.empty', 'Choose a row to see its details.')]
    : { n: nodeDetails, g: groupDetails, w: weightDetails, i: portDetails, o: portDetails }[p.kind](f, p);
  box.replaceChildren(...parts.flat().filter(Boolean));
  box.scrollTop = 0;
}

function header(title, subtitle, ...actions) {
  return [el('div.head', el('div', el('h2', title), subtitle && el('p.muted', subtitle))),
    el('div.actions', el('button', { onclick: e => copy(title, e.target) }, 'Copy name'), ...actions)];
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el('textarea.hidden-text');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = 'Copy name'; }, 1200);
}

function nodeDetails(f, { index, id }) {
  const n = f.nodes[index], op = data.ops.get(n.op);
  const place = f.blockName(f.home[index]);
  return [
    ...header(f.name(id), `node ${index} of ${f.raw.name}`, ...inGraph(id)),
    ...section('Operator', el('p', el('i', { className: `chip ${familyOf(n.op)}` }), ' ', el('b', n.op || '(none)'),
      el('span.muted', ` ${FAMILIES.find(x => x[0] === familyOf(n.op))[1]}`)),
    op?.summary && el('p', op.summary), op?.formula && el('p.formula.mono', op.formula)),
    ...(n.fault ? [el('p.bad', n.fault)] : []),
    ...(bodiesOf(n).length ? section('Bodies', el('ul', ...bodiesOf(n).map(([role, i]) => el('li',
      link(`${role}: ${data.functions[i].name}`, () => openBody(f.index, index, i)),
      el('div.muted', plural(data.functions[i].nodes.length, 'node')))))) : []),
    ...(n.attrs.length ? section('Attributes', pairs(n.attrs)) : []),
    ...onnxDetails(n),
    ...section('Operands', n.in.length ? some(n.in, 60, ref => operand(f, ref)) : muted('none')),
    ...section('Results', some(n.out.map((type, k) => [type, k]), 20,
      ([type, k]) => result(f, id, type, k, n.out.length, n.values[k]))),
    ...metricDetails(f, id, n),
    ...(n.sources.length ? section('Fused from', some(n.sources, 40, s => el('li', s))) : []),
    ...section('Place', pairs([['block', link(place, () => openBlock(f.home[index]))], ['file', n.file]])),
  ];
}

/** The ONNX nodes that a node came from. */
function onnxDetails(n) {
  const ports = (title, list) => (list.length ? [el('p.muted', title),
    pairs(list.slice(0, 100).map((p, i) => [p.role ?? i, el('span.mono', p.name || '(left out)')]))] : []);
  return n.onnx.flatMap(o => section(`ONNX ${o.op}`,
    pairs([['name', o.name], ['operator set', `${o.domain} ${o.version}`], ['in functions', (o.functions ?? []).join(', ')],
      ['page', o.page && el('a', { href: o.page, target: '_blank', rel: 'noreferrer' }, o.page.split('/').pop())],
      ...o.attributes.map(a => [a.name, a.isDefault ? `${a.value} (default)` : a.value])]),
    ...ports('inputs in the file', o.inputs), ...ports('outputs in the file', o.outputs),
    o.docString && el('p.written', o.docString),
    ...Object.entries(o.metadata ?? {}).sort().flatMap(([key, text]) => [el('p.muted', key), el('p.mono.written', text)])));
}

const inGraph = id => (state.view === 'graph' ? []
  : [el('button', { onclick: () => jump(state.fn, id) }, 'Show in graph')]);

function metricDetails(f, id, n = {}) {
  const rows = metrics.filter(m => f.value(id, m.key) != null).map(m => {
    const value = f.value(id, m.key), whole = f.sums.get(m.key)[0];
    const share = !takesMaximum(m) && whole > 0 && id !== 'g0' ? ` (${percent(value / whole)})` : '';
    return [takesMaximum(m) && id[0] === 'g' ? `largest ${m.label}` : m.label, show(value, m) + share];
  });
  if (n.bound) rows.push(['bound by', n.bound]);
  return rows.length ? section(id === 'g0' ? 'Cost' : 'Cost, with the share of the function', pairs(rows)) : [];
}

function operand(f, ref) {
  const p = parse(ref);
  if (!ref) return el('li.muted', 'absent');
  if (!p || !f.has(ref)) return el('li', el('span.bad', `${ref}: not in this function`));
  const part = p.kind === 'n' && f.nodes[p.index].out.length > 1 ? `, result ${p.part}` : '';
  const what = { n: f.nodes[p.index]?.op, i: 'input', w: 'weight' }[p.kind] ?? '';
  return el('li', link(f.name(ref), () => jump(f.index, p.id)), el('div.muted', `${what}${part}, ${f.type(ref) || 'type not known'}`),
    p.kind === 'n' && f.nodes[p.index].values[p.part] && el('div.mono', f.valueName(ref)),
    p.kind === 'w' && weightBrief(data.weights[p.index]));
}

function result(f, id, type, k, count, valueName) {
  const readers = (f.readers.get(id) ?? []).filter(r => r[2] === k);
  return el('li', el('div.mono', (count > 1 ? `${k}: ` : '') + (type || 'type not known')),
    valueName && el('div.muted', `in the ONNX file: ${valueName}`), readersList(f, readers));
}

function readersList(f, readers) {
  if (!readers.length) return muted('Nothing reads it.');
  return some(readers, 30, ([reader, operand]) => el('li', link(f.name(reader), () => jump(f.index, reader)),
    el('div.muted', reader[0] === 'o' ? 'output of the function'
      : `${f.nodes[Number(reader.slice(1))].op}, operand ${operand}`)));
}

function portDetails(f, { kind, index, id }) {
  const port = (kind === 'i' ? f.inputs : f.outputs)[index], p = parse(port.from);
  const from = kind === 'o' ? section('Result of', p && f.has(p.id) ? link(f.name(p.id), () => jump(f.index, p.id))
    : muted(port.from || 'unknown')) : section('Read by', readersList(f, f.readers.get(id) ?? []));
  return [...header(port.name, `${kind === 'i' ? 'input' : 'output'} ${index} of ${f.raw.name}`, ...inGraph(id)),
    ...section('Type', el('p.mono', port.type)), ...from];
}

function groupDetails(f, { index, id }) {
  const group = f.groups[index], nodes = f.nodesIn(index), metric = barMetric();
  const root = index === 0, open = root || index === state.block;
  const costly = metric ? nodes.filter(n => f.nodes[n][metric.key] > 0)
    .sort((a, b) => f.nodes[b][metric.key] - f.nodes[a][metric.key]).slice(0, 12) : [];
  const most = costly.length ? f.nodes[costly[0]][metric.key] : 1;
  return [
    ...header(f.name(id), root ? f.raw.about || 'function' : `block of ${f.raw.name}`,
      !open && el('button', { onclick: () => openBlock(index) }, 'Open block')),
    ...section('Size', pairs([['nodes', f.size[index].toLocaleString('en')], ['blocks', group.children.length || null],
      ...(root ? f.raw.facts.filter(x => x[0] !== 'nodes') : []), ['sizes', root ? f.raw.sizes : null]])),
    ...metricDetails(f, id),
    ...section('Operators', opBars(countOps(f, nodes), 14)),
    ...(costly.length ? section(`${takesMaximum(metric) ? 'Largest' : 'Most'} ${metric.label}`, el('div.bars',
      ...costly.map(n => barLine(link(withoutPrefix(f.name('n' + n), group.path), () => jump(f.index, 'n' + n)),
        f.nodes[n][metric.key] / most, show(f.nodes[n][metric.key], metric), familyOf(f.nodes[n].op))))) : []),
    ...(root ? [...portList('Inputs', 'i', f.inputs), ...portList('Outputs', 'o', f.outputs)] : []),
  ];
}

function portList(title, kind, ports) {
  return ports.length ? section(title, some(ports, 60, (p, i) => el('li', link(p.name, () => go({ sel: kind + i })),
    el('div.muted.mono', p.type)))) : [];
}

function countOps(f, nodes) {
  const counts = new Map();
  for (const n of nodes) counts.set(f.nodes[n].op, (counts.get(f.nodes[n].op) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function opBars(counts, most) {
  const bars = counts.slice(0, most).map(([op, n]) => barLine(link(op, () => showNodes(`op:${op}`)), n / counts[0][1],
    n.toLocaleString('en'), familyOf(op)));
  if (counts.length > most) bars.push(el('p.muted', `and ${plural(counts.length - most, 'operator')} more`));
  return el('div.bars', ...bars);
}

function barLine(name, share, value, family = '') {
  const text = typeof name === 'string' ? el('span', name) : name;
  text.title = text.textContent.slice(0, 600);
  text.replaceChildren(tail(text.textContent));
  return el('div.barline', text,
    el('span', { className: `track ${family}` }, el('i', { style: { width: `${100 * clamp(share, 0, 1)}%` } })),
    el('span.num', value));
}

function showNodes(filter) {
  go({ view: 'nodes', sel: null });
  sheets.nodes.filter.value = filter;
  sheets.nodes.refresh();
  setPane('main');
}

// ---------------------------------------------------------------- weights

const range = (w, digits) => (w.low == null || w.high == null ? null
  : [w.low, w.high].map(x => plain(Number(x.toPrecision(digits)))).join(' … '));
const flaw = w => (w.nans > 0 || w.infinities > 0);

function histogram(w) {
  const counts = w.histogram ?? [], most = Math.max(...counts, 0);
  if (!most) return null;
  const s = svg('svg', { class: 'histogram', viewBox: `0 0 ${counts.length} 20`, preserveAspectRatio: 'none',
    'aria-hidden': 'true' });
  // Bins that are not empty keep a height one can see.
  const bars = counts.map((c, i) => (c > 0 ? `M${i},20h0.9v${-Math.max(0.5, 19.5 * c / most).toFixed(2)}h-0.9z` : ''));
  s.append(svg('path', { d: bars.join('') }),
    svg('line', { x1: 0, x2: counts.length, y1: 20, y2: 20, 'stroke-width': 0.4 }));
  return s;
}

function histogramWithAxis(w) {
  const h = histogram(w);
  return h && el('div', h, el('div.axis', el('span', plain(w.low)), el('span', plain(w.high))));
}

function weightBrief(w) {
  const faults = flaw(w) ? [el('span.bad', `${w.nans ?? 0} NaN, ${w.infinities ?? 0} infinite. `)] : [];
  return el('div', ...faults, w.rms != null && el('span.muted', `rms ${plain(w.rms)}`
    + (w.int8 != null ? `, int8 ${w.int8.toFixed(1)} dB` : '')), histogramWithAxis(w));
}

function weightDetails(_, { index }) {
  const w = data.weights[index], users = weightUsers(index), of = w.sampled ? ' (of a sample)' : '';
  const marked = n => (n > 0 ? el('span.bad', n.toLocaleString('en')) : n?.toLocaleString('en'));
  return [
    ...header(w.key, 'weight'),
    ...section('Storage', pairs([['type', w.type], ['elements', w.count?.toLocaleString('en')],
      ['size', w.bytes == null ? null : scaled(w.bytes, 'B')]])),
    ...section(`Values${of}`, histogramWithAxis(w) ?? muted('No histogram.'), pairs([
      ['range', range(w, 4)], ['mean', w.mean == null ? null : plain(w.mean)],
      ['deviation', w.deviation == null ? null : plain(w.deviation)],
      ['rms', w.rms == null ? null : plain(w.rms)],
      ...[1, 5, 25, 50, 75, 95, 99].map((p, i) => [`${p} % below`, w.percentiles == null ? null : plain(w.percentiles[i])]),
      ['2:4 sparse', w.sparse == null ? null : w.sparse === 1 ? 'all' : `${(100 * w.sparse).toFixed(1)} %`], ['zeros', w.zeros?.toLocaleString('en')], ['NaN', marked(w.nans)],
      ['infinite', marked(w.infinities)], ['beyond 6 rms', w.outliers?.toLocaleString('en')],
      ['left in int8', w.int8 == null ? null : `${w.int8.toFixed(1)} dB`]])),
    ...section('Read by', users.length ? some(users, 40, ([fn, n]) => el('li', {},
      link(data.functions[fn].nodes[n].name || `node ${n}`, () => jump(fn, 'n' + n)),
      el('div.muted', `${data.functions[fn].nodes[n].op} in ${data.functions[fn].name}`)))
      : muted('No node reads it.')),
  ];
}

// ---------------------------------------------------------------- tables

const sheets = {};

function nodesSheet() {
  const f = () => current(), node = i => f().nodes[i];
  const value = (label, get, width, num = false, cell = get) => ({ label, get, width, num, cell: i => cell(i) ?? '–' });
  return new Sheet($('view-nodes'), {
    label: 'Nodes', noun: 'node', placeholder: 'Filter by name, op:operator, type',
    min: `${660 + 96 * metrics.length}px`,
    flaw: i => Boolean(node(i).fault), id: i => 'n' + i, text: i => nodeText1(node(i)), op: i => node(i).op, open: i => jump(state.fn, 'n' + i),
    columns: [
      value('#', i => i, '58px', true, i => String(i)),
      value('Name', i => f().name('n' + i), null, false, i => tail(f().name('n' + i))),
      { label: 'Operator', width: '150px', get: i => node(i).op,
        cell: i => el('span', el('i', { className: `chip ${familyOf(node(i).op)}` }), node(i).op) },
      value('Type', i => node(i).out[0] ?? '', '190px'),
      ...metrics.map(m => ({ label: m.label, width: `${Math.max(96, m.label.length * 8 + 22)}px`, num: true,
        bar: true, get: i => node(i)[m.key], cell: i => show(node(i)[m.key], m) })),
      ...(data.functions.some(x => x.nodes.some(n => n.bound)) ? [value('Bound by', i => node(i).bound, '90px')] : []),
    ],
  });
}

/** What a search looks through. */
const nodeText1 = n => [n.name, n.op, ...n.out, n.fault ?? '', ...n.attrs.map(a => a.join('=')), ...n.values.filter(Boolean),
  ...n.onnx.flatMap(o => [o.op, o.name, ...o.outputs.map(p => p.name)])].join('\n').toLowerCase();

function weightsSheet() {
  const number = (label, key, width = '84px', cell = w => plain(w[key])) =>
    ({ label, width, num: true, get: w => w[key], cell });
  const count = (label, key, width = '66px') => number(label, key, width,
    w => (w[key] == null ? '–' : w[key].toLocaleString('en')));
  const faulty = (label, key) => number(label, key, '56px',
    w => (w[key] > 0 ? el('span.bad', String(w[key])) : w[key] === 0 ? '0' : '–'));
  const index = new Map(data.weights.map((w, i) => [w, i]));
  return new Sheet($('view-weights'), {
    label: 'Weights', noun: 'weight', placeholder: 'Filter by key or type', min: '1000px', flaw,
    id: w => 'w' + index.get(w), text: w => `${w.key}\n${w.type}`.toLowerCase(),
    columns: [
      { label: 'Key', get: w => w.key, cell: w => tail(w.key) },
      { label: 'Type', width: '130px', get: w => w.type, cell: w => w.type ?? '–' },
      { ...number('Size', 'bytes', '82px', w => (w.bytes == null ? '–' : scaled(w.bytes, 'B'))), bar: true },
      { label: 'Range', width: '144px', num: true, title: 'Sorted by the largest magnitude', cell: w => range(w, 3),
        get: w => (w.low == null || w.high == null ? null : Math.max(-w.low, w.high)) },
      number('rms', 'rms', '78px'), count('Zeros', 'zeros'), faulty('NaN', 'nans'), faulty('Inf', 'infinities'),
      { ...count('Outliers', 'outliers', '76px'), title: 'Elements beyond 6 rms' },
      { ...number('int8 dB', 'int8', '72px', w => (w.int8 == null ? '–' : w.int8.toFixed(1))),
        title: 'Ratio of the weight to its error in int8' },
      { label: 'Histogram', width: '90px', cell: histogram },
    ],
  });
}

function drawSheet(name, key, rows, make) {
  const fresh = !sheets[name], sheet = (sheets[name] ??= make());
  if (fresh || sheet.source !== key) {
    sheet.source = key;
    sheet.active = null;
    sheet.set(rows());
    sheet.scroller.scrollTop = 0;
  }
  sheet.select(state.sel);
  sheet.draw();
}

// ---------------------------------------------------------------- summary

function drawSummary(f) {
  const panel = $('view-summary'), key = `${state.fn},${state.heat}`;
  if (panel.dataset.key === key) return;
  panel.dataset.key = key;
  const card = (title, ...content) => el('section.card', el('h2', title), ...content);
  const column = (...cards) => el('div.column', ...cards.filter(Boolean));
  const notes = card('Notes', data.notes.length ? el('ul.notes', ...data.notes.map(n => el('li', n)))
    : muted('Nothing unusual was found.'));
  const model = card('Model', pairs([...data.summary, ['stage', data.stage]]));
  const about = f && card(`Function ${f.raw.name}`, f.raw.about && el('p', f.raw.about),
    pairs([...f.raw.facts, ['sizes', f.raw.sizes], ['bound', boundShare(f)]]));
  const operators = f && card('Operators by number of nodes', opBars(countOps(f, f.nodes.map((_, i) => i)), 24));
  const cards = barMetric() && f ? [column(model, about, operators), column(notes, costCard(f, card))]
    : [column(model, about), column(notes, operators)];
  cards.push(card('Functions', f ? functionTable() : muted('The module has no functions.')));
  cards.at(-1).classList.add('full');
  panel.replaceChildren(el('div.cards', ...cards));
}

function boundShare(f) {
  const metric = metrics.find(m => m.key === 'ms') ?? metrics.find(m => m.key === 'flops');
  const whole = metric && f.sums.get(metric.key)[0];
  if (!whole || !f.nodes.some(n => n.bound)) return null;
  const of = kind => percent(f.nodes.reduce((a, n) => a + (n.bound === kind ? n[metric.key] ?? 0 : 0), 0) / whole);
  return `${of('compute')} of the ${metric.label} in nodes bound by compute, ${of('memory')} by memory`;
}

/**
 * Blocks of a size one can compare: the most costly is opened until there are enough. Nodes beside its blocks are one
 * entry, so that the entries sum up to the function.
 */
function costBlocks(f, metric) {
  const sums = f.sums.get(metric.key);
  const own = g => {
    const values = f.groups[g].nodes.map(n => f.nodes[n][metric.key] ?? 0);
    const value = takesMaximum(metric) ? Math.max(...values.slice(0, 5000)) : values.reduce((a, b) => a + b, 0);
    return { g, name: `${f.groups[g].path || f.raw.name}, own nodes`, value, first: f.groups[g].nodes[0], whole: true };
  };
  const entry = g => ({ g, name: f.groups[g].path || f.raw.name, value: sums[g], first: f.first[g] });
  let entries = [entry(0)];
  while (entries.length < 16) {
    const parts = e => (e.whole ? 0 : f.groups[e.g].children.length);
    const divisible = entries.filter(e => parts(e) && entries.length + parts(e) <= 110);
    if (!divisible.length) break;
    const next = divisible.reduce((a, b) => (b.value > a.value ? b : a));
    entries = entries.filter(e => e !== next).concat(f.groups[next.g].children.map(entry));
    if (f.groups[next.g].nodes.length) entries.push(own(next.g));
  }
  return entries.sort((a, b) => a.first - b.first);
}

function costCard(f, card) {
  const metric = barMetric(), whole = f.sums.get(metric.key)[0], entries = costBlocks(f, metric);
  const most = entries.reduce((a, e) => Math.max(a, e.value), 0) || 1;
  const share = e => (takesMaximum(metric) || !whole ? '' : `, ${percent(e.value / whole)}`);
  const label = String(metric.label), upper = label.slice(0, 1).toUpperCase() + label.slice(1);
  const title = takesMaximum(metric) ? `Largest ${label}` : upper;
  const bars = entries.map(e => barLine(link(e.name, () => openBlock(e.g)), e.value / most,
    show(e.value, metric) + share(e)));
  return card(`${title} by block, in order of execution`, el('div.wrap', el('div.bars', ...bars)));
}

function functionTable() {
  const ports = list => list.map(p => `${p.name}: ${p.type}`).join(', ');
  const rows = data.functions.map((raw, i) => el('tr', {},
    el('td', link(raw.name, () => openFunction(i)), raw.private && el('span.muted', ' private')),
    el('td.num', raw.nodes.length.toLocaleString('en')),
    el('td.ports', ports(raw.inputs)), el('td.ports', ports(raw.outputs)), el('td', raw.sizes ?? '')));
  const head = ['Name', 'Nodes', 'Inputs', 'Outputs', 'Sizes'].map((t, i) =>
    el('th', { scope: 'col', className: i === 1 ? 'num' : '' }, t));
  return el('div.wrap', el('table.functions', el('thead', el('tr', ...head)), el('tbody', ...rows)));
}

function openFunction(i) {
  go({ view: 'graph', fn: i, block: 0, sel: null });
}

// ---------------------------------------------------------------- memory

const memory = { at: null };

function drawMemory(f) {
  const panel = $('view-memory'), plan = f?.raw.memory, width = panel.clientWidth;
  const key = [state.fn, width].join();
  if (panel.dataset.key !== key) {
    panel.dataset.key = key;
    if (!plan?.bytes?.length) {
      panel.replaceChildren(el('p.empty', 'This function has no memory plan.'));
      return;
    }
    panel.replaceChildren(el('div.bar', el('span', { id: 'memory-text', role: 'status' })),
      el('div.chart', memoryChart(f, plan, Math.max(300, width - 24))), aliveList(f, plan));
  }
  if (plan?.bytes?.length) memoryCursor(f, plan, state.sel?.[0] === 'n' ? Number(state.sel.slice(1)) : plan.peak);
}

const bounds = { left: 62, right: 14, top: 22, bottom: 24, height: 280 };

function memoryChart(f, plan, width) {
  const { bytes, peak } = plan, { left, right, top, bottom, height } = bounds;
  const most = bytes.reduce((a, b) => Math.max(a, b), 0) || 1, step = niceStep(most / 4),
    ceiling = Math.ceil(most / step) * step;
  const x = memory.x = i => left + (width - left - right) * i / bytes.length;
  const y = b => height - bottom - (height - top - bottom) * b / ceiling;
  const s = svg('svg', { viewBox: `0 0 ${width} ${height}`, tabindex: 0, role: 'img',
    'aria-label': `Memory after each of ${bytes.length} steps; the peak is ${scaled(most, 'B')} at step ${peak}. `
      + 'Arrow keys move along it.' });
  for (let b = 0; b <= ceiling * 1.001; b += step) {
    s.append(svg('line', { class: 'grid', x1: left, x2: width - right, y1: y(b), y2: y(b) }),
      svg('text', { x: left - 6, y: y(b) + 4, 'text-anchor': 'end' }, scaled(b, 'B')));
  }
  const steps = bytes.map((b, i) => `V${y(b).toFixed(1)}H${x(i + 1).toFixed(1)}`).join('');
  s.append(svg('path', { class: bytes.length > width / 4 ? 'area dense-area' : 'area',
    d: `M${left},${y(0)}${steps}V${y(0)}z` }));
  if (bytes[peak] != null) {
    const at = x(peak + 0.5), end = at > width * 0.7;
    s.append(svg('line', { class: 'peak', x1: at, x2: at, y1: top - 4, y2: height - bottom }),
      svg('text', { class: 'peak-text', x: at + (end ? -6 : 6), y: 13, 'text-anchor': end ? 'end' : 'start' },
        `peak ${scaled(bytes[peak], 'B')}`));
  }
  const ticks = Math.max(1, niceStep(bytes.length / 8));
  for (let i = 0; i < bytes.length; i += ticks) s.append(svg('text',
    { x: x(i + 0.5), y: height - 7, 'text-anchor': 'middle' }, i));
  s.append(memory.line = svg('line', { class: 'cursor', y1: top - 4, y2: height - bottom }));
  const at = e => {
    const r = s.getBoundingClientRect();
    return clamp(Math.floor((e.clientX - r.left - left) / (width - left - right) * bytes.length), 0, bytes.length - 1);
  };
  s.addEventListener('pointermove', e => memoryCursor(f, plan, at(e)));
  s.addEventListener('click', e => go({ sel: 'n' + at(e) }, { replace: true }));
  s.addEventListener('keydown', e => {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 }[e.key];
    if (!by) return;
    e.preventDefault();
    e.stopPropagation();
    go({ sel: 'n' + clamp(memory.at + by, 0, bytes.length - 1) }, { replace: true });
  });
  return s;
}

function niceStep(x) {
  const power = 10 ** Math.floor(Math.log10(Math.max(x, 1)));
  return power * ([1, 2, 5, 10].find(m => m * power >= x) ?? 10);
}

function memoryCursor(f, plan, i) {
  memory.at = i;
  const node = f.nodes[i], x = memory.x(i + 0.5);
  memory.line.setAttribute('x1', x);
  memory.line.setAttribute('x2', x);
  const text = `Step ${i}: ${scaled(plan.bytes[i] ?? 0, 'B')} after ${node ? `${node.op} ${node.name}` : 'it'}`;
  $('memory-text').textContent = text.slice(0, 300);
}

function aliveList(f, plan) {
  const alive = plan.alive ?? [], most = alive.reduce((a, v) => Math.max(a, v[2] ?? 0), 0) || 1;
  const byName = new Map(f.nodes.map((n, i) => [n.name, 'n' + i]));
  const rows = alive.slice(0, 400).map(([name, type, bytes]) => {
    const line = barLine(byName.has(name) ? link(name, () => go({ sel: byName.get(name) })) : name, bytes / most,
      scaled(bytes, 'B'));
    line.firstChild.after(el('span.mono.muted', { title: type }, type ?? ''));
    return line;
  });
  const node = f.nodes[plan.peak];
  return el('div.memory-list', el('h2',
    `Alive at the peak, step ${plan.peak}${node ? ` (${node.op} ${node.name})` : ''}: `
    + plural(alive.length, 'value')), el('div.bars', ...rows),
  alive.length > 400 && el('p.muted', `and ${alive.length - 400} more`));
}

// ---------------------------------------------------------------- search

const search = { index: null, found: [], at: 0, timer: 0 };

function searchIndex() {
  const index = [];
  data.functions.forEach((raw, fn) => {
    const add = (id, tag, name, detail, text, op) => index.push({ fn, id, tag, name, detail, text, op });
    raw.groups.forEach((g, i) => i && add('g' + i, 'block', g.path, `block of ${raw.name}`, g.path.toLowerCase()));
    raw.nodes.forEach((n, i) => add('n' + i, 'node', n.name || `(node ${i})`,
      `${n.op}, ${n.out[0] ?? ''} in ${raw.name}`, nodeText1(n), n.op));
    raw.inputs.forEach((p, i) => add('i' + i, 'input', p.name, `${p.type} of ${raw.name}`,
      `${p.name}\n${p.type}`.toLowerCase()));
    raw.outputs.forEach((p, i) => add('o' + i, 'output', p.name, `${p.type} of ${raw.name}`,
      `${p.name}\n${p.type}`.toLowerCase()));
  });
  data.weights.forEach((w, i) => index.push({ fn: -1, id: 'w' + i, tag: 'weight', name: w.key, detail: w.type,
    text: `${w.key}\n${w.type}`.toLowerCase() }));
  return index;
}

function runSearch() {
  const words = wordsOf($('search').value), whole = $('search').value.trim().toLowerCase();
  $('found').hidden = !words.length;
  $('search').setAttribute('aria-expanded', String(words.length > 0));
  if (!words.length) return;
  search.index ??= searchIndex();
  const score = e => {
    const name = e.name.toLowerCase();
    return (name === whole ? 8 : name.endsWith(whole) ? 4 : name.includes(whole) ? 2 : 0) + (e.fn === state.fn ? 1 : 0);
  };
  const all = search.index.filter(e => matches(words, e.text, e.op)).map(e => [score(e), e]);
  // Array sort is stable: equal ones stay in order of execution.
  search.found = all.sort((a, b) => b[0] - a[0]).slice(0, 100).map(e => e[1]);
  search.at = 0;
  $('found-count').textContent = all.length > 100 ? `${plural(all.length, 'result')}, the first 100 are shown`
    : plural(all.length, 'result');
  $('results').replaceChildren(...search.found.map((e, i) => el('div.result',
    { role: 'option', id: `result-${i}`, 'data-at': i },
    el('span.tag', e.tag), el('span', fit(e.name || '(no name)', 480, '13px', true)), el('small', e.detail))));
  markResult();
}

function markResult() {
  [...$('results').children].forEach((e, i) => e.setAttribute('aria-selected', String(i === search.at)));
  $('results').children[search.at]?.scrollIntoView({ block: 'nearest' });
  $('search').setAttribute('aria-activedescendant', search.found.length ? `result-${search.at}` : '');
}

function takeResult(i) {
  const e = search.found[i];
  if (!e) return;
  closeSearch();
  if (e.id[0] === 'w') go({ view: 'weights', sel: e.id });
  else if (state.view === 'nodes' && e.id[0] === 'n') go({ fn: e.fn, sel: e.id });
  else if (e.id[0] === 'g') go({ view: 'graph', fn: e.fn, block: Number(e.id.slice(1)), sel: null });
  else jump(e.fn, e.id);
  setPane('main');
  focusView();
}

function closeSearch() {
  $('found').hidden = true;
  $('search').setAttribute('aria-expanded', 'false');
}

function searchKey(event) {
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
  if (by) {
    search.at = clamp(search.at + by, 0, Math.max(0, search.found.length - 1));
    markResult();
  } else if (event.key === 'Enter') {
    clearTimeout(search.timer);
    if ($('found').hidden || search.query !== $('search').value) runSearch();
    takeResult(search.at);
  } else if (event.key === 'Escape') {
    if ($('found').hidden) $('search').blur(); else closeSearch();
  } else return;
  event.preventDefault();
}

// ---------------------------------------------------------------- the whole page

function render(centre = false) {
  const f = current();
  document.body.dataset.view = state.view;
  $('fn').value = String(state.fn);
  $('heat').value = state.heat;
  for (const [view] of VIEWS) {
    const chosen = view === state.view, tab = $('tab-' + view);
    tab.setAttribute('aria-selected', String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    $('view-' + view).hidden = !chosen;
  }
  $('main').classList.toggle('wide', state.view === 'summary');
  if (state.view === 'summary') drawSummary(f);
  if (state.view === 'weights') drawSheet('weights', 'all', () => data.weights, weightsSheet);
  if (state.view === 'memory') drawMemory(f);
  if (f && state.view === 'nodes') drawSheet('nodes', state.fn, () => f.nodes.map((_, i) => i), nodesSheet);
  if (f && state.view === 'graph') {
    drawTree(f);
    drawGraph(f, centre);
  }
  if (state.view !== 'summary') drawDetails(f);
  showPane();
}

function setPane(pane) {
  document.body.dataset.pane = pane;
  showPane();
  if (pane === 'main' && state.view === 'graph' && narrow.matches && graph.layout) schedule();
}

function showPane() {
  $('panes').hidden = state.view === 'summary';
  const noTree = state.view !== 'graph' && document.body.dataset.pane === 'tree';
  if (state.view === 'summary' || noTree) document.body.dataset.pane = 'main';
  for (const b of $('panes').children) {
    b.setAttribute('aria-pressed', String(b.dataset.pane === document.body.dataset.pane));
    if (b.dataset.pane === 'tree') b.hidden = state.view !== 'graph';
    if (b.dataset.pane === 'main') b.textContent = { graph: 'Graph', memory: 'Chart' }[state.view] ?? 'Table';
  }
}

function focusView() {
  const target = { graph: graph.layout ? $('canvas') : $('list'), nodes: sheets.nodes?.scroller,
    weights: sheets.weights?.scroller }[state.view];
  (target ?? $('view-' + state.view)).focus({ preventScroll: true });
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  if (graph.layout && state.view === 'graph') render();
}

function toggleTheme() {
  const theme = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  stored.set('theme', theme);
  setTheme(theme);
}

function setHeat(heat) {
  stored.set('heat', heat);
  state.heat = heat;
  render();
}

function setView(view) {
  const known = current()?.has(state.sel ?? '') && state.sel[0] !== 'w';
  const sel = view === 'weights' ? null : known ? state.sel : null;
  if (view !== state.view) go({ view, sel });
}

function moveFunction(by) {
  const count = data.functions.length;
  if (count) go({ fn: (state.fn + by + count) % count });
}

const KEYS = [['/', 'Search'], ['1 … 5', 'Summary, Graph, Nodes, Weights, Memory'], ['[ ]', 'Previous, next function'],
  ['↑ ↓ ← →', 'Graph: along the edges, and to neighbours beside'],
  ['Enter', 'Open the block, the bodies of If, Loop or Scan, or the place of a value from outside'],
  ['u, Backspace', 'Enclosing block; from a body the node that calls it'],
  ['d', 'Graph: top down or left to right'], ['e', 'Graph: nothing, types, names and types on edges'],
  ['s, S', 'Graph: save the picture as SVG, as PNG'],
  ['+ − 0', 'Zoom in, zoom out, fit'], ['h', 'Next colour'], ['t', 'Light or dark'], ['?', 'This list'],
  ['Esc', 'Close, clear the selection']];

function help() {
  const dialog = $('help-dialog');
  dialog.replaceChildren(el('h2', { id: 'help-title' }, 'Keyboard'),
    el('dl', ...KEYS.flatMap(([k, t]) => [el('dt', el('kbd', k)), el('dd', t)])),
    el('p', 'Search finds nodes, blocks, weights, inputs and outputs of all functions by a part of their name, '
      + 'operator, type or attribute; all words must occur. op:linear asks for the operator only.'),
    muted('Drag moves the graph, the wheel zooms, a double click opens a block. The address holds what is shown, '
      + 'so a link leads back to it. The cost of a block is the sum over its nodes, its error the maximum.'),
    el('div', { style: { 'text-align': 'right', 'margin-top': '12px' } },
      el('button', { onclick: () => dialog.close() }, 'Close')));
  dialog.showModal();
}

const typing = e => e.matches?.('input, select, textarea');

function globalKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)
    || $('help-dialog').open) return;
  const key = event.key, inGraphView = state.view === 'graph', f = current();
  const actions = {
    '/': () => $('search').select(), '?': help, t: toggleTheme, '[': () => moveFunction(-1), ']': () => moveFunction(1),
    h: () => setHeat(HEATS[(HEATS.findIndex(x => x[0] === state.heat) + 1) % HEATS.length][0]),
    Escape: () => (state.sel ? go({ sel: null }, { replace: true }) : false),
  };
  VIEWS.forEach(([view], i) => { actions[i + 1] = () => setView(view); });
  if (inGraphView && f) Object.assign(actions, graphActions(f, event.target));
  if (!actions[key] || actions[key]() === false) return;
  event.preventDefault();
}

function graphActions(f, target) {
  const up = () => goUp(f);
  const actions = { u: up, d: () => setDirection(!graph.right), e: nextEdgeLabels, s: () => savePicture('svg'),
    S: () => savePicture('png'), Backspace: up, '+': () => zoom(1.25), '=': () => zoom(1.25), '-': () => zoom(0.8),
    0: () => { fitView(); schedule(); } };
  // Arrows and Enter belong to what has the focus: only the graph's own, or nobody's, move in the graph.
  if (!target.closest('#canvas, #list') && target !== document.body && target.id !== 'view-graph') return actions;
  for (const key of ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'PageUp', 'PageDown']) {
    actions[key] = () => (graph.layout ? (key.startsWith('Arrow') ? step(key) : false) : stepList(key));
  }
  actions.Enter = () => {
    if (graph.layout) enter(graph.items[graph.selected]);
    else if (state.sel?.[0] === 'g') openBlock(Number(state.sel.slice(1)));
    else if (state.sel) enterBody(Number(state.sel.slice(1)));
  };
  return actions;
}

function splitter(bar) {
  const { variable } = bar.dataset, sign = Number(bar.dataset.sign), root = document.documentElement;
  const width = () => parseFloat(getComputedStyle(root).getPropertyValue(variable));
  const set = w => {
    root.style.setProperty(variable, `${clamp(w, 140, Math.max(200, innerWidth * 0.45))}px`);
    bar.setAttribute('aria-valuenow', Math.round(width()));
  };
  bar.setAttribute('aria-valuenow', Math.round(width()));
  bar.addEventListener('pointerdown', e => {
    const from = e.clientX, start = width();
    bar.setPointerCapture(e.pointerId);
    bar.onpointermove = m => set(start + sign * (m.clientX - from));
    bar.onpointerup = bar.onpointercancel = () => { bar.onpointermove = null; };
  });
  bar.addEventListener('keydown', e => {
    const by = { ArrowLeft: -20, ArrowRight: 20 }[e.key];
    if (!by) return;
    set(width() + sign * by);
    e.preventDefault();
  });
}

/** Printing needs all rows, on white. */
function printing() {
  const all = on => {
    for (const rows of [tree.rows, list.rows]) if (rows) Object.assign(rows, { all: on }).draw(true);
    for (const sheet of Object.values(sheets)) Object.assign(sheet, { all: on }).draw(true);
  };
  let theme;
  addEventListener('beforeprint', () => {
    theme = document.documentElement.dataset.theme;
    setTheme('light');
    // What is in sight is scaled to the paper.
    $('canvas').setAttribute('viewBox', `0 0 ${$('canvas').clientWidth || 1} ${$('canvas').clientHeight || 1}`);
    all(true);
  });
  addEventListener('afterprint', () => {
    $('canvas').removeAttribute('viewBox');
    setTheme(theme);
    all(false);
  });
}

function fillHeader() {
  const title = data.title || 'model';
  document.title = `${title.slice(0, 120)} – Tessera`;
  $('title').textContent = title;
  $('title').title = title.slice(0, 600);
  $('stage').textContent = data.stage ?? '';
  $('stage').hidden = !data.stage;
  $('fn').append(...data.functions.map((f, i) => el('option', { value: i },
    (f.name || '(no name)').slice(0, 120) + (f.private ? ' (private)' : ''))));
  $('heat').append(...HEATS.map(([key, label]) => el('option', { value: key }, label)));
  for (const id of ['fn', 'fn-prev', 'fn-next']) $(id).disabled = data.functions.length < 2;
  $('tabs').append(...VIEWS.map(([view, label]) => el('button',
    { role: 'tab', id: 'tab-' + view, 'aria-controls': 'view-' + view,
    onclick: () => setView(view) }, label)));
  document.querySelector('.fn').hidden = !data.functions.length;
  if (!data.functions.length) for (const view of ['graph', 'nodes', 'memory']) $('tab-' + view).disabled = true;
  if (!data.functions.some(f => f.memory)) $('tab-memory').disabled = true;
}

function listen() {
  pointing();
  $('fn').addEventListener('change', e => go({ fn: Number(e.target.value) }));
  $('fn-prev').addEventListener('click', () => moveFunction(-1));
  $('fn-next').addEventListener('click', () => moveFunction(1));
  $('heat').addEventListener('change', e => setHeat(e.target.value));
  $('theme').addEventListener('click', toggleTheme);
  $('help').addEventListener('click', help);
  $('search').addEventListener('input', () => {
    clearTimeout(search.timer);
    search.timer = setTimeout(runSearch, 60);
  });
  $('search').addEventListener('focus', () => $('search').value && runSearch());
  $('search').addEventListener('keydown', searchKey);
  $('results').addEventListener('click', e => takeResult(Number(e.target.closest('.result')?.dataset.at)));
  document.addEventListener('pointerdown', e => { if (!e.target.closest('.search')) closeSearch(); });
  document.addEventListener('keydown', globalKey);
  $('tabs').addEventListener('keydown', tabKey);
  $('tree').addEventListener('keydown', treeKey);
  $('tree').addEventListener('click', e => {
    const id = e.target.closest('.row')?.dataset.id;
    if (!id) return;
    if (e.target.closest('.twisty') && id[0] === 'g') toggleTree(id, !current().expanded.has(id));
    else openFromTree(id);
  });
  $('list').addEventListener('click', e => {
    const id = e.target.closest('.row')?.dataset.id;
    if (id) go({ sel: id }, { replace: true });
  });
  $('list').addEventListener('dblclick', e => {
    const id = e.target.closest('.row')?.dataset.id;
    if (id?.[0] === 'g') openBlock(Number(id.slice(1))); else if (id) enterBody(Number(id.slice(1)));
  });
  $('zoom').addEventListener('click', e => {
    const what = e.target.dataset.zoom;
    if (what === 'up') goUp(current());
    if (what === 'turn') setDirection(!graph.right);
    if (what === 'labels') nextEdgeLabels();
    if (what === 'svg' || what === 'png') savePicture(what);
    if (what === 'fit') fitView();
    if (what === 'in' || what === 'out') zoom(what === 'in' ? 1.25 : 0.8);
    if (graph.layout) schedule();
  });
  $('panes').addEventListener('click', e => e.target.dataset.pane && setPane(e.target.dataset.pane));
  document.querySelectorAll('.splitter').forEach(splitter);
  addEventListener('popstate', follow);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change',
    e => { if (!stored.get('theme')) setTheme(e.matches ? 'dark' : 'light'); });
  new ResizeObserver(() => graph.layout && schedule()).observe($('canvas'));
  new ResizeObserver(() => state.view === 'memory' && drawMemory(current())).observe($('view-memory'));
}

function follow() {
  const target = readAddress(location.hash) ?? { view: 'summary' };
  Object.assign(state, { block: 0, sel: null }, target);
  sanitize();
  render(Boolean(target.sel));
}

function tabKey(event) {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) return;
  const tabs = [...$('tabs').children].filter(t => !t.disabled);
  const next = tabs[(tabs.indexOf(document.activeElement) + by + tabs.length) % tabs.length];
  next.click();
  next.focus();
  event.preventDefault();
  event.stopPropagation();
}

const theme = stored.get('theme');
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
setTheme(theme === 'dark' || theme === 'light' ? theme : dark ? 'dark' : 'light');
graph.right = stored.get('direction') === 'right';
if (EDGE_LABELS.includes(stored.get('edges'))) graph.labels = stored.get('edges');
const heat = stored.get('heat');
if (HEATS.some(h => h[0] === heat)) state.heat = heat;
fillHeader();
listen();
printing();
follow();
document.documentElement.dataset.ready = Math.round(performance.now());
})();
