/** A card for each target: it fills in as the steps come, can be wound back, and is given again or kept. */

import { el, save, plural, style } from './dom.js';
import { blobOf } from './photo.js';

/** Hue of a token: neighbours in number are far apart in colour. */
const hue = token => (token * 137.508) % 360;

export class Card {
  /**
   * `name` of the target, `modality` of it as the model has it,
   * `use(card)` is called to condition on it.
   */
  constructor(name, modality, title, use) {
    [this.name, this.modality, this.title] = [name, modality, title];
    this.grid = modality?.grid?.[0] > 0 ? modality.grid : null;
    this.isText = modality?.text ?? false;
    [this.steps, this.result, this.show, this.at, this.known] = [[], null, 'picture', -1, new Map()];
    this.place = el('span', 'waits');
    this.canvas = el('canvas', { width: 448, height: 448, role: 'img', 'aria-label': `${title}: nothing yet` });
    this.text = el('p.text.open', { hidden: !this.isText });
    this.canvas.hidden = this.isText;
    this.slider = el('input', {
      type: 'range', min: 1, max: 1, step: 1, value: 1, 'aria-label': `Step of ${title}`, oninput: () => this.wind(Number(this.slider.value)),
    });
    this.slider.hidden = true;
    this.boxes = el('p.boxes', { hidden: true });
    this.useButton = el('button', { title: 'Condition on it', 'aria-label': `Give ${title}`, onclick: () => use(this) }, 'Give');
    this.useButton.disabled = true;
    this.useButton.hidden = !modality?.input;
    this.saveButton = el('button', { 'aria-label': `Save ${title}`, onclick: () => this.download() }, 'Save');
    this.tokensButton = el('button', { title: 'Save the tokens', 'aria-label': `Save the tokens of ${title}`, onclick: () => this.downloadTokens() }, 'Tokens');
    this.saveButton.disabled = this.tokensButton.disabled = true;
    this.element = el('article.result', { 'aria-label': title },
      el('div.card-head', el('h3', title), this.place), this.canvas, this.text, this.slider, this.boxes,
      el('div.actions', this.useButton, this.saveButton, this.tokensButton));
    this.paint();
  }

  /** A step that came. Drafts are decoded before they are shown. */
  async step(data) {
    const step = { ...data, image: null };
    this.steps.push(step);
    for (const [i, p] of (data.positions ?? []).entries()) this.known.set(p, data.tokens[i]);
    this.element.classList.add('active');
    this.place.textContent = this.isText ? plural(data.step, 'token') : `step ${data.step} of ${data.steps}`;
    if (data.text != null) {
      [this.text.textContent, this.text.hidden] = [data.text, false];
      this.canvas.hidden = !this.canvasIsUsed;
    }
    if (data.last) { this.element.classList.remove('active'); this.text.classList.remove('open'); }
    this.follow();
    if (data.picture) {
      step.image = await picture(data.picture);
      if (this.at === this.steps.indexOf(step)) this.paint();
    }
  }

  /** The finished target. */
  async finish(target) {
    this.result = target;
    this.result.image = target.picture ? await picture(target.picture) : null;
    this.element.classList.remove('active');
    this.text.classList.remove('open');
    if (target.text != null) [this.text.textContent, this.text.hidden] = [target.text, false];
    this.canvasIsUsed = !!this.result.image || (!!this.grid && !this.isText);
    this.canvas.hidden = !this.canvasIsUsed;
    this.place.textContent = target.tokens.length ? plural(target.tokens.length, 'token') : '';
    const lines = [...boxLines(target.boxes), ...(target.warnings ?? [])];
    [this.boxes.textContent, this.boxes.hidden] = [lines.join('; '), !lines.length];
    this.useButton.disabled = this.tokensButton.disabled = !target.tokens.length;
    this.saveButton.disabled = !this.result.image && target.text == null;
    this.follow();
  }

  /** Ends without a result. */
  end(why) {
    if (this.result) return;
    this.element.classList.remove('active');
    this.text.classList.remove('open');
    this.place.textContent = why;
  }

  /** Shows the newest. */
  follow() {
    const all = this.steps.length + (this.result ? 1 : 0);
    this.slider.hidden = this.isText || all < 2;
    [this.slider.max, this.slider.value] = [Math.max(all, 1), all];
    this.at = all - 1;
    this.paint();
  }

