/** The picture that is given: from a file, the clipboard, a drop or the camera. */

import { $ } from './dom.js';

/** Larger photos are made smaller before they are sent; the model sees 224 pixels. */
const mostPixels = 1024;

/** A photo of at most `mostPixels` pixels a side. Other pictures, such as maps of classes, are sent as they are. */
export async function reduced(blob) {
  if (blob.size < 1_000_000 || !/^image\/(jpeg|webp)$/.test(blob.type)) return blob;
  try {
    const bitmap = await createImageBitmap(blob, { imageOrientation: 'from-image' });
    const scale = mostPixels / Math.max(bitmap.width, bitmap.height);
    if (scale >= 1) return blob;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [Math.round(bitmap.width * scale), Math.round(bitmap.height * scale)];
    canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await blobOf(canvas, 'image/jpeg');
  } catch { return blob; }
}

export const blobOf = (canvas, type = 'image/png') => new Promise((done, fail) => {
  canvas.toBlob(blob => (blob ? done(blob) : fail(new Error('this picture cannot be written'))), type, 0.92);
});

/** Calls `give` with each picture that is given, `tell` with what is wrong. */
export function setUpPhoto(give, tell) {
  const drop = $('drop'), file = $('file'), video = $('video');
  let stream = null;

  const take = async blob => {
    if (!blob) return;
    if (!/^image\/(png|jpeg|webp)$/.test(blob.type)) return tell(`${blob.name ?? 'this'} is no PNG, JPEG or WebP picture`);
    give(await reduced(blob));
  };

  const show = on => {
    video.hidden = $('shoot').hidden = $('camera-end').hidden = !on;
    $('choose').hidden = $('camera').hidden = on;
    $('paint').hidden = on || !$('photo').getAttribute('src');
    if (on) $('photo').hidden = true;
  };

  const end = () => {
    stream?.getTracks().forEach(track => track.stop());
    stream = video.srcObject = null;
    show(false);
    $('photo').hidden = !$('photo').getAttribute('src');
  };

  $('choose').addEventListener('click', () => file.click());
  file.addEventListener('change', () => { take(file.files[0]); file.value = ''; });

  for (const kind of ['dragenter', 'dragover']) {
    drop.addEventListener(kind, event => { event.preventDefault(); drop.classList.add('over'); });
  }
  for (const kind of ['dragleave', 'drop']) drop.addEventListener(kind, () => drop.classList.remove('over'));
  drop.addEventListener('drop', event => { event.preventDefault(); take(event.dataTransfer.files[0]); });
  document.addEventListener('paste', event => {
    const item = [...event.clipboardData.items].find(i => i.type.startsWith('image/'));
    if (item) take(item.getAsFile());
  });

  $('camera').addEventListener('click', async () => {
    if (!navigator.mediaDevices?.getUserMedia) return tell('The camera needs https, or the server on this computer.');
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      video.srcObject = stream;
      show(true);
      await video.play();
      $('shoot').focus();
    } catch (error) { end(); tell(`There is no camera to use: ${error.message}`); }
  });
  $('shoot').addEventListener('click', async () => {
    if (!video.videoWidth) return;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext('2d').drawImage(video, 0, 0);
    end();
    give(await blobOf(canvas, 'image/jpeg'));
    $('choose').focus();
  });
  $('camera-end').addEventListener('click', () => { end(); $('camera').focus(); });
  return { isOn: () => stream !== null, end };
}
