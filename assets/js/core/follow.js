/**
 * Follows what is under way: asks a question again whenever the server tells that its answer has
 * changed. A page has one stream of such news at most, and none while it is hidden or follows
 * nothing; where it has none, it asks again after a while.
 */

import { changes } from "./server.js";
import { keepsCookies } from "./storage.js";

/** @typedef {{topics: string[], news: boolean, wake: () => void}} Follower */

/** Milliseconds after which one asks though there is no news: times pass in what is shown. */
const SILENT = 1000;
/** Milliseconds that a stream stays without a follower: who pauses a run follows it again. */
const LINGERS = 1000;
/** Milliseconds between two tries to open a stream. */
const AGAIN = 3000;
/** Milliseconds between two questions to a server that is gone; the page's head says so. */
const GONE = 2000;
/**
 * How many times as long as it took to draw an answer one rests before the next question, for a
 * second at most: what streams leaves most of a slow machine's time to its reader.
 */
const REST = 3;
/** Browsers open six connections to a host without HTTP/2: so many pages may hold one for good. */
const SEATS = 2;

/** A stream's requests tell by a cookie alone who asks. */
const KNOWN = keepsCookies();

/** @type {Set<Follower>} */
const followers = new Set();

/**
 * Asks until it is answered that all is done.
 * @param {() => Promise<{done?: boolean, error?: string}>} question Its answer tells whether
 *   nothing more will come.
 * @param {(answer: any) => void} heard Called with each answer.
 * @param {object} options
 * @param {(answer: any) => string[]} options.topics What the next answer depends on: ids of jobs,
 *   or "claims".
 * @param {number} [options.milliseconds] Between an answer and the next question, at least.
 * @param {number} [options.hurry] How many milliseconds from now it asks four times as often:
 *   something was asked for that is done at once.
 */
export function untilDone(question, heard, { topics, milliseconds = 150, hurry = 0 }) {
  const calm = performance.now() + hurry;
  let rested = () => {};
  /** @type {Follower} */
  const follower = { topics: [], news: false, wake: () => {} };
  followers.add(follower);

  async function ask() {
    follower.news = false;
    const answer = await question();
    if (!followers.has(follower)) return;
    follower.topics = topics(answer);
    const begun = performance.now();
    try {
      heard(answer);
    } catch (error) {
      reportError(error); // the next answer may be drawn all the same
    }
    if (answer.done || answer.error) return end();
    attend();
    await pause(0); // plots are drawn before the next task
    const now = performance.now();
    const least = Math.min(SILENT, REST * (now - begun));
    const rest = now < calm ? milliseconds / 4 : Math.max(milliseconds, least);
    await new Promise((done) => {
      rested = () => done(null);
      setTimeout(rested, rest);
    });
  }

  function end() {
    followers.delete(follower);
    follower.wake();
    setTimeout(attend, LINGERS);
  }

  (async () => {
    while (followers.has(follower)) {
      await ask().catch(() => pause(GONE));
      await news(follower);
    }
  })();

  return {
    end,
    /** Asks at once: the question is another one. */
    now() {
      follower.news = true;
      rested();
      follower.wake();
    },
  };
}

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/**
 * Waits until a follower should ask: never while nobody sees the page.
 * @param {Follower} follower
 */
async function news(follower) {
  let silent = false;
  while (followers.has(follower)) {
    if (!document.hidden && (silent || follower.news || !stream.tells)) return;
    await new Promise((done) => {
      const silence = () => {
        silent = true;
        done(null);
      };
      const timer = document.hidden ? 0 : setTimeout(silence, SILENT);
      follower.wake = () => {
        clearTimeout(timer);
        done(null);
      };
    });
  }
}

/** Wakes who follows a topic; everybody without one. @param {string} [topic] */
function tell(topic) {
  for (const follower of followers) {
    if (topic !== undefined && !follower.topics.includes(topic)) continue;
    follower.news = true;
    follower.wake();
  }
}

const NONE = {
  /** @type {ReturnType<typeof changes> | null} */
  source: null,
  topics: "",
  /** Whether it has told anything. */
  tells: false,
  /** Gives its seat back. */
  leave: () => {},
};
let stream = NONE;
let tried = -AGAIN;

/** Opens the stream, closes it, or opens another, as what is followed wants it. */
async function attend() {
  const followed = [...new Set([...followers].flatMap(({ topics }) => topics))].sort();
  const topics = document.hidden || !KNOWN ? "" : followed.join();
  if (topics === stream.topics) return;
  if (!stream.source && performance.now() - tried < AGAIN) return;
  close();
  if (!topics) return;
  tried = performance.now();
  stream = { ...NONE, topics };
  const mine = stream;
  const leave = await seat();
  if (stream !== mine) return leave?.();
  if (!leave) return close();
  const job = followed.filter((each) => each !== "claims");
  const source = changes({ job, claims: followed.includes("claims") || null });
  Object.assign(mine, { source, leave });
  source.addEventListener("job", ({ data }) => {
    mine.tells = true;
    tell(JSON.parse(data).id);
  });
  source.addEventListener("claim", () => {
    mine.tells = true;
    tell("claims");
  });
  source.addEventListener("error", () => {
    // The browser tries again by itself, but for what the server refuses.
    mine.tells = false;
    if (source.readyState === source.CLOSED && stream === mine) close();
    tell();
  });
}

function close() {
  stream.source?.close();
  stream.leave();
  stream = NONE;
}

/** A place among this browser's pages that may hold a connection; null where there is none. */
async function seat() {
  const [first] = performance.getEntriesByType("navigation");
  const { nextHopProtocol = "" } = /** @type {PerformanceResourceTiming} */ (first) ?? {};
  if (/^h[23]/.test(nextHopProtocol)) return () => {};
  for (let number = 0; navigator.locks && number < SEATS; number++) {
    /** @type {(() => void) | null} */
    const leave = await new Promise((done) => {
      navigator.locks
        .request(`swish-lab-stream-${number}`, { ifAvailable: true }, (lock) =>
          lock ? new Promise((given) => done(() => given(null))) : done(null),
        )
        .catch(() => done(null)); // a frame of another site may be denied them
    });
    if (leave) return leave;
  }
  return null;
}

document.addEventListener("visibilitychange", () => {
  tell();
  attend();
});
