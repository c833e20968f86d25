/** Keeps a text between visits; where the browser denies that, while the page is open. */

const denied = new Map();

/** What was kept under a name. @param {string} name @returns {string | null} */
export function kept(name) {
  try {
    return localStorage.getItem(`swish-lab-${name}`);
  } catch {
    return denied.get(name) ?? null;
  }
}

/** Keeps a text under a name. @param {string} name @param {string} value */
export function keep(name, value) {
  try {
    localStorage.setItem(`swish-lab-${name}`, value);
  } catch {
    denied.set(name, value); // in a frame, by a setting, or because it is full
  }
}

/** Whether a cookie such as the server's comes back. */
export function keepsCookies() {
  const site =
    location.protocol === "https:" ? "SameSite=None; Secure; Partitioned" : "SameSite=Lax";
  try {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs HTTPS
    document.cookie = `swishdemo_probe=1; path=/; ${site}`;
    const came = document.cookie.includes("swishdemo_probe=1");
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs HTTPS
    document.cookie = `swishdemo_probe=; path=/; max-age=0; ${site}`;
    return came;
  } catch {
    return false;
  }
}
