// Times an engine: reads the data, then for each number of samples on a line of its input trains on
// as many, and answers with the processor time in seconds and the mean error.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [path, file, batch] = process.argv.slice(2);
const engine = await import(pathToFileURL(path).href);
const { points, labels } = JSON.parse(readFileSync(file, "utf8"));
const { Activations, Errors, backProp, buildNetwork, forwardProp, updateWeights } = engine;
const shape = [2, 8, 8, 1];
const network = buildNetwork(shape, Activations.TANH, Activations.LINEAR, null, ["x", "y"], false);
let place = 0;

for await (const line of createInterface({ input: process.stdin })) {
  const samples = Number(line);
  const before = process.cpuUsage();
  let error = 0;
  for (let sample = 1; sample <= samples; sample++) {
    const output = forwardProp(network, points[place]);
    error += Errors.SQUARE.error(output, labels[place]);
    backProp(network, labels[place], Errors.SQUARE);
    if (sample % Number(batch) === 0) updateWeights(network, 0.03, 0);
    place = (place + 1) % points.length;
  }
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ seconds: (user + system) / 1e6, error: error / samples }));
}
