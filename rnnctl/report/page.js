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

  // Canonical Huffman code of RFC 1951, 3.2.2: how many codes have each length, and the symbols in the order of their codes.
  function huffman(lengths) {
    const counts = new Uint16Array(16);
    const next = new Uint16Array(16);
    for (const length of lengths) counts[length] += 1;
    counts[0] = 0;
    for (let length = 1; length < 15; length += 1) next[length + 1] = next[length] + counts[length];
    const symbols = new Uint16Array(lengths.length);
    lengths.forEach((length, symbol) => { if (length) symbols[next[length]++] = symbol; });
    return { counts, symbols };
  }

  // Inflates zlib's format without a wait, as DecompressionStream cannot: what prints a page right after it is loaded finds its pictures.
  function inflate(packed, size) {
    const out = new Uint8Array(size);
    let [place, bits, held, at] = [2, 0, 0, 0];
    const read = (count) => {
      for (; held < count; held += 8) bits |= packed[place++] << held;
      const value = bits & ((1 << count) - 1);
      bits >>>= count;
      held -= count;
      return value;
    };
    const symbol = ({ counts, symbols }) => {
      for (; held < 15; held += 8) bits |= packed[place++] << held; // what is beyond the end is 0
      for (let length = 1, code = 0, first = 0, index = 0; ; length += 1) {
        code |= bits & 1;
        bits >>>= 1;
        if (code - first < counts[length]) {
          held -= length;
          return symbols[index + code - first];
        }
        index += counts[length];
        first = (first + counts[length]) << 1;
        code <<= 1;
      }
    };
    const ranges = (bitsOf, first) => bitsOf.map((extra, place) => [first + bitsOf.slice(0, place).reduce((sum, bit) => sum + 2 ** bit, 0), extra]);
    const lengthBits = [...Array(8).fill(0), ...[1, 2, 3, 4, 5].flatMap((extra) => Array(4).fill(extra))];
    const lengthRanges = [...ranges(lengthBits, 3), [258, 0]];
    const distanceRanges = ranges([0, 0, ...Array.from({ length: 28 }, (_, place) => place >> 1)], 1);
    const fixed = [[144, 8], [112, 9], [24, 7], [8, 8]].flatMap(([count, length]) => Array(count).fill(length));
    const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    const dynamic = () => {
      const [literals, distances, codes] = [read(5) + 257, read(5) + 1, read(4) + 4];
      const own = Array(19).fill(0);
      for (const each of order.slice(0, codes)) own[each] = read(3);
      const code = huffman(own);
      const lengths = [];
      while (lengths.length < literals + distances) {
        const next = symbol(code);
        if (next < 16) lengths.push(next);
        else if (next === 16) lengths.push(...Array(3 + read(2)).fill(lengths[lengths.length - 1]));
        else lengths.push(...Array(next === 17 ? 3 + read(3) : 11 + read(7)).fill(0));
      }
      return [huffman(lengths.slice(0, literals)), huffman(lengths.slice(literals))];
    };

    for (let last = 0; !last; ) {
      last = read(1);
      const kind = read(2);
      if (kind === 0) {
        [place, bits, held] = [place - (held >> 3), 0, 0];
        const length = packed[place] | (packed[place + 1] << 8);
        out.set(packed.subarray(place + 4, place + 4 + length), at);
        [place, at] = [place + 4 + length, at + length];
        continue;
      }
      const [literals, distances] = kind === 1 ? [huffman(fixed), huffman(Array(30).fill(5))] : dynamic();
      for (let next = symbol(literals); next !== 256; next = symbol(literals)) {
        if (next < 256) {
          out[at++] = next;
          continue;
        }
        const [length, extra] = lengthRanges[next - 257];
        const end = at + length + read(extra);
        const [back, more] = distanceRanges[symbol(distances)];
        const distance = back + read(more);
        for (; at < end; at += 1) out[at] = out[at - distance];
      }
    }
    return out;
  }

  // The policy lets this element run because it names the hash of what is unpacked here.
  function unpack() {
    const element = document.getElementById("plotly");
    const text = atob(element.textContent);
    const packed = new Uint8Array(text.length);
    for (let place = 0; place < text.length; place += 1) packed[place] = text.charCodeAt(place);
    const script = document.createElement("script");
    script.textContent = new TextDecoder().decode(inflate(packed, Number(element.dataset.size)));
    document.head.append(script);
  }

  unpack();
  draw();
  hint();
  window.addEventListener("resize", hint);
  document.documentElement.classList.add("drawn");
  dark.addEventListener("change", draw);
  print.addEventListener("change", draw);
  for (const box of document.querySelectorAll("input[data-log]")) {
    box.addEventListener("change", () => drawOne(box.dataset.log, figures[box.dataset.log], getComputedStyle(document.documentElement)));
  }
})();
