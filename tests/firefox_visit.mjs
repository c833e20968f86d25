/**
 * Visits every tab of the app in Firefox, as a reader does, and prints what it found as JSON.
 *
 * `node firefox_visit.mjs <puppeteer-core's folder> <firefox> <address> <folder for pictures>
 * <language> <theme>`
 */

import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, executablePath, address, pictures, language, theme] = process.argv.slice(2);
const entry = createRequire(join(folder, "package.json")).resolve("puppeteer-core");
const { default: puppeteer } = await import(pathToFileURL(entry).href);
const WIDTHS = { 1280: 800, 390: 844 };
const PATIENCE = 120_000;

const browser = await puppeteer.launch({
  browser: "firefox",
  protocol: "webDriverBiDi",
  executablePath,
  headless: true,
});
const page = await browser.newPage();
page.setDefaultTimeout(PATIENCE);
/** @type {string[]} */
const wrong = [];
/** @type {string[]} */
const wide = [];
/** @type {Record<string, any>} */
const seen = {};
page.on("console", (said) => said.type() === "error" && wrong.push(said.text()));
page.on("pageerror", (error) => wrong.push(String(error)));

/** @param {string} selector */
const there = (selector) => page.waitForSelector(selector, { visible: true });
/** @param {string} code An expression that becomes true. */
const until = (code) => page.waitForFunction(code, { polling: 100 });
/** @param {string} selector */
const press = (selector) =>
  page.$eval(selector, (each) => {
    each.scrollIntoView({ block: "center" });
    each.click();
  });

/** Resizes the page; what is wider than the screen is told. @param {string} name */
async function look(name) {
  for (const [width, height] of Object.entries(WIDTHS)) {
    await page.setViewport({ width: Number(width), height });
    await new Promise((done) => setTimeout(done, 700));
    const over = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (over > 0) wide.push(`${name} at ${width}: ${over} pixels too wide`);
    await page.screenshot({ path: join(pictures, `${name}-${width}.png`) });
  }
  await page.setViewport({ width: 1280, height: 800 });
}

/** Puts a value into a field as a reader would. @param {string} selector @param {string} value */
async function type(selector, value) {
  await press(selector);
  await page.focus(selector);
  await page.$eval(selector, (field) => /** @type {HTMLInputElement} */ (field).select?.());
  await page.keyboard.type(value);
}

/** @param {string} tab @param {string} selector What stands there. */
async function open(tab, selector) {
  await page.goto(`${address}/?tab=${tab}&lang=${language}&__theme=${theme}`);
  await there(selector);
}

async function explore() {
  await open("explore", "#lab-explore path.js-line");
  const SWISH = "#lab-explore path.js-line[style*='3.2px']";
  const line = () => page.$eval(SWISH, (each) => String(each.getAttribute("d")));
  const before = await line();
  await page.focus("#lab-beta");
  for (let at = 0; at < 12; at++) await page.keyboard.press("ArrowRight");
  await until("document.querySelector('#lab-beta-value').value !== '1'");
  await new Promise((done) => setTimeout(done, 500));
  seen.moved = (await line()) !== before;
  seen.beta = await page.$eval("#lab-beta-value", (each) => Number(each.value));
  await type("#lab-explore input[data-formula]", "x*tanh(x)");
  await until("location.search.includes('formula=')");
  await look("explore");
}

async function train() {
  await open("train", "#lab-start");
  await type("#lab-steps input", "40");
  await press("#lab-start");
  await until("document.querySelector('#lab-train [data-state=finished]')");
  seen.sentence = await page.$eval("#lab-train .train-sentence", (each) => each.textContent);
  await look("train");
}

async function time() {
  await open("time", "#lab-time [data-part=bars-empty]");
  await look("time");
}

async function claims() {
  await open("claims", "[data-tile=max-slope]");
  await until("document.querySelector('#lab-claims[data-ready], #lab-claims [data-ready]')");
  await press("[data-tile=max-slope]");
  await there("[data-claim=max-slope] .lab-badge");
  seen.verdicts = await page.$$eval("[data-claim=max-slope] .lab-badge", (all) =>
    all.map((each) => each.textContent.trim()),
  );
  await look("claims");
}

try {
  for (const visit of [explore, train, time, claims]) {
    try {
      await visit();
    } catch (error) {
      await page.screenshot({ path: join(pictures, `${visit.name}-failed.png`) });
      wrong.push(`${visit.name}: ${error}`);
    }
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify({ wrong, wide, seen }));
