"use strict";
(function () {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  // Colours are named after the style sheet's variables; only values of these keys are looked up, never text.
  const COLOURS = new Set(["color", "bgcolor", "gridcolor", "linecolor", "fillcolor", "outlinecolor", "bordercolor"]);

  function themed(value, key, css) {
    if (Array.isArray(value)) {
      return key === "colorscale" ? value.map(([at, name]) => [at, css(name)]) : value.map((each) => themed(each, key, css));
    }
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, themed(each, name, css)]));
    }
    return COLOURS.has(key) && typeof value === "string" && value.startsWith("--") ? css(value) : value;
  }

  function draw() {
    const style = getComputedStyle(document.documentElement);
    const css = (name) => style.getPropertyValue(name).trim();
    const narrow = window.innerWidth < 600;
    for (const [id, figure] of Object.entries(figures)) {
      const layout = themed(figure.layout, "", css);
      const axis = { gridcolor: css("--grid"), linecolor: css("--line"), zeroline: false, automargin: true, fixedrange: narrow };
      layout.paper_bgcolor = layout.plot_bgcolor = "rgba(0,0,0,0)";
      layout.font = { family: style.fontFamily, size: 12, color: css("--dim") };
      layout.margin = { l: 8, r: 12, t: 8, b: 8 };
      layout.xaxis = Object.assign({}, axis, layout.xaxis);
      layout.yaxis = Object.assign({}, axis, layout.yaxis);
      layout.legend = { orientation: "h", x: 0, y: 1.02, xanchor: "left", yanchor: "bottom", font: { color: css("--ink") } };
      layout.hoverlabel = { bgcolor: css("--card"), bordercolor: css("--line"), font: { color: css("--ink") } };
      layout.dragmode = narrow ? false : "zoom";
      Plotly.react(id, themed(figure.traces, "", css), layout, { responsive: true, displayModeBar: false });
    }
  }

  draw();
  dark.addEventListener("change", draw);
})();
