/** Builds elements without markup: what the server sends is always text. */

type Child = Node | string | null;

/** Attributes; numbers are written, `false` leaves one out, `true` sets it empty. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Create an element with attributes and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Set a custom property: inline style attributes are not allowed in a webview. */
export function withProperty<T extends HTMLElement>(made: T, name: string, value: number): T {
  made.style.setProperty(name, String(value));
  return made;
}

/** A section with a heading. */
export function section(title: string, ...children: readonly Child[]): HTMLElement {
  return element("section", {}, element("h2", {}, title), ...children);
}