  wind(number) { this.at = number - 1; this.paint(); }

  set shows(what) { this.show = what; this.paint(); }

  paint() {
    const isEnd = this.result && this.at >= this.steps.length;
    const step = this.steps[Math.min(this.at, this.steps.length - 1)];
    const image = isEnd ? this.result.image : this.newestImage();
    if (!this.slider.hidden) {
      this.slider.setAttribute('aria-valuetext', isEnd ? 'result' : `step ${this.at + 1}`);
    }
    const context = this.canvas.getContext('2d');
    const withPicture = image && (this.show === 'picture' || !this.grid);
    const ratio = withPicture ? image.width / image.height : this.grid ? this.grid[1] / this.grid[0] : 1;
    this.canvas.height = Math.round(this.canvas.width / ratio);
    this.canvas.style.setProperty('--aspect', `${ratio}`);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (withPicture) {
      context.imageSmoothingEnabled = image.width >= this.canvas.width / 2;
      context.drawImage(image, 0, 0, this.canvas.width, this.canvas.height);
    } else if (this.grid) { this.paintTokens(context, isEnd); }
    if (!isEnd && step && this.grid) this.outline(context, step.positions ?? []);
    this.canvas.setAttribute('aria-label', isEnd ? this.title : step ? `${this.title}, step ${this.at + 1}` : `${this.title}: nothing yet`);
  }

  newestImage() {
    for (let i = Math.min(this.at, this.steps.length - 1); i >= 0; i -= 1) if (this.steps[i].image) return this.steps[i].image;
    return null;
  }

  paintTokens(context, isEnd) {
    const [rows, columns] = this.grid, [w, h] = [this.canvas.width / columns, this.canvas.height / rows];
    const tokens = isEnd ? new Map(this.result.tokens.map((t, i) => [i, t])) : this.until(this.at);
    const open = style('--line');
    for (let p = 0; p < rows * columns; p += 1) {
      const token = tokens.get(p);
      context.fillStyle = token == null ? open : `hsl(${hue(token)} 55% 55%)`;
      const inset = token == null ? Math.min(w, h) * 0.42 : 0.5;
      context.fillRect((p % columns) * w + inset, Math.floor(p / columns) * h + inset, w - 2 * inset, h - 2 * inset);
    }
  }

  /** Tokens by position after the step at `at`. */
  until(at) {
    const tokens = new Map();
    for (const step of this.steps.slice(0, at + 1)) for (const [i, p] of (step.positions ?? []).entries()) tokens.set(p, step.tokens[i]);
    return tokens;
  }

  /** Frames what the step wrote. */
  outline(context, positions) {
    const [rows, columns] = this.grid, [w, h] = [this.canvas.width / columns, this.canvas.height / rows];
    if (positions.length > rows * columns * 0.6) return;
    context.strokeStyle = style('--accent');
    context.lineWidth = 3;
    for (const p of positions) context.strokeRect((p % columns) * w + 1.5, Math.floor(p / columns) * h + 1.5, w - 3, h - 3);
  }

  get fileName() { return this.title.replace(/[^\w.@-]+/g, '_'); }

  /** The picture at its own size, or the text; null if there is neither. */
  async file() {
    if (this.result?.image) {
      const { image } = this.result, canvas = el('canvas', { width: image.width, height: image.height });
      canvas.getContext('2d').drawImage(image, 0, 0);
      return [`${this.fileName}.png`, await blobOf(canvas)];
    }
    return this.result?.text == null ? null : [`${this.fileName}.txt`, new Blob([this.result.text], { type: 'text/plain' })];
  }

  async download() {
    const file = await this.file();
    if (file) save(...file);
  }

  downloadTokens() {
    const content = JSON.stringify({ modality: this.name, shape: this.shape, tokens: this.result.tokens, text: this.result.text }, null, 1);
    save(`${this.fileName}.json`, new Blob([content], { type: 'application/json' }));
  }

  get shape() { return this.grid ? this.grid : [this.result.tokens.length]; }
}

/** The image at a URL of data or of an object. */
export async function picture(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

function boxLines(boxes) {
  const counts = new Map();
  for (const box of boxes ?? []) counts.set(box.label, (counts.get(box.label) ?? 0) + 1);
  return [...counts].map(([label, n]) => (n > 1 ? `${n} × ${label}` : label));
}
