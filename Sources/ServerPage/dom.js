/** Small helpers around the document. */

export const $ = id => document.getElementById(id);

/**
 * An element: el('p.muted', { title: 'x' }, child, …), properties only where there are some.
 * Strings become text, never markup: names come from other people's models.
 */
export function el(tag, ...children) {
  const [name, ...classes] = tag.split('.'), e = document.createElement(name);
  const props = children[0]?.constructor === Object ? children.shift() : {};
  if (classes.length) e.className = classes.join(' ');
  if (name === 'button') e.type = 'button';
  for (const [key, value] of Object.entries(props)) {
    if (value == null || value === false) continue;
    if (key.startsWith('on')) e.addEventListener(key.slice(2), value);
    else e.setAttribute(key, value === true ? '' : value);
  }
  e.append(...children.filter(c => c != null && c !== false));
  return e;
}

/** The value of a variable of the style sheet, as light or dark has it. */
export const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Storage that a browser may refuse. */
export const stored = {
  get(key, area = 'localStorage') { try { return window[area].getItem('tessera.' + key); } catch { return null; } },
  set(key, value, area = 'localStorage') { try { window[area].setItem('tessera.' + key, value); } catch { /* not remembered */ } },
};

/** Light or dark: as chosen, else as the system has it. */
export function setUpTheme() {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    document.documentElement.dataset.theme = stored.get('theme') ?? (dark.matches ? 'dark' : 'light');
    document.dispatchEvent(new Event('themechange'));
  };
  dark.addEventListener('change', apply);
  apply();
  return () => {
    stored.set('theme', document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
    apply();
  };
}

/** Saves bytes as a file. */
export function save(name, blob) {
  const url = URL.createObjectURL(blob);
  const link = el('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export const plural = (n, word) => `${n.toLocaleString('en')} ${word}${n === 1 ? '' : 's'}`;

export function bytes(n) {
  const units = ['B', 'kB', 'MB', 'GB'];
  let step = 0;
  while (n >= 1000 && step < units.length - 1) { n /= 1000; step += 1; }
  return `${step ? n.toPrecision(3) : n} ${units[step]}`;
}
