/**
 * Ends the count of Gradio's "Loading…": its seconds go on at each frame when it has long gone, and
 * a page at rest takes a tenth of a core. It must be here before Gradio's scripts are.
 */

const onFrame = window.requestAnimationFrame.bind(window);
// The frame of that count, which is asked for by itself again. Nothing here shows Gradio's seconds.
const COUNT = /^\(\) ?=> ?\{[^{}]*performance\.now\(\)[^{}]*\/ ?1e3[^{}]*\}$/;

window.requestAnimationFrame = (call) => (COUNT.test(String(call)) ? 0 : onFrame(call));
