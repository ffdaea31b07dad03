/**
 * Makes an element. Children are nodes or texts; a text becomes a text node and never markup. Attributes: `class`,
 * `on…` with a function, true/false for flags, anything else as written.
 */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for drawings. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false || value === null) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

/** Replaces everything in `node`. */
export function show(node, ...children) {
  node.replaceChildren(
    ...children.flat().filter((child) => child !== undefined && child !== null && child !== false),
  );
}

export function clockTime(ms, withSeconds = false) {
  const date = new Date(ms);
  const two = (number) => String(number).padStart(2, '0');
  const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return withSeconds
    ? `${minutes}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
    : minutes;
}

/** Makes `nodes` the children of `parent`; what stays in place is not touched, so that presses and focus survive. */
export function arrange(parent, nodes) {
  const wanted = nodes.filter((node) => node !== undefined && node !== null && node !== false);
  for (const child of [...parent.childNodes]) if (!wanted.includes(child)) child.remove();
  wanted.forEach((node, index) => {
    if (parent.childNodes[index] !== node) parent.insertBefore(node, parent.childNodes[index] ?? null);
  });
}
