/** The brush: which tokens of a given picture the model does not see. A model hides whole tokens, so those are what is painted. */

import { $, style, plural } from './dom.js';

/** Draws `image` over all of the canvas, cut as models cut theirs: the middle of it. */
function drawCover(context, image) {
  const { width, height } = context.canvas, scale = Math.max(width / image.width, height / image.height);
  const [w, h] = [image.width * scale, image.height * scale];
  context.drawImage(image, (width - w) / 2, (height - h) / 2, w, h);
}

/** Covers the tokens at the places `hidden` of `grid`: a tint and stripes, which are seen on pictures of any colour. */
export function drawHidden(context, [rows, columns], hidden) {
  const [w, h] = [context.canvas.width / columns, context.canvas.height / rows];
  const [tint, stripe] = [style('--accent'), style('--raised')];
  for (const p of hidden) {
    const [x, y] = [(p % columns) * w, Math.floor(p / columns) * h];
    context.globalAlpha = 0.6;
    context.fillStyle = tint;
    context.fillRect(x, y, w, h);
    context.globalAlpha = 0.8;
    context.strokeStyle = stripe;
    context.lineWidth = Math.max(w / 12, 1);
    context.beginPath();
    context.moveTo(x, y + h);
    context.lineTo(x + w, y);
    context.stroke();
  }
  context.globalAlpha = 1;
}

export class Brush {
  constructor() {
    [this.canvas, this.dialog] = [$('mask'), $('mask-dialog')];
    this.context = this.canvas.getContext('2d');
    [this.grid, this.image, this.hidden, this.at, this.isErasing, this.last] = [[1, 1], null, new Set(), [0, 0], false, null];
    this.listen();
  }

  /**
   * Opens the dialog on `image` (null for none) with the tokens `hidden` of `grid`. `filler` is the name of what can be generated in
   * their place, if anything; `fills` whether it is. Gives { hidden, fills }, or null for no change.
   */
  edit({ name, grid, image, hidden, filler, fills }) {
    [this.grid, this.image, this.hidden, this.at] = [grid, image, new Set(hidden), [Math.floor(grid[0] / 2), Math.floor(grid[1] / 2)]];
    this.canvas.height = Math.round((this.canvas.width * grid[0]) / grid[1]);
    this.canvas.style.setProperty('--aspect', `${grid[1] / grid[0]}`);
    $('mask-title').textContent = `Paint what is hidden of ${name}`;
    $('mask-fill-line').hidden = !filler;
    $('mask-fill').checked = fills;
    $('mask-fill-name').textContent = filler;
    $('mask-size').max = Math.max(...grid);
    this.erase(false);
    this.tell();
    this.dialog.returnValue = '';
    this.dialog.showModal();
    this.canvas.focus();
    this.draw();
    return new Promise(done => {
      this.dialog.onclose = () => done(this.dialog.returnValue === 'ok' ? { hidden: this.hidden, fills: !!filler && $('mask-fill').checked } : null);
    });
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener('pointerdown', event => {
      if (event.button !== 0 && event.button !== 5) return;
      canvas.setPointerCapture(event.pointerId);
      this.last = this.place(event);
      this.stroke(event);
    });
    canvas.addEventListener('pointermove', event => {
      if (this.last) this.stroke(event); else this.draw(this.place(event));
    });
    for (const kind of ['pointerup', 'pointercancel']) canvas.addEventListener(kind, () => { this.last = null; this.tell(); });
    canvas.addEventListener('pointerleave', () => this.draw());
    for (const kind of ['focus', 'blur']) canvas.addEventListener(kind, () => this.draw());
    canvas.addEventListener('keydown', event => this.press(event));
    $('mask-paint').addEventListener('click', () => this.erase(false));
    $('mask-erase').addEventListener('click', () => this.erase(true));
    $('mask-clear').addEventListener('click', () => this.change(() => false));
    $('mask-invert').addEventListener('click', () => this.change(p => !this.hidden.has(p)));
    document.addEventListener('themechange', () => this.draw());
  }

