"use strict";
(function () {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const print = window.matchMedia("print");
  const PRINT_WIDTH = 676; // of A4 and Letter, within margins of 1 cm

  // Colours are named after the style sheet's variables; only values of these keys are looked up, never text.
  const COLOURS = new Set(["color", "bgcolor", "gridcolor", "linecolor", "fillcolor", "outlinecolor", "bordercolor"]);

  function themed(value, key, css) {
    if (Array.isArray(value)) {
      if (key === "colorscale") return value.map(([at, name]) => [at, css(name)]);
      return value.length && typeof value[0] === "object" ? value.map((each) => themed(each, key, css)) : value;
    }
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, themed(each, name, css)]));
    }
    return COLOURS.has(key) && typeof value === "string" && value.startsWith("--") ? css(value) : value;
  }

  const switchOf = (id) => document.querySelector(`input[data-log="${CSS.escape(id)}"]`);

  function drawOne(id, figure, style) {
    const css = (name) => style.getPropertyValue(name).trim();
    const narrow = window.innerWidth < 600;
    const layout = themed(figure.layout, "", css);
    const box = switchOf(id);
    if (box && box.checked) Object.assign(layout, themed(figure.log, "", css));
    const axis = { gridcolor: css("--grid"), linecolor: css("--line"), zeroline: false, automargin: true, fixedrange: narrow };
    layout.paper_bgcolor = layout.plot_bgcolor = "rgba(0,0,0,0)";
    layout.font = { family: style.fontFamily, size: 12, color: css("--dim") };
    layout.margin = { l: 8, r: 12, t: 8, b: 8 };
    layout.xaxis = Object.assign({}, axis, layout.xaxis);
    layout.yaxis = Object.assign({}, axis, layout.yaxis);
    if (narrow && layout.xaxis.nticks) layout.xaxis.nticks = 4; // more dates would stand on end
    if (narrow && layout.xaxis.tickvals && layout.xaxis.tickvals.length > 5) {
      layout.xaxis.tickvals = layout.xaxis.tickvals.filter((_, place) => place % 2 === 0);
      if (layout.xaxis.ticktext) layout.xaxis.ticktext = layout.xaxis.ticktext.filter((_, place) => place % 2 === 0);
    }
    layout.legend = { orientation: "h", x: 0, y: 1.02, xanchor: "left", yanchor: "bottom", font: { color: css("--ink") } };
    layout.hoverlabel = { bgcolor: css("--card"), bordercolor: css("--line"), font: { color: css("--ink") } };
    layout.dragmode = narrow ? false : "zoom";
    if (print.matches) layout.width = PRINT_WIDTH;
    Plotly.react(id, themed(figure.traces, "", css), layout, { responsive: true, displayModeBar: false });
  }

  function draw() {
    const style = getComputedStyle(document.documentElement);
    for (const [id, figure] of Object.entries(figures)) drawOne(id, figure, style);
  }

  function hint() {
    for (const box of document.querySelectorAll(".scroll")) box.classList.toggle("more", box.scrollWidth > box.clientWidth + 1);
  }

  // The policy lets this element run because it names the hash of what is unpacked here.
  async function unpack() {
    const packed = Uint8Array.from(atob(document.getElementById("plotly").textContent), (char) => char.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  }

  async function begin() {
    try {
      await unpack();
    } catch (error) {
      const sorry = document.createElement("p");
      sorry.textContent = "This browser is too old to draw the pictures; everything else is here.";
      document.querySelector("main").prepend(sorry);
      throw error;
    }
    draw();
    hint();
    window.addEventListener("resize", hint);
    document.documentElement.classList.add("drawn");
    dark.addEventListener("change", draw);
    print.addEventListener("change", draw);
    for (const box of document.querySelectorAll("input[data-log]")) {
      box.addEventListener("change", () => drawOne(box.dataset.log, figures[box.dataset.log], getComputedStyle(document.documentElement)));
    }
  }

  begin();
})();
