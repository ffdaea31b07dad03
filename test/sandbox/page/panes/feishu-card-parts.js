import { chart } from '../chart.js';
import { el, show } from '../dom.js';
import { markdown } from '../markdown.js';
import { say } from '../words.js';
import { cardButton } from './shared/card-button.js';

/**
 * Draws one element of a card. `press(value, label)` answers a button; `opened` remembers which folded parts this
 * visitor opened.
 */
export function part(element, context) {
  switch (element.tag) {
    case 'markdown':
      return el(
        'div',
        { class: `md ${element.text_size === 'notation' ? 'small' : ''}` },
        markdown(String(element.content ?? '')),
      );
    case 'div':
      return plain(element);
    case 'collapsible_panel':
      return panel(element, context);
    case 'column_set':
      return el('div', { class: 'columns' }, children(element.columns, context));
    case 'column':
    case 'form':
    case 'interactive_container':
      return el('div', { class: 'column' }, children(element.elements, context));
    case 'button':
      return button(element, context);
    case 'table':
      return table(element);
    case 'chart':
      return chart(element.chart_spec);
    case 'hr':
      return el('hr');
    default:
      return el(
        'div',
        { class: 'aside' },
        String(element.content ?? element.text?.content ?? `[${element.tag}]`),
      );
  }
}

function children(elements, context) {
  return (Array.isArray(elements) ? elements : []).map((element) => part(element, context));
}

function plain({ text, element_id: id }) {
  const words = String(text?.content ?? '');
  const grey = text?.text_color === 'grey';
  const kind = id === 'progress' ? 'progress' : grey ? 'aside' : 'plain';
  return el('div', { class: kind }, text?.tag === 'lark_md' ? markdown(words) : words);
}

function panel(element, context) {
  const id = element.element_id ?? 'panel';
  const open = context.opened.has(id) || (element.expanded === true && !context.closed.has(id));
  return el(
    'details',
    {
      class: 'panel',
      open,
      ontoggle: ({ target }) => {
        context.opened[target.open ? 'add' : 'delete'](id);
        context.closed[target.open ? 'delete' : 'add'](id);
      },
    },
    el('summary', {}, String(element.header?.title?.content ?? say('expand'))),
    el('div', { class: 'panel-body' }, children(element.elements, context)),
  );
}

function button(element, context) {
  const label = String(element.text?.content ?? '');
  const value = element.behaviors?.find(({ type }) => type === 'callback')?.value ?? element.value;
  return cardButton(label, () => context.press(value, label), {
    primary: element.type === 'primary',
    disabled: element.disabled === true,
  });
}

function table({ columns = [], rows = [], page_size: size = 5 }) {
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const body = el('tbody');
  const place = el('span');
  let page = 0;
  const turn = (step) => {
    page = (page + step + pages) % pages;
    const shown = rows.slice(page * size, (page + 1) * size);
    show(
      body,
      shown.map((row) =>
        el(
          'tr',
          {},
          columns.map(({ name }) => el('td', {}, String(row[name] ?? ''))),
        ),
      ),
    );
    place.textContent = `${page + 1} / ${pages}`;
  };
  turn(0);
  const pager = el(
    'div',
    { class: 'pager' },
    el('button', { type: 'button', onclick: () => turn(-1), 'aria-label': `${say('page')} -` }, '‹'),
    place,
    el('button', { type: 'button', onclick: () => turn(1), 'aria-label': `${say('page')} +` }, '›'),
  );
  const head = el(
    'tr',
    {},
    columns.map((column) => el('th', {}, String(column.display_name ?? column.name))),
  );
  return el(
    'div',
    { class: 'native-table' },
    el('div', { class: 'table-frame' }, el('table', {}, el('thead', {}, head), body)),
    pages > 1 ? pager : undefined,
  );
}