  /** Makes the tokens hidden for whose places `isHidden` holds. */
  change(isHidden) {
    this.hidden = new Set(Array.from({ length: this.grid[0] * this.grid[1] }, (_, p) => p).filter(isHidden));
    this.draw();
    this.tell();
  }

  erase(on) {
    this.isErasing = on;
    $('mask-paint').setAttribute('aria-pressed', !on);
    $('mask-erase').setAttribute('aria-pressed', on);
  }

  /** Row and column, with fractions, of where a pointer is. */
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientY - box.top) / box.height) * this.grid[0], ((event.clientX - box.left) / box.width) * this.grid[1]];
  }

  /** Paints from where the pointer was to where it is. A pen's other end erases. */
  stroke(event) {
    const erases = this.isErasing || (event.buttons & 32) !== 0;
    for (const one of event.getCoalescedEvents?.().length ? event.getCoalescedEvents() : [event]) {
      const [from, to] = [this.last, this.place(one)];
      const steps = Math.max(1, Math.ceil(2 * Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]))));
      for (let i = 1; i <= steps; i += 1) this.dab(from.map((v, axis) => v + ((to[axis] - v) * i) / steps), erases);
      this.last = to;
    }
    this.draw(this.last);
  }

  /** Paints the token at a place, and those whose middle the brush covers. */
  dab([y, x], erases) {
    // A little more than half the size, so that what lies on the edge is covered on all sides.
    const [rows, columns] = this.grid, radius = Number($('mask-size').value) / 2 + 0.1;
    for (let p = 0; p < rows * columns; p += 1) {
      const [row, column] = [Math.floor(p / columns), p % columns];
      const isUnder = row === Math.floor(y) && column === Math.floor(x);
      if (!isUnder && Math.hypot(row + 0.5 - y, column + 0.5 - x) > radius) continue;
      if (erases) this.hidden.delete(p); else this.hidden.add(p);
    }
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }, move = moves[event.key];
    if (move) {
      this.at = this.at.map((v, axis) => Math.min(Math.max(v + move[axis], 0), this.grid[axis] - 1));
    } else if (event.key === ' ' || event.key === 'Enter') {
      this.dab(this.at.map(v => v + 0.5), this.isErasing);
    } else if (event.key === 'b' || event.key === 'e') {
      this.erase(event.key === 'e');
    } else if (event.key === '+' || event.key === '-') {
      $('mask-size').value = Number($('mask-size').value) + (event.key === '+' ? 1 : -1);
    } else { return; }
    event.preventDefault();
    this.draw();
    this.tell(true);
  }

  /** Says how much is hidden, and of the token under the keyboard's cursor whether it is. */
  tell(withPlace = false) {
    const [row, column] = this.at, isHidden = this.hidden.has(row * this.grid[1] + column);
    const place = withPlace ? `Row ${row + 1}, column ${column + 1}: ${isHidden ? 'hidden' : 'seen'}. ` : '';
    $('mask-state').textContent = `${place}${this.hidden.size} of ${plural(this.grid[0] * this.grid[1], 'token')} hidden.`;
  }

  /** The picture, what is hidden, and where the brush would paint: at `pointer`, or with the keys. */
  draw(pointer = null) {
    const { context, canvas, grid } = this, [w, h] = [canvas.width / grid[1], canvas.height / grid[0]];
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (this.image) drawCover(context, this.image);
    drawHidden(context, grid, this.hidden);
    const radius = (Number($('mask-size').value) / 2) * w;
    const isFocused = document.activeElement === canvas;
    for (const [color, width] of [[style('--raised'), 4], [style('--text'), 2]]) {
      [context.strokeStyle, context.lineWidth] = [color, width];
      if (pointer) {
        context.beginPath();
        context.arc(pointer[1] * w, pointer[0] * h, Math.max(radius, w / 2), 0, 2 * Math.PI);
        context.stroke();
      } else if (isFocused) { context.strokeRect(this.at[1] * w, this.at[0] * h, w, h); }
    }
  }
}
