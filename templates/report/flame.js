'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const { names, kinds, sides, depth, name, side, kind, x, us } = data;
  const count = depth.length;
  const holder = document.getElementById('graph');
  const detail = document.getElementById('detail');
  const crumbs = document.getElementById('crumbs');
  const search = document.getElementById('search');
  const matched = document.getElementById('matched');
  const reset = document.getElementById('reset');
  const SVG = 'http://www.w3.org/2000/svg';
  const hint = detail.textContent;

  // Frames stand parents first: what is on a frame is what follows it, up to its end.
  const parent = new Int32Array(count);
  const end = new Int32Array(count).fill(count);
  const open = [];
  for (let i = 0; i < count; i++) {
    while (open.length > depth[i]) end[open.pop()] = i;
    parent[i] = open.length > 0 ? open[open.length - 1] : -1;
    open.push(i);
  }

  let focus = 0;
  let current = 0;
  let found = null;
  let drawn = new Map();

  const time = (n) => (n >= 1e6 ? `${(n / 1e6).toFixed(2)} s` : n >= 1e3 ? `${(n / 1e3).toFixed(1)} ms` : `${n} us`);
  const percent = (part, all) => `${all > 0 ? ((part / all) * 100).toFixed(part > 0 && part / all < 0.001 ? 3 : 1) : 0} %`;
  const label = (i) => names[name[i]];
  const what = (i) => (sides[side[i]] === 'kernel' || sides[side[i]] === 'task' ? (kinds[kind[i]] ?? '') : sides[side[i]] === 'mark' ? '' : sides[side[i]]);
  const describe = (i) => {
    const of = focus === 0 ? '' : `, ${percent(us[i], us[focus])} of ${label(focus)}`;
    return `${label(i)}: ${time(us[i])}, ${percent(us[i], us[0])}${of}${what(i) === '' ? '' : `, ${what(i)}`}`;
  };

  function element(tag, attributes) {
    const made = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function visible(width) {
    const list = [];
    for (let i = parent[focus]; i >= 0; i = parent[i]) list.push({ i, left: 0, wide: width, behind: true });
    list.reverse();
    const scale = width / us[focus];
    for (let i = focus; i < end[focus];) {
      const wide = us[i] * scale;
      // What is on a frame is no wider than the frame.
      if (wide < 0.5) {
        i = end[i];
        continue;
      }
      list.push({ i, left: (x[i] - x[focus]) * scale, wide, behind: false });
      i += 1;
    }
    return list;
  }

  function draw() {
    const width = Math.max(holder.clientWidth, 200);
    const high = matchMedia('(pointer: coarse)').matches ? 26 : 19;
    const letter = 7.25;
    const list = visible(width);
    // A narrower window may leave no room for the frame the keyboard stood on.
    if (!list.some(({ i }) => i === current)) current = focus;
    // Also a resize draws anew, at any moment: who works with the keys goes on where they were.
    const withKeys = holder.contains(document.activeElement);
    const rows = list.reduce((most, { i }) => Math.max(most, depth[i]), 0) + 1;
    const svg = element('svg', { viewBox: `0 0 ${width} ${rows * high}`, role: 'tree', 'aria-label': document.title });
    drawn = new Map();
    for (const { i, left, wide, behind } of list) {
      const isFound = found !== null && found[name[i]];
      const classes = ['f', sides[side[i]], `k${kind[i]}`, ...(behind ? ['behind'] : []), ...(isFound ? ['found'] : [])];
      const frame = element('g', {
        class: classes.join(' '),
        role: 'treeitem',
        tabindex: i === current ? 0 : -1,
        'aria-label': describe(i),
        'aria-level': depth[i] + 1,
      });
      const top = (rows - 1 - depth[i]) * high;
      frame.append(element('rect', { x: left, y: top, width: Math.max(wide, 0.5), height: high, rx: 2 }));
      const room = Math.floor((wide - 8) / letter);
      if (room >= 2) {
        const text = element('text', { x: left + 4, y: top + high / 2 + 4 });
        const whole = label(i);
        text.textContent = whole.length <= room ? whole : `${whole.slice(0, room - 1)}…`;
        frame.append(text);
      }
      frame.dataset.i = i;
      svg.append(frame);
      drawn.set(i, frame);
    }
    holder.replaceChildren(svg);
    if (withKeys) drawn.get(current).focus({ preventScroll: true });
  }

  function matches() {
    if (found === null) {
      matched.textContent = '';
      return;
    }
    let sum = 0;
    for (let i = focus; i < end[focus];) {
      if (found[name[i]] && i !== 0) {
        sum += us[i];
        i = end[i];
      } else i += 1;
    }
    matched.textContent = `${percent(sum, us[focus])} matched`;
  }

  function trail() {
    const path = [];
    for (let i = focus; i >= 0; i = parent[i]) path.unshift(i);
    const shown = path.length > 7 ? [...path.slice(0, 3), null, ...path.slice(-3)] : path;
    crumbs.replaceChildren(
      ...shown.map((i) => {
        if (i === null) return document.createTextNode(' … ');
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = label(i);
        if (i === focus) button.setAttribute('aria-current', 'true');
        button.addEventListener('click', () => {
          zoom(i);
          drawn.get(i).focus();
        });
        return button;
      }),
    );
    crumbs.hidden = focus === 0;
    reset.disabled = focus === 0;
  }

  function zoom(i) {
    focus = i;
    current = i;
    draw();
    trail();
    matches();
    detail.textContent = describe(i);
  }

  function go(i) {
    const frame = i === undefined ? undefined : drawn.get(i);
    if (frame === undefined) return;
    drawn.get(current)?.setAttribute('tabindex', '-1');
    current = i;
    frame.setAttribute('tabindex', '0');
    frame.focus();
    frame.scrollIntoView({ block: 'nearest' });
  }

  function beside(step) {
    const same = [...drawn.keys()].filter((i) => depth[i] === depth[current]);
    return same[same.indexOf(current) + step];
  }

  const KEYS = {
    ArrowUp: () => go(current + 1 < end[current] ? current + 1 : undefined),
    ArrowDown: () => go(parent[current] < 0 ? undefined : parent[current]),
    ArrowLeft: () => go(beside(-1)),
    ArrowRight: () => go(beside(1)),
    Enter: () => zoom(current),
    ' ': () => zoom(current),
    Escape: () => zoom(0),
    Home: () => zoom(0),
  };

  const frameOf = (event) => {
    const frame = event.target instanceof Element ? event.target.closest('.f') : null;
    return frame === null || frame.dataset.i === undefined ? null : Number(frame.dataset.i);
  };
  holder.addEventListener('click', (event) => {
    const i = frameOf(event);
    if (i !== null) zoom(i);
  });
  holder.addEventListener('pointerover', (event) => {
    const i = frameOf(event);
    if (i !== null) detail.textContent = describe(i);
  });
  holder.addEventListener('pointerleave', () => {
    detail.textContent = focus === 0 ? hint : describe(focus);
  });
  holder.addEventListener('focusin', (event) => {
    const i = frameOf(event);
    if (i !== null) detail.textContent = describe(i);
  });
  holder.addEventListener('keydown', (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target === search) return;
    event.preventDefault();
    search.focus();
  });
  reset.addEventListener('click', () => zoom(0));
  search.addEventListener('input', () => {
    const wanted = search.value.trim();
    found = null;
    if (wanted !== '') {
      const lower = wanted.toLowerCase();
      let fits = (text) => text.toLowerCase().includes(lower);
      try {
        const pattern = new RegExp(wanted, 'i');
        fits = (text) => pattern.test(text);
      } catch {
        // Half an expression is a text still.
      }
      found = names.map(fits);
    }
    draw();
    matches();
  });
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    search.value = '';
    search.dispatchEvent(new Event('input'));
  });

  let width = holder.clientWidth;
  new ResizeObserver(() => {
    if (holder.clientWidth === width) return;
    width = holder.clientWidth;
    draw();
  }).observe(holder);
  document.querySelector('.tools').hidden = false;
  draw();
})();
