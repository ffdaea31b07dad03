import { toast } from '../../api.js';
import { el, show } from '../../dom.js';
import { say } from '../../words.js';
import { createCompletion } from './completion.js';
import { sampleChart } from './sample-chart.js';

const mostPictures = 10;

/**
 * Where a message is written: words with @-completion, pictures by paste, drop or choice, a quoted message.
 * `pane` gives `names()`, `otherKinds()`, `bot()`, `inGroup()`, `say(name)`, `send(message)` (true when it was taken).
 */
export function createComposer(pane) {
  const field = el('textarea', { rows: 1, 'aria-label': say('send') });
  const pictures = el('div', { class: 'thumbs' });
  const quoted = el('div', { class: 'quoting', hidden: true });
  const choices = el('ul', { class: 'choices', role: 'listbox', hidden: true });
  const hint = el('div', { class: 'hint' });
  const chooser = el('input', { type: 'file', accept: 'image/*', multiple: true, hidden: true });
  let attached = [];
  let answering;

  async function attach(files) {
    for (const file of files) {
      if (attached.length >= mostPictures) break;
      if (file.type.startsWith('image/'))
        attached.push({
          name: file.name,
          mime: file.type,
          base64: await base64Of(file),
          url: URL.createObjectURL(file),
        });
    }
    showPictures();
  }

  function showPictures() {
    show(
      pictures,
      attached.map((picture) =>
        el(
          'button',
          { type: 'button', class: 'thumb', title: say('cancel'), onclick: () => remove(picture) },
          el('img', { src: picture.url, alt: picture.name }),
          el('span', {}, '✗'),
        ),
      ),
    );
    showHint();
  }

  function remove(picture) {
    URL.revokeObjectURL(picture.url);
    attached = attached.filter((other) => other !== picture);
    showPictures();
  }

  function showHint() {
    const written = field.value.trim() !== '' || attached.length > 0;
    const pushed = !pane.inGroup() || field.value.includes(`@${pane.bot()}`);
    hint.textContent = written && !pushed ? pane.say('notMentioned') : '';
    field.style.height = 'auto';
    field.style.height = `${Math.min(field.scrollHeight, 160)}px`;
  }

  function answer(message, inThread, words) {
    answering = message === undefined ? undefined : { replyTo: message.id, inThread };
    quoted.hidden = message === undefined;
    show(
      quoted,
      el('span', {}, words),
      el('button', { type: 'button', class: 'tool', onclick: () => answer(undefined) }, say('cancel')),
    );
    field.focus();
  }

  async function send() {
    if (field.value.trim() === '' && attached.length === 0) return;
    const images = attached.map(({ name, mime, base64 }) => ({ name, mime, base64 }));
    const [text, was] = [field.value, attached];
    field.value = '';
    attached = [];
    showPictures();
    if (await pane.send({ text, images, ...answering })) {
      was.forEach(({ url }) => URL.revokeObjectURL(url));
      return answer(undefined);
    }
    field.value = text;
    attached = was;
    showPictures();
  }

  const completion = createCompletion(field, choices, pane.names, showHint);
  field.addEventListener('input', showHint);
  field.addEventListener('keydown', (event) => {
    if (completion.take(event)) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      void send();
    }
  });
  field.addEventListener('paste', (event) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0) return;
    event.preventDefault();
    void attach(files);
  });
  chooser.addEventListener('change', () => {
    void attach([...chooser.files]);
    chooser.value = '';
  });

  const tool = (words, onclick, more = {}) =>
    el('button', { type: 'button', class: 'tool', onclick, ...more }, words);
  const others = el(
    'select',
    { class: 'tool', 'aria-label': say('others') },
    el('option', { value: '' }, say('others')),
    pane.otherKinds().map((kind) => el('option', { value: kind }, say(kind))),
  );
  others.addEventListener('change', async () => {
    const kind = others.value;
    others.value = '';
    if (kind !== '' && (await pane.send({ kind })) && pane.inGroup()) toast(pane.say('othersInGroup'));
  });
  const root = el(
    'form',
    { class: 'composer', onsubmit: (event) => event.preventDefault() },
    quoted,
    pictures,
    el('div', { class: 'field' }, choices, field),
    el(
      'div',
      { class: 'composer-tools' },
      tool(`@${pane.bot()}`, () => insert(`@${pane.bot()} `)),
      tool(say('picture'), () => chooser.click()),
      tool(say('sample'), async () => attach([await sampleChart()]), { title: say('sampleHint') }),
      others,
      chooser,
      hint,
      el('button', { type: 'submit', class: 'send', onclick: send }, say('send')),
    ),
  );
  root.addEventListener('dragover', (event) => event.preventDefault());
  root.addEventListener('drop', (event) => {
    event.preventDefault();
    void attach([...event.dataTransfer.files]);
  });

  function insert(words) {
    field.setRangeText(words, field.selectionStart, field.selectionEnd, 'end');
    field.focus();
    showHint();
  }

  return {
    root,
    attach,
    answer,
    write(words) {
      field.value = words;
      field.focus();
      showHint();
    },
    refresh() {
      field.placeholder = pane.say(pane.inGroup() ? 'placeholderGroup' : 'placeholderDirect');
      showHint();
    },
  };
}

function base64Of(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(',')[1] ?? '');
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
