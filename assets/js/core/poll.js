/** Asking the server again and again while a job is under way, from a page that is being looked at. */

/**
 * Calls `ask` until it answers that nothing more will come.
 * @param {(after: number) => Promise<{done: boolean, error?: string}>} ask
 * @param {(answer: any) => void} heard Called with each answer.
 * @param {number} [milliseconds] Between an answer and the next question.
 * @param {number} [hurry] How many milliseconds from now it asks four times as often: something was
 *   asked for that is done at once.
 * @returns {() => void} Ends it.
 */
export function poll(ask, heard, milliseconds = 150, hurry = 0) {
  const calm = performance.now() + hurry;
  let ended = false;
  (async () => {
    while (!ended) {
      let answer = null;
      try {
        answer = await ask();
      } catch {
        // The server is gone; the page's head says so. Ask again until it is back.
        await pause(2000);
        continue;
      }
      if (ended) return;
      try {
        heard(answer);
      } catch (error) {
        reportError(error); // the next answer may be drawn all the same
      }
      if (answer.done || answer.error) return;
      const often = performance.now() < calm ? 0.25 : 1;
      await pause((document.hidden ? 4 : often) * milliseconds);
    }
  })();
  return () => {
    ended = true;
  };
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
