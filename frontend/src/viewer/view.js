/** How a picture lies on its surface: enlarged, moved, turned, mirrored. */

const [MIN_ZOOM, MAX_ZOOM] = [0.1, 64];

export const START = Object.freeze({ zoom: 1, x: 0, y: 0, turns: 0, mirrored: false });

/** Of `zoom` 1 a picture fits its surface; `x` and `y` move it by CSS pixels; `turns` are right angles, clockwise. */
export function zoomed(view, factor, at = { x: 0, y: 0 }) {
  const zoom = Math.min(Math.max(view.zoom * factor, MIN_ZOOM), MAX_ZOOM);
  const really = zoom / view.zoom;
  return { ...view, zoom, x: at.x - (at.x - view.x) * really, y: at.y - (at.y - view.y) * really };
}

/** The view moved by CSS pixels. */
export const moved = (view, x, y) => ({ ...view, x: view.x + x, y: view.y + y });

/** The view turned by right angles, clockwise. */
export const turned = (view, by) => ({ ...view, turns: (view.turns + by + 4) % 4, x: 0, y: 0 });

/** The view mirrored from left to right as it is seen, or from top to bottom. */
export function flipped(view, upsideDown) {
  const turns = (4 - view.turns + (upsideDown ? 2 : 0)) % 4;
  return { ...view, mirrored: !view.mirrored, turns, x: 0, y: 0 };
}

/**
 * From pixels of the picture to CSS pixels of the surface.
 *
 * @param {{columns: number, rows: number, aspect: number}} picture @param {{width: number, height: number}} surface
 */
export function matrixOf(view, picture, surface) {
  const [high, wide] = [picture.rows * Math.max(1, picture.aspect), picture.columns * Math.max(1, 1 / picture.aspect)];
  const isAcross = view.turns % 2 === 1;
  const fit = Math.min(surface.width / (isAcross ? high : wide), surface.height / (isAcross ? wide : high));
  const scale = fit * view.zoom;
  return new DOMMatrix()
    .translateSelf(surface.width / 2 + view.x, surface.height / 2 + view.y)
    .rotateSelf(90 * view.turns)
    .scaleSelf(view.mirrored ? -scale : scale, scale)
    .scaleSelf(wide / picture.columns, high / picture.rows)
    .translateSelf(-picture.columns / 2, -picture.rows / 2);
}

/** CSS pixels to a pixel's wider side. */
export const scaleOf = (matrix) => Math.max(Math.hypot(matrix.a, matrix.b), Math.hypot(matrix.c, matrix.d));
