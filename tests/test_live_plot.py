"""Live plots in a real browser: one after the other, and each no oftener than it must."""

# What Plotly draws, and whether that is in a task of its own: a message of the highest priority
# comes before what waits for its turn, and after what is of the same task.
WATCH = """
async function plots(live, count, then) {
  const drawn = [];
  let busy = false;
  const Plotly = await live.loadPlotly();
  const { react } = Plotly;
  Plotly.react = (node, data, ...rest) => {
    drawn.push({ of: Number(node.dataset.of), y: data[0].y, alone: !busy });
    busy = true;
    scheduler.postTask(() => (busy = false), { priority: "user-blocking" });
    return react(node, data, ...rest);
  };
  const made = Array.from({ length: count }, (_, of) => {
    const node = document.createElement("div");
    node.style.cssText = "width:300px;height:200px";
    node.dataset.of = of;
    document.body.append(node);
    return new live.LivePlot(node);
  });
  await then(made);
  Plotly.react = react;
  return drawn;
}
"""


def drawn(modules, count, then):
    code = f"([live]) => {{ {WATCH}; return plots(live, {count}, {then}); }}"
    return modules(code, ["plot/live_plot.js"])


def test_each_plot_is_drawn_in_a_task_of_its_own(modules):
    asked = """(made) => Promise.all(made.map((plot) => plot.update({ data: [{ y: [1, 2] }] })))"""
    found = drawn(modules, 4, asked)
    assert [each["of"] for each in found] == [0, 1, 2, 3]
    assert all(each["alone"] for each in found)


def test_a_plot_that_waits_for_its_turn_is_drawn_once_as_it_is_then(modules):
    asked = """async ([plot]) => {
        const all = [1, 2, 3].map((last) => plot.update({ data: [{ y: [0, last] }] }));
        plot.move([{ x: [0, 1], y: [0, 4] }], [0]);
        await Promise.all(all);
        clearTimeout(plot.resting);
    }"""
    assert [each["y"] for each in drawn(modules, 1, asked)] == [[0, 4]]


def test_a_plot_that_is_hidden_before_its_turn_is_drawn_when_it_is_shown(modules):
    asked = """async ([plot]) => {
        plot.update({ data: [{ y: [1, 2] }] });
        plot.node.style.display = "none";
        await new Promise((done) => setTimeout(done, 50));
        plot.node.dataset.of = 7;
        plot.node.style.display = "";
        await plot.drawn;
    }"""
    assert [each["of"] for each in drawn(modules, 1, asked)] == [7]
