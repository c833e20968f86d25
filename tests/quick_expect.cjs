// Loaded by Playwright's driver (`conftest.py`) before its own code.
//
// At each look of an `expect` that has not yet found what it waits for, Playwright describes the
// whole page for its message, ten times a second at first: a third of what the browsers took. The
// message tells what was found without that too.
const { Module } = require("node:module");

const compile = Module.prototype._compile;
Module.prototype._compile = function (text, file, ...rest) {
  const quick = file.endsWith("coreBundle.js")
    ? text.replaceAll("ariaSnapshotForExpectFailure(element, options) {", "$& return;")
    : text;
  return compile.call(this, quick, file, ...rest);
};
