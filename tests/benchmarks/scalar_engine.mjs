// A neural network of objects, one sample at a time: every node and every link is an object, and
// every step a walk over them. It stands for engines that teach in the browser, and has the
// functions of TensorFlow Playground's, so that either can be timed by the same loop.

/** @typedef {{output: (x: number) => number, der: (x: number) => number}} Activation */

class Link {
  /** @param {Node} source @param {Node} dest */
  constructor(source, dest) {
    this.source = source;
    this.dest = dest;
    this.weight = Math.random() - 0.5;
    this.errorDer = 0;
    this.accErrorDer = 0;
    this.numAccumulatedDers = 0;
  }
}

class Node {
  /** @param {string} id @param {Activation} activation */
  constructor(id, activation) {
    this.id = id;
    this.activation = activation;
    /** @type {Link[]} */ this.inputLinks = [];
    /** @type {Link[]} */ this.outputs = [];
    this.bias = 0.1;
    this.totalInput = 0;
    this.output = 0;
    this.outputDer = 0;
    this.inputDer = 0;
    this.accInputDer = 0;
    this.numAccumulatedDers = 0;
  }

  updateOutput() {
    let total = this.bias;
    for (const link of this.inputLinks) total += link.weight * link.source.output;
    this.totalInput = total;
    this.output = this.activation.output(total);
    return this.output;
  }
}

export const Activations = {
  TANH: {
    output: (x) => Math.tanh(x),
    der: (x) => {
      const y = Math.tanh(x);
      return 1 - y * y;
    },
  },
  LINEAR: { output: (x) => x, der: () => 1 },
};

export const Errors = {
  SQUARE: {
    error: (output, target) => 0.5 * (output - target) ** 2,
    der: (output, target) => output - target,
  },
};

/** @param {number[]} shape @param {Activation} activation @param {Activation} last */
export function buildNetwork(shape, activation, last, _regularization, _inputs) {
  let id = 0;
  const network = shape.map((size, layer) => {
    const kind = layer === shape.length - 1 ? last : activation;
    return Array.from({ length: size }, () => new Node(String(id++), kind));
  });
  for (let layer = 1; layer < network.length; layer++) {
    for (const node of network[layer]) {
      for (const source of network[layer - 1]) {
        const link = new Link(source, node);
        source.outputs.push(link);
        node.inputLinks.push(link);
      }
    }
  }
  return network;
}

export function forwardProp(network, inputs) {
  inputs.forEach((value, place) => (network[0][place].output = value));
  for (let layer = 1; layer < network.length; layer++) {
    for (const node of network[layer]) node.updateOutput();
  }
  return network.at(-1)[0].output;
}

export function backProp(network, target, error) {
  const last = network.at(-1)[0];
  last.outputDer = error.der(last.output, target);
  for (let layer = network.length - 1; layer >= 1; layer--) {
    for (const node of network[layer]) {
      node.inputDer = node.outputDer * node.activation.der(node.totalInput);
      node.accInputDer += node.inputDer;
      node.numAccumulatedDers++;
      for (const link of node.inputLinks) {
        link.errorDer = node.inputDer * link.source.output;
        link.accErrorDer += link.errorDer;
        link.numAccumulatedDers++;
      }
    }
    if (layer === 1) break;
    for (const node of network[layer - 1]) {
      node.outputDer = 0;
      for (const link of node.outputs) node.outputDer += link.weight * link.dest.inputDer;
    }
  }
}

export function updateWeights(network, rate, _regularizationRate) {
  for (let layer = 1; layer < network.length; layer++) {
    for (const node of network[layer]) {
      if (node.numAccumulatedDers) {
        node.bias -= (rate * node.accInputDer) / node.numAccumulatedDers;
        node.accInputDer = 0;
        node.numAccumulatedDers = 0;
      }
      for (const link of node.inputLinks) {
        if (link.numAccumulatedDers) {
          link.weight -= (rate / link.numAccumulatedDers) * link.accErrorDer;
          link.accErrorDer = 0;
          link.numAccumulatedDers = 0;
        }
      }
    }
  }
}
