/** The canvas that is seen: the picture under a matrix, boxes and lengths over it. */

const SMOOTH_BELOW = 2;

/** Draws at the screen's own pixels. */
export class Surface {
  #context;
  #ratio = 1;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
  }

  /** Its size in CSS pixels. */
  get size() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  /** Take over the size that the layout gave. */
  fit() {
    this.#ratio = window.devicePixelRatio || 1;
    const { width, height } = this.size;
    const [wide, high] = [Math.max(1, Math.round(width * this.#ratio)), Math.max(1, Math.round(height * this.#ratio))];
    if (this.canvas.width !== wide) this.canvas.width = wide;
    if (this.canvas.height !== high) this.canvas.height = high;
  }

  /** Draw a painted picture, null for none, then marks: {boxes, lengths, scale}. */
  draw(painted, matrix, scale, marks) {
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (!painted) return;
    const whole = new DOMMatrix().scaleSelf(this.#ratio).multiplySelf(matrix);
    context.setTransform(whole);
    context.imageSmoothingEnabled = scale * this.#ratio < SMOOTH_BELOW;
    context.drawImage(painted, 0, 0);
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    for (const box of marks.boxes) this.#box(box, matrix, painted);
    for (const length of marks.lengths) this.#length(length, matrix);
  }

  #box({ box, label, tone }, matrix, painted) {
    const [wide, high] = [painted.width, painted.height];
    const corners = [[box.left, box.top], [box.left + box.width, box.top + box.height]].map(([x, y]) =>
      matrix.transformPoint({ x: x * wide, y: y * high }),
    );
    const left = Math.min(corners[0].x, corners[1].x);
    const top = Math.min(corners[0].y, corners[1].y);
    const context = this.#context;
    const colour = tone === "warning" ? "#ffb454" : "#4cc2ff";
    context.lineWidth = 3;
    context.strokeStyle = "rgb(0 0 0 / 60%)";
    const size = [Math.abs(corners[1].x - corners[0].x), Math.abs(corners[1].y - corners[0].y)];
    context.strokeRect(left, top, ...size);
    context.lineWidth = 1.5;
    context.strokeStyle = colour;
    context.strokeRect(left, top, ...size);
    if (label) this.#label(label, left, top - 4, colour);
  }

  #length({ from, to, label }, matrix) {
    const [start, end] = [from, to].map((point) => matrix.transformPoint(point));
    const context = this.#context;
    for (const [width, colour] of [[4, "rgb(0 0 0 / 60%)"], [1.5, "#ffe066"]]) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.beginPath();
      context.moveTo(start.x, start.y);
      context.lineTo(end.x, end.y);
      context.stroke();
    }
    this.#label(label, end.x + 8, end.y - 6, "#ffe066");
  }

  #label(text, x, y, colour) {
    const context = this.#context;
    context.font = "12px system-ui, sans-serif";
    const width = context.measureText(text).width + 8;
    const left = Math.min(Math.max(0, x), Math.max(0, this.size.width - width));
    const bottom = Math.max(16, y);
    context.fillStyle = "rgb(0 0 0 / 75%)";
    context.fillRect(left, bottom - 14, width, 18);
    context.fillStyle = colour;
    context.fillText(text, left + 4, bottom);
  }
}
