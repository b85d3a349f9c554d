/** What the page asks of the server. */

import { stored } from './dom.js';

/** What the server answered instead of what was asked for. */
export class ServerError extends Error {
  constructor(status, message, retryAfter) {
    super(message);
    [this.status, this.retryAfter] = [status, retryAfter];
  }
}

const headers = more => {
  const key = stored.get('key', 'sessionStorage');
  return key ? { ...more, authorization: `Bearer ${key}` } : more;
};

async function checked(response) {
  if (response.ok) return response;
  let message = `${response.status} ${response.statusText}`.trim();
  try {
    const { error } = JSON.parse(await response.text());
    message = typeof error === 'string' ? error : error?.message ?? message;
  } catch { /* no JSON: the status says it */ }
  throw new ServerError(response.status, message, Number(response.headers.get('retry-after')) || null);
}

/** The served models. */
export async function models() {
  const response = await checked(await fetch('/v1/models', { headers: headers({ accept: 'application/json' }) }));
  return (await response.json()).models;
}

/** Where the page of a model opens: behind a ticket where the server asks for a key, which a link cannot show. */
export async function graphLink(path) {
  if (!stored.get('key', 'sessionStorage')) return path;
  const response = await checked(await fetch(path, { method: 'POST', headers: headers({ accept: 'application/json' }) }));
  return (await response.json()).link;
}

/** The form that a generation is sent as: everything but pictures in one JSON part. */
export function formOf(request, pictures) {
  const form = new FormData();
  form.append('request', new Blob([JSON.stringify(request)], { type: 'application/json' }));
  for (const [name, blob] of pictures) form.append(name, blob, blob.name ?? 'picture.png');
  return form;
}

/**
 * Generates, and gives each event as it comes: { event, data }.
 * Leaving the loop, or `signal`, closes the connection, which stops the work.
 */
export async function* generate(request, pictures, signal) {
  const response = await checked(await fetch('/v1/generate', {
    method: 'POST', body: formOf(request, pictures), headers: headers({ accept: 'text/event-stream' }), signal,
  }));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let text = '';
    for (;;) {
      const { value, done } = await reader.read();
      text += value ?? '';
      const blocks = text.split('\n\n');
      text = blocks.pop();
      for (const block of blocks) {
        const event = parse(block);
        if (event?.event === 'error') throw new ServerError(event.data.status, event.data.error);
        if (event) yield event;
      }
      if (done) return;
    }
  } finally { reader.cancel().catch(() => {}); }
}

/** One event of a stream; null for comments. */
function parse(block) {
  let event = 'message';
  const data = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) event = line.slice(6).trim();
    else if (line.startsWith('data:')) data.push(line.slice(5).trim());
  }
  return data.length ? { event, data: JSON.parse(data.join('\n')) } : null;
}
