/**
 * Starts the page's scripts once there is language for what they say: all come through here. What
 * Gradio follows, its requests and the tab that it opens are seen to at once; and the count of its
 * "Loading…" ends, whose seconds would go on at each frame when it has long gone: a page at rest
 * took a tenth of a core.
 */

import { spoken } from "./language.js";
import "./server.js";
import { openFirst } from "./tabs.js";

openFirst();

const onFrame = window.requestAnimationFrame;
// The frame of that count, which is asked for by itself again. Nothing here shows Gradio's seconds.
const COUNT = /^\(\) ?=> ?\{[^{}]*performance\.now\(\)[^{}]*\/ ?1e3[^{}]*\}$/;

window.requestAnimationFrame = (call) => {
  if (!COUNT.test(String(call))) return onFrame.call(window, call);
  window.requestAnimationFrame = onFrame; // there is one
  return 0;
};

/** A module of ours. @param {string} name Its path, as "train/tab". @returns {Promise<any>} */
export const load = (name) => spoken.then(() => import(`../${name}.js`));

load("explore/tab");
