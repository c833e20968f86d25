/**
 * Starts the page's scripts once there is language for what they say: all come through here. What
 * Gradio follows, and its requests, are seen to at once.
 */

import { spoken } from "./language.js";
import "./server.js";
import "./loading_count.js";

/** A module of ours. @param {string} name Its path, as "train/tab". @returns {Promise<any>} */
export const load = (name) => spoken.then(() => import(`../${name}.js`));

load("core/early");
