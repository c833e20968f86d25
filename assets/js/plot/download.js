/** Saves files that a reader takes along. */

import { file } from "../core/server.js";

/** @param {string} name @param {string} type @param {string} text */
export function download(name, type, text) {
  saveAs(name, URL.createObjectURL(new Blob([text], { type })));
}

/**
 * Saves a file of this server's.
 * @param {string} address
 * @returns {Promise<string | undefined>} Why there is none.
 */
export async function downloadFrom(address) {
  const saved = await file(address);
  if (saved.error === undefined) saveAs(saved.name, URL.createObjectURL(saved.content));
  return saved.error;
}

/** A text in which Plotly finds no tags. @param {string} text */
export const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/** Saves what has an address. @param {string} name @param {string} href */
export function saveAs(name, href) {
  const link = Object.assign(document.createElement("a"), { href, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}
